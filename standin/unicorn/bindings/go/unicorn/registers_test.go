package unicorn

import (
	"slices"
	"testing"
)

func TestRegisterWidths(t *testing.T) {
	tests := []struct {
		name string
		reg  int
		read uint64 // of a register that holds 0x1122334455667788
		full uint64 // all of it after ones were written to the part
	}{
		{"RAX", X86_REG_RAX, 0x1122334455667788, 0xffffffffffffffff},
		{"EAX", X86_REG_EAX, 0x55667788, 0x11223344ffffffff},
		{"AX", X86_REG_AX, 0x7788, 0x112233445566ffff},
		{"AL", X86_REG_AL, 0x88, 0x11223344556677ff},
		{"AH", X86_REG_AH, 0x77, 0x112233445566ff88},
	}
	u := open(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			must(t, u.RegWrite(X86_REG_RAX, 0x1122334455667788))
			wantReg(t, u, tt.reg, tt.read)
			must(t, u.RegWrite(tt.reg, 0xffffffffffffffff))
			wantReg(t, u, X86_REG_RAX, tt.full)
		})
	}
}

// TestWideRegisters: 128 bits must neither be written over our 64 nor be read
// from them.
func TestWideRegisters(t *testing.T) {
	u := open(t)
	value, err := u.RegRead(X86_REG_XMM0)
	wantErr(t, err, ERR_OVERFLOW)
	if value != 0 {
		t.Errorf("value %#x with an error", value)
	}
	wantErr(t, u.RegWrite(X86_REG_XMM0, 1), ERR_OVERFLOW)
	vals, err := u.RegReadBatch([]int{X86_REG_RAX, X86_REG_XMM0})
	wantErr(t, err, ERR_OVERFLOW)
	if vals != nil {
		t.Errorf("values %v with an error", vals)
	}
	wantErr(t, u.RegWriteBatch([]int{X86_REG_XMM0}, []uint64{1}), ERR_OVERFLOW)
}

func TestRegWriteInCallback(t *testing.T) {
	// inc rax; inc rax; inc rax
	u := open(t, 0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0)
	_, err := u.HookAdd(HOOK_CODE, func(u Unicorn, _ uint64, _ uint32) {
		if err := u.RegWrite(X86_REG_RIP, base+6); err != nil {
			t.Error(err)
		}
	}, base+3, base+3)
	must(t, err)
	must(t, u.Start(base, base+9))
	wantReg(t, u, X86_REG_RAX, 2)
}

func TestBatch(t *testing.T) {
	u := open(t)
	regs := []int{X86_REG_RAX, X86_REG_R15, X86_REG_EBX}
	must(t, u.RegWriteBatch(regs, []uint64{1, 2, 0x300000004}))
	got, err := u.RegReadBatch(regs)
	must(t, err)
	if want := []uint64{1, 2, 4}; !slices.Equal(got, want) {
		t.Errorf("RegReadBatch = %v, want %v", got, want)
	}
	must(t, u.RegWriteBatch(regs, []uint64{7}))
	must(t, u.RegWriteBatch(regs[:1], []uint64{8, 9, 9}))
	must(t, u.RegWriteBatch(regs, nil))
	must(t, u.RegWriteBatch(nil, nil))
	got, err = u.RegReadBatch(regs)
	must(t, err)
	if want := []uint64{8, 2, 4}; !slices.Equal(got, want) {
		t.Errorf("after slices of different lengths: %v, want %v", got, want)
	}
	if got, err := u.RegReadBatch(nil); err != nil || len(got) != 0 {
		t.Errorf("empty batch: %v, %v", got, err)
	}
}

// TestLongBatch: more registers than go to the library at once, each with a
// value of its own. The last one of a name counts.
func TestLongBatch(t *testing.T) {
	u := open(t)
	names := []int{X86_REG_RAX, X86_REG_RBX, X86_REG_RCX, X86_REG_RDX, X86_REG_RSI, X86_REG_RDI, X86_REG_R8}
	var regs []int
	var vals, want []uint64
	last := map[int]uint64{}
	for i := range 100 {
		regs = append(regs, names[i%len(names)])
		vals = append(vals, uint64(1000+i))
		last[regs[i]] = vals[i]
	}
	for _, r := range regs {
		want = append(want, last[r])
	}
	must(t, u.RegWriteBatch(regs, vals))
	got, err := u.RegReadBatch(regs)
	must(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRegBatch(t *testing.T) {
	u := open(t)
	b, err := NewRegBatch([]int{X86_REG_RCX, X86_REG_RDX, X86_REG_RSI})
	must(t, err)
	must(t, b.Write(u, []uint64{10, 20, 30}))
	must(t, u.RegWrite(X86_REG_RDX, 21))
	fast, err := b.ReadFast(u)
	must(t, err)
	if want := []uint64{10, 21, 30}; !slices.Equal(fast, want) {
		t.Errorf("ReadFast = %v, want %v", fast, want)
	}
	two := make([]uint64, 2)
	must(t, b.Read(u, two))
	if want := []uint64{10, 21}; !slices.Equal(two, want) {
		t.Errorf("Read = %v, want %v", two, want)
	}
	must(t, u.RegWrite(X86_REG_RSI, 0))
	must(t, b.Write(u, []uint64{11}))
	wantReg(t, u, X86_REG_RCX, 11)
	wantReg(t, u, X86_REG_RSI, 30)
	wantErr(t, b.Read(u, make([]uint64, 4)), ERR_ARG)
	wantErr(t, b.Write(u, make([]uint64, 4)), ERR_ARG)

	narrow, err := NewRegBatch([]int{X86_REG_EBX})
	must(t, err)
	must(t, narrow.Write(u, []uint64{0x300000004}))
	fast, err = narrow.ReadFast(u)
	must(t, err)
	if fast[0] != 4 {
		t.Errorf("EBX = %#x: what was written to the upper half came back", fast[0])
	}

	empty, err := NewRegBatch(nil)
	must(t, err)
	must(t, empty.Write(u, nil))
	must(t, empty.Read(u, nil))

	allocs := testing.AllocsPerRun(100, func() {
		if _, err := b.ReadFast(u); err != nil {
			t.Error(err)
		}
	})
	if allocs != 0 {
		t.Errorf("ReadFast allocates %v times", allocs)
	}
}

func TestMmr(t *testing.T) {
	u := open(t)
	for _, reg := range []int{X86_REG_LDTR, X86_REG_TR} {
		want := X86Mmr{Selector: 0x28, Base: 0xffff888000001000, Limit: 0xfff, Flags: 0x8200}
		must(t, u.RegWriteMmr(reg, &want))
		got, err := u.RegReadMmr(reg)
		must(t, err)
		if *got != want {
			t.Errorf("register %d: %+v, want %+v", reg, *got, want)
		}
	}
	for _, reg := range []int{X86_REG_GDTR, X86_REG_IDTR} {
		must(t, u.RegWriteMmr(reg, &X86Mmr{Selector: 1, Base: uint64(reg) << 12, Limit: 0x7f, Flags: 1}))
		got, err := u.RegReadMmr(reg)
		must(t, err)
		if want := (X86Mmr{Base: uint64(reg) << 12, Limit: 0x7f}); *got != want {
			t.Errorf("register %d: %+v, want %+v", reg, *got, want)
		}
	}
	got, err := u.RegReadMmr(X86_REG_RAX)
	wantErr(t, err, ERR_ARG)
	if got != nil {
		t.Error("value and error")
	}
	wantErr(t, u.RegWriteMmr(X86_REG_RAX, &X86Mmr{}), ERR_ARG)
	wantErr(t, u.RegWriteMmr(X86_REG_TR, nil), ERR_ARG)
}

func TestMsr(t *testing.T) {
	const fsBase = 0xc0000100
	u := open(t)
	must(t, u.RegWriteX86Msr(fsBase, 0x7f0000001000))
	wantReg(t, u, X86_REG_FS_BASE, 0x7f0000001000)
	must(t, u.RegWrite(X86_REG_FS_BASE, 0x123000))
	got, err := u.RegReadX86Msr(fsBase)
	must(t, err)
	if got != 0x123000 {
		t.Errorf("MSR = %#x", got)
	}
	_, err = u.RegReadX86Msr(1<<32 | fsBase)
	wantErr(t, err, ERR_ARG)
	wantErr(t, u.RegWriteX86Msr(1<<32|fsBase, 0), ERR_ARG)
}

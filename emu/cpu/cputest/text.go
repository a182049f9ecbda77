package cputest

import (
	"fmt"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var textChecks = []check{
	{"changed text", changedText},
	{"changed in the middle", changedMiddle},
	{"changed rep and refused", changedKinds},
	{"changed second byte", changedTail},
	{"instruction across pages", acrossPages},
	{"instruction across mappings", acrossMappings},
	{"kinds across mappings", kindsAcrossMappings},
	{"unmap", unmap},
	{"map errors", mapErrors},
	{"many mappings", manyMappings},
	{"shared memory", sharedMemory},
}

// runsOn says how a program is run again after a change.
var runsOn = []cpu.Request{
	free(), {Budget: cpu.Unlimited, Uncounted: true}, {Budget: 40}, {Budget: cpu.Unlimited, Exact: true},
}

// changedText changes a function that others call and jump to directly.
func changedText(t *testing.T, open Open) {
	for _, req := range runsOn {
		r := program(t, open, `
			mov ecx, 4; xor eax, eax
		a:	call f; jmp b
		b:	dec ecx; jnz a; ret
		f:	add eax, 1; ret`)
		for i := range 20 {
			f := r.bytes(r.label["f"])
			f[2] = byte(i) // the immediate
			r.cpu.TextChanged(guest.RangeOf(r.label["f"]+2, 1))
			r.start(textBase)
			if e := r.must(cpu.Return, req); e.Regs.GPR[guest.RAX] != 4*uint64(i) {
				t.Fatalf("%+v, round %d: rax = %d", req, i, e.Regs.GPR[guest.RAX])
			}
		}
	}
}

// changedMiddle changes the middle and the end of long blocks, one of them cut in
// two by a stop; also with another number of instructions.
func changedMiddle(t *testing.T, open Open) {
	for _, req := range runsOn {
		if req.Budget != cpu.Unlimited {
			continue
		}
		r := program(t, open, "mov ecx, 3; a: xor eax, eax; .rept 600; inc eax; .byte 0x90; .endr; dec ecx; jnz a; ret")
		text := r.bytes(textBase)
		nops := uint64(600)
		for i := range 40 {
			at := 7 + 3*(i*14+i%2) // some inc eax; nop: 3 bytes
			if i == 39 {
				at = 7 + 3*599
			}
			copy(text[at:], "\x0f\x1f\x00") // a nop of 3 bytes
			nops--
			r.start(textBase)
			if i%3 == 0 {
				r.must(cpu.Budget, cpu.Request{Budget: uint64(100 + 40*i)})
				r.cpu.TextChanged(guest.RangeOf(textBase+guest.Addr(at), 3))
				r.must(cpu.Return, req)
				r.start(textBase)
			}
			r.cpu.TextChanged(guest.RangeOf(textBase+guest.Addr(at), 3))
			e := r.must(cpu.Return, req)
			want := 1 + 3*(1+nops*2+(600-nops)+2) + 1
			if e.Regs.GPR[guest.RAX] != nops || !req.Uncounted && e.Executed != want {
				t.Fatalf("%+v, change %d: rax = %d, %d instructions, want %d and %d", req, i, e.Regs.GPR[guest.RAX], e.Executed, nops, want)
			}
		}
	}
}

// changedKinds: an instruction becomes a rep, and refused, and plain again.
func changedKinds(t *testing.T, open Open) {
	for _, req := range runsOn {
		r := program(t, open, "mov ecx, 9; lea rdi, [rbx]; x: nop; nop; inc eax; ret")
		for range 3 {
			for _, c := range []struct {
				bytes  string
				reason cpu.Reason
				n, rcx uint64
			}{
				{"\x90\x90", cpu.Return, 6, 9},
				{"\xf3\xaa", cpu.Return, 5, 0},
				{"\x0f\x31", cpu.Fault, 2, 9},
				{"\x66\x90", cpu.Return, 5, 9},
			} {
				copy(r.bytes(r.label["x"]), c.bytes)
				r.cpu.TextChanged(guest.RangeOf(r.label["x"], 2))
				r.start(textBase)
				e := r.must(c.reason, req)
				if e.Regs.GPR[guest.RCX] != c.rcx || !req.Uncounted && e.Executed != c.n {
					t.Fatalf("%x: %s, rcx %d", c.bytes, describe(e), e.Regs.GPR[guest.RCX])
				}
			}
		}
	}
}

// changedTail: only the second byte of an instruction changes, and with it the kind and
// the length.
func changedTail(t *testing.T, open Open) {
	for _, req := range runsOn {
		r := program(t, open, "mov ecx, 9; lea rdi, [rbx]; x: .byte 0x0f, 0x77, 0x90, 0x90, 0x90; inc eax; ret")
		for range 3 {
			for _, c := range []struct {
				first, second byte
				reason        cpu.Reason
				n, rcx        uint64
			}{
				{0x0f, 0x77, cpu.Return, 8, 9}, {0x0f, 0x31, cpu.Fault, 2, 9}, {0x0f, 0xc8, cpu.Return, 8, 9}, // emms, rdtsc, bswap
				{0x0f, 0xba, cpu.Fault, 2, 9},                                  // no such instruction
				{0xf3, 0x90, cpu.Return, 8, 9}, {0xf3, 0xaa, cpu.Return, 8, 0}, // pause, rep stosb
				{0xb1, 0x07, cpu.Return, 8, 7}, {0x66, 0xb9, cpu.Return, 6, 0x9090}, // mov cl, mov cx
			} {
				x := r.bytes(r.label["x"])
				from := guest.Addr(1)
				if x[0] != c.first {
					from = 0
				}
				x[0], x[1] = c.first, c.second
				r.cpu.TextChanged(guest.RangeOf(r.label["x"]+from, uint64(2-from)))
				r.start(textBase)
				e := r.must(c.reason, req)
				if e.Regs.GPR[guest.RCX] != c.rcx || !req.Uncounted && e.Executed != c.n {
					t.Fatalf("%02x %02x, %+v: %s, rcx %#x", c.first, c.second, req, describe(e), e.Regs.GPR[guest.RCX])
				}
			}
		}
	}
}

// acrossPages has an instruction lie across a page boundary at each of its bytes, and
// changes either part.
func acrossPages(t *testing.T, open Open) {
	for _, req := range runsOn {
		for cut := guest.Addr(0); cut <= 7; cut++ {
			r := newRig(t, open)
			base := textBase + guest.PageSize - 10 - cut
			r.load(base, "nop; mov ecx, 2; 1: nop; dec ecx; nop; x: lea rax, [rdx+0x11223344]; jnz 1b; ret")
			g := r.label["x"]
			for _, v := range []byte{0x11, 0x22} {
				for _, i := range []guest.Addr{3, 6} {
					r.bytes(g)[i] = v
					r.cpu.TextChanged(guest.RangeOf(g+i, 1))
					r.start(base)
					e := r.must(cpu.Return, req)
					var b [4]byte
					copy(b[:], r.bytes(g)[3:])
					want := 0x2222222222222222 + uint64(b[0]) + uint64(b[1])<<8 + uint64(b[2])<<16 + uint64(b[3])<<24
					if e.Regs.GPR[guest.RAX] != want || !req.Uncounted && e.Executed != 13 {
						t.Fatalf("cut %d: rax = %#x, want %#x; %d instructions", cut, e.Regs.GPR[guest.RAX], want, e.Executed)
					}
				}
			}
		}
	}
}

// acrossMappings does so with two mappings, the second of which comes and goes.
func acrossMappings(t *testing.T, open Open) {
	const end = textBase + textSize
	second := guest.RangeOf(end, guest.PageSize)
	for _, req := range runsOn {
		r := newRig(t, open)
		c := assemble(t, textBase, "inc ecx; mov eax, 0x11223344; rep stosb; ret")
		for _, cut := range []int{4, 6, 7, 8} {
			begin := end - guest.Addr(cut)
			for round := range 3 {
				host := pages(t, guest.PageSize)
				copy(r.bytes(begin), c.bytes[:cut])
				copy(host, c.bytes[cut:])
				r.cpu.TextChanged(guest.RangeOf(begin, uint64(cut)))
				if cut <= 6 {
					host[6-cut] = byte(round)
				}
				if err := r.cpu.Map(cpu.Mapping{Range: second, Perm: guest.Read | guest.Exec, Host: host}); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					r.start(begin)
					g := r.cpu.Registers(&r.ctx)
					g.GPR[guest.RCX], g.GPR[guest.RDI] = 4, uint64(dataBase)
					r.cpu.SetRegisters(&r.ctx, &g)
					e := r.must(cpu.Return, req)
					want := uint64(0x223344) | uint64(c.bytes[6])<<24
					if cut <= 6 {
						want = 0x223344 | uint64(round)<<24
					}
					if e.Regs.GPR[guest.RAX] != want || !req.Uncounted && e.Executed != 4 {
						t.Fatalf("cut %d: rax = %#x, want %#x; %s", cut, e.Regs.GPR[guest.RAX], want, describe(e))
					}
				}
				if err := r.cpu.Unmap(second); err != nil {
					t.Fatal(err)
				}
				r.start(begin)
				if e := r.must(cpu.Fault, req); e.Fault.Kind != cpu.FetchFault || e.Fault.Addr != end {
					t.Fatalf("cut %d, without the second: %s", cut, describe(e))
				}
			}
		}
	}
}

// kindsAcrossMappings: the first byte of an instruction stays, and what the other
// mapping makes of it changes.
func kindsAcrossMappings(t *testing.T, open Open) {
	const end = textBase + textSize
	second := guest.RangeOf(end, guest.PageSize)
	for _, req := range runsOn {
		r := newRig(t, open)
		copy(r.bytes(end-2), "\x90\x0f")
		r.cpu.TextChanged(guest.RangeOf(end-2, 2))
		for i := range 6 {
			host := pages(t, guest.PageSize)
			copy(host, []string{"\x77\xc3", "\x31\xc3", "\x1f\x40\x00\xc3"}[i%3]) // emms, rdtsc, nop
			if err := r.cpu.Map(cpu.Mapping{Range: second, Perm: guest.Read | guest.Exec, Host: host}); err != nil {
				t.Fatal(err)
			}
			reason, n := cpu.Return, uint64(3)
			if i%3 == 1 {
				reason, n = cpu.Fault, 1
			}
			for range 2 {
				r.start(end - 2)
				if e := r.must(reason, req); !req.Uncounted && e.Executed != n {
					t.Fatalf("round %d: %s", i, describe(e))
				}
			}
			if err := r.cpu.Unmap(second); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func unmap(t *testing.T, open Open) {
	where := guest.RangeOf(0x10000000, guest.PageSize)
	for _, req := range runsOn {
		r := program(t, open, "mov edx, 0x10000000; call rdx; ret")
		for i := range byte(4) {
			host := pages(t, guest.PageSize)
			copy(host, "\xb8\x00\x00\x00\x00\xc3") // mov eax, 0; ret
			host[1] = i
			if err := r.cpu.Map(cpu.Mapping{Range: where, Perm: guest.Read | guest.Exec, Host: host}); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				r.start(textBase)
				if e := r.must(cpu.Return, req); e.Regs.GPR[guest.RAX] != uint64(i) {
					t.Fatalf("rax = %d, want %d", e.Regs.GPR[guest.RAX], i)
				}
			}
			if err := r.cpu.Unmap(where); err != nil {
				t.Fatal(err)
			}
			r.start(textBase)
			if e := r.must(cpu.Fault, req); e.Fault.Kind != cpu.FetchFault || r.ctx.PC != where.Start || e.Fault.Mapped {
				t.Fatalf("after unmapping: %s", describe(e))
			}
		}
	}
}

func mapErrors(t *testing.T, open Open) {
	r := program(t, open, "mov eax, 5; ret")
	const rx, rw = guest.Read | guest.Exec, guest.Read | guest.Write
	host := pages(t, 3*guest.PageSize)
	for _, m := range []cpu.Mapping{
		{Range: guest.RangeOf(textBase, guest.PageSize), Perm: rx, Host: host[:guest.PageSize]},
		{Range: guest.RangeOf(textBase-2*guest.PageSize, 3*guest.PageSize), Perm: rx, Host: host},
		{Range: guest.RangeOf(0x700001, guest.PageSize), Perm: rw, Host: host[:guest.PageSize]},
		{Range: guest.RangeOf(0x700000, guest.PageSize), Perm: rw, Host: host},
		{Range: guest.RangeOf(0x700000, 0), Perm: rw, Host: nil},
		{Range: guest.RangeOf(0x700000, guest.PageSize), Perm: rw, Host: host[8:][:guest.PageSize]},
		{Range: guest.RangeOf(0x700000, guest.PageSize), Perm: rw | guest.Exec, Host: host[:guest.PageSize]},
		{Range: guest.RangeOf(until, guest.PageSize), Perm: rx, Host: host[:guest.PageSize]},
		{Range: guest.Range{Start: ^guest.Addr(4095), End: 0}, Perm: rw, Host: host[:guest.PageSize]},
	} {
		if err := r.cpu.Map(m); err == nil {
			t.Errorf("map %s %s with %d bytes: no error", m.Range, m.Perm, len(m.Host))
		}
	}
	for _, u := range []guest.Range{
		guest.RangeOf(textBase, guest.PageSize), guest.RangeOf(0x700000, guest.PageSize), guest.RangeOf(textBase+guest.PageSize, guest.PageSize),
	} {
		if err := r.cpu.Unmap(u); err == nil {
			t.Errorf("unmap %s: no error", u)
		}
	}
	if e := r.must(cpu.Return, free()); e.Regs.GPR[guest.RAX] != 5 {
		t.Errorf("rax = %d", e.Regs.GPR[guest.RAX])
	}
}

// manyMappings calls through more pieces of code than a CPU would keep at hand.
func manyMappings(t *testing.T, open Open) {
	const n = 150
	r := program(t, open, "mov ecx, 3; 1: mov edx, 0x10000000; call rdx; dec ecx; jnz 1b; ret")
	for i := range guest.Addr(n) {
		at := 0x10000000 + 0x10000*i
		text := "add edx, 0x10000; inc eax; call rdx; ret"
		if i == n-1 {
			text = "ret"
		}
		host := pages(t, guest.PageSize)
		copy(host, assemble(t, textBase, text).bytes)
		r.add(at, host, guest.Read|guest.Exec)
	}
	for _, req := range runsOn {
		if req.Budget != cpu.Unlimited {
			continue
		}
		r.start(textBase)
		e := r.must(cpu.Return, req)
		if e.Regs.GPR[guest.RAX] != 3*(n-1) || !req.Uncounted && e.Executed != 1+3*(4+4*(n-1)+1)+1 {
			t.Errorf("%s, rax %d", describe(e), e.Regs.GPR[guest.RAX])
		}
	}
}

// sharedMemory: guest stores are the host's at once, and the other way round.
func sharedMemory(t *testing.T, open Open) {
	r := program(t, open, "a: mov eax, [rbx]; inc eax; mov [rbx+8], eax; syscall; jmp a")
	for i := range uint64(100) {
		r.setWord(dataBase+guest.PageSize, i)
		r.must(cpu.Syscall, []cpu.Request{free(), {Budget: 30}, {Budget: cpu.Unlimited, Uncounted: true}}[i%3])
		if got := r.word(dataBase + guest.PageSize + 8); got != i+1 {
			t.Fatal(fmt.Errorf("round %d: %d", i, got))
		}
	}
}

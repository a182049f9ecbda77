package cputest

import (
	"testing"

	"pgregory.net/rapid"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var registerChecks = []check{
	{"registers", registersRoundTrip},
	{"reset", resetState},
	{"vector hash", vectorHash},
	{"contexts are values", contextsAreValues},
	{"bases", bases},
	{"cpuid", cpuidBaseline},
	{"x87 and SSE state stays with its task", vectorState},
	{"x87 and SSE state as fxsave has it", extended},
}

func registersRoundTrip(t *testing.T, open Open) {
	fixSeed(t)
	r := program(t, open, "nop; nop")
	rapid.Check(t, func(rt *rapid.T) {
		var g guest.Regs
		for i := range g.GPR {
			g.GPR[i] = rapid.Uint64().Draw(rt, "register")
		}
		g.RFLAGS = 0x202 | rapid.Uint64().Draw(rt, "flags")&0xcd5
		g.RIP = guest.Addr(rapid.Uint64().Draw(rt, "rip"))
		r.cpu.SetRegisters(&r.ctx, &g)
		if got := r.cpu.Registers(&r.ctx); got != g || r.ctx.PC != g.RIP {
			rt.Fatalf("got\n%x, want\n%x", got, g)
		}
		g.RIP = textBase
		r.cpu.SetRegisters(&r.ctx, &g)
		e := r.must(cpu.Budget, cpu.Request{Budget: 1})
		if got := r.cpu.Registers(&r.ctx); got != e.Regs || r.cpu.VectorHash(&r.ctx) != e.Vector {
			rt.Fatal("the context differs from what the exit says")
		}
		g.RIP++
		if e.Regs != g {
			rt.Fatalf("after a nop\n%x, want\n%x", e.Regs, g)
		}
	})
}

// resetState: a fresh context has what the System V ABI wants at the start of a process.
func resetState(t *testing.T, open Open) {
	r := program(t, open, `
		stmxcsr [rbx]; fnstcw [rbx+4]; fnstsw [rbx+6]; fnstenv [rbx+32]; fld1; fnstsw [rbx+8]; pushf; pop rax
		mov edx, ds; xorps xmm0, xmm1; ret`)
	r.must(cpu.Return, free())
	b := r.bytes(dataBase + guest.PageSize)
	for _, c := range []struct {
		what      string
		at, size  int
		want, got uint64
	}{
		{what: "mxcsr", at: 0, size: 4, want: 0x1f80},
		{what: "x87 control", at: 4, size: 2, want: 0x37f},
		{what: "x87 status", at: 6, size: 2},
		{what: "x87 tags", at: 32 + 8, size: 2, want: 0xffff},
		{what: "x87 status after a load", at: 8, size: 2, want: 0x3800},
	} {
		for i := range c.size {
			c.got |= uint64(b[c.at+i]) << (8 * i)
		}
		if c.got != c.want {
			t.Errorf("%s = %#x, want %#x", c.what, c.got, c.want)
		}
	}
	ctx := r.cpu.NewContext()
	if g := r.cpu.Registers(&ctx); g != (guest.Regs{RFLAGS: 0x202}) {
		t.Errorf("registers %x", g)
	}
	fs, gs := r.cpu.Bases(&ctx)
	if fs != 0 || gs != 0 {
		t.Errorf("bases %s, %s", fs, gs)
	}
}

// vectorHash flips every bit of the state that fxrstor can set, and of the bases, and
// wants another hash each time. It runs the guest once per bit.
func vectorHash(t *testing.T, open Open) {
	r := program(t, open, "fxrstor [rbx]; syscall")
	image := r.bytes(dataBase + guest.PageSize)
	seen := map[uint64]string{}
	try := func(what string) {
		r.start(textBase)
		e := r.must(cpu.Syscall, free())
		if other, ok := seen[e.Vector]; ok {
			t.Errorf("%s hashes as %s", what, other)
		}
		seen[e.Vector] = what
	}
	set := func(at int, bit int, what string) {
		image[at+bit/8] ^= 1 << (bit % 8)
		try(what)
		image[at+bit/8] ^= 1 << (bit % 8)
	}
	copy(image, []byte{0x7f, 3, 0, 0, 0x55}) // control, status, tags
	copy(image[24:], []byte{0x80, 0x1f})
	try("nothing")
	for reg := range 8 {
		for bit := range 80 {
			set(32+16*reg, bit, "an x87 bit")
		}
		set(4, reg, "an x87 tag")
	}
	for reg := range 16 {
		for bit := range 128 {
			set(160+16*reg, bit, "an xmm bit")
		}
	}
	for _, bit := range []int{0, 1, 2, 3, 4, 5, 8, 9, 10, 11} {
		set(0, bit, "an x87 control bit")
	}
	for _, bit := range []int{0, 1, 5, 6, 8, 9, 10, 11, 12, 13, 14} {
		set(2, bit, "an x87 status bit")
	}
	for bit := range 16 {
		if bit != 6 { // denormals are zeros: not every processor has it
			set(24, bit, "a bit of mxcsr")
		}
	}
	for bit := range 64 {
		for _, gs := range []bool{false, true} {
			ctx := r.cpu.NewContext()
			base := [2]guest.Addr{1 << bit, 0}
			if gs {
				base[0], base[1] = base[1], base[0]
			}
			r.cpu.SetBases(&ctx, base[0], base[1])
			h := r.cpu.VectorHash(&ctx)
			if other, ok := seen[h]; ok {
				t.Errorf("a bit of a base hashes as %s", other)
			}
			seen[h] = "a bit of a base"
		}
	}
}

// cpuidBaseline: a program sees the same processor with every backend and version: one
// without AVX, and without anything that glibc would choose other code for.
func cpuidBaseline(t *testing.T, open Open) {
	r := program(t, open, "mov rax, -1; mov rbx, rax; mov rcx, rax; mov rdx, rax; mov eax, esi; cpuid; syscall")
	for _, c := range []struct{ leaf, eax, ebx, ecx, edx uint64 }{
		{leaf: 0, eax: 1, ebx: 0x68747541, ecx: 0x444d4163, edx: 0x69746e65},
		{leaf: 1, eax: 0x663, ebx: 0x800, ecx: 0x2001, edx: 0x78bfbfd},
		{leaf: 2},
		{leaf: 4},
		{leaf: 7},
		{leaf: 0xd},
		{leaf: 0x40000000},
		{leaf: 0x80000000, eax: 0x80000001},
		{leaf: 0x80000001, eax: 0x663, ecx: 1, edx: 0x2193fbfd},
		{leaf: 0x80000008},
		{leaf: 0xffffffff},
	} {
		for _, req := range runsOn {
			r.start(textBase)
			g := r.cpu.Registers(&r.ctx)
			g.GPR[guest.RSI] = c.leaf
			r.cpu.SetRegisters(&r.ctx, &g)
			e := r.must(cpu.Syscall, req)
			got := [4]uint64{e.Regs.GPR[guest.RAX], e.Regs.GPR[guest.RBX], e.Regs.GPR[guest.RCX], e.Regs.GPR[guest.RDX]}
			if want := [4]uint64{c.eax, c.ebx, c.ecx, c.edx}; got != want {
				t.Errorf("leaf %#x: %#x, want %#x", c.leaf, got, want)
			}
		}
	}
}

func contextsAreValues(t *testing.T, open Open) {
	r := program(t, open, "a: inc eax; add ecx, eax; jmp a")
	var contexts []cpu.Context
	for i := range 5 {
		var c cpu.Context
		r.must(cpu.Budget, cpu.Request{Budget: uint64(10 + 60*i)})
		c.CopyFrom(&r.ctx)
		contexts = append(contexts, c)
	}
	want := make([]guest.Regs, len(contexts))
	for i := range contexts {
		r.ctx.CopyFrom(&contexts[i])
		want[i] = r.must(cpu.Budget, cpu.Request{Budget: 100}).Regs
	}
	for range 3 { // in turns, on contexts of their own
		for i := range contexts {
			var c cpu.Context
			c.CopyFrom(&contexts[i])
			r.ctx = c
			for range 10 {
				r.must(cpu.Budget, cpu.Request{Budget: 10})
			}
			if got := r.exit.Regs; got != want[i] {
				t.Fatalf("context %d: got\n%x, want\n%x", i, got, want[i])
			}
		}
	}
}

func bases(t *testing.T, open Open) {
	r := program(t, open, "mov rax, fs:[8]; mov rdx, gs:[16]; syscall")
	r.setWord(dataBase+8, 42)
	r.setWord(dataBase+0x116, 43)
	for _, req := range runsOn {
		r.start(textBase)
		r.cpu.SetBases(&r.ctx, dataBase, dataBase+0x106)
		e := r.must(cpu.Syscall, req)
		if e.Regs.GPR[guest.RAX] != 42 || e.Regs.GPR[guest.RDX] != 43 {
			t.Errorf("read %d and %d", e.Regs.GPR[guest.RAX], e.Regs.GPR[guest.RDX])
		}
		if fs, gs := r.cpu.Bases(&r.ctx); fs != dataBase || gs != dataBase+0x106 {
			t.Errorf("bases %s, %s", fs, gs)
		}
	}
}

// vectorState has two tasks compute in x87 and SSE registers, in turns of all sizes.
func vectorState(t *testing.T, open Open) {
	r := program(t, open, `
		fninit; fld1; fldpi; cvtsi2sd xmm5, eax; mov ecx, 20
	a:	fadd st(1), st; fxch; fsqrt; addsd xmm5, xmm5; sqrtsd xmm6, xmm5; cvttsd2si edx, xmm6; fld st(1); fmulp
		dec ecx; jnz a; ret`)
	finish := func(rax uint64, turn func() uint64) moment {
		r.start(textBase)
		g := r.cpu.Registers(&r.ctx)
		g.GPR[guest.RAX] = rax
		r.cpu.SetRegisters(&r.ctx, &g)
		for r.must2(cpu.Request{Budget: turn()}).Reason == cpu.Budget {
		}
		return momentOf(r)
	}
	all := func() uint64 { return 100000 }
	want := [2]moment{finish(3, all), finish(5, all)}
	if want[0].vector == want[1].vector {
		t.Fatal("both tasks compute the same")
	}
	size := uint64(0)
	turns := func() uint64 { size++; return size % 90 }
	for i, rax := range []uint64{3, 5} {
		want[i].same(t, finish(rax, turns), "in turns")
	}
	// Alternating.
	var ctx [2]cpu.Context
	for i, rax := range []uint64{3, 5} {
		r.start(textBase)
		g := r.cpu.Registers(&r.ctx)
		g.GPR[guest.RAX] = rax
		r.cpu.SetRegisters(&r.ctx, &g)
		ctx[i] = r.ctx
	}
	done := [2]bool{}
	for i := 0; !done[0] || !done[1]; i = 1 - i {
		if done[i] {
			continue
		}
		r.ctx = ctx[i]
		done[i] = r.must2(cpu.Request{Budget: turns()}).Reason == cpu.Return
		ctx[i] = r.ctx
		if done[i] {
			want[i].same(t, momentOf(r), "alternating")
		}
	}
}

// must2 is exactly, for runs that end by their budget or at the end.
func (r *rig) must2(req cpu.Request) *cpu.Exit {
	r.Helper()
	e := r.exactly(req)
	if e.Reason != cpu.Budget && e.Reason != cpu.Return {
		r.Fatalf("%s", describe(e))
	}
	return e
}

// extended: what the backend tells of vector and x87 registers is what fxsave stores, and
// putting it back in a fresh context makes the same state.
func extended(t *testing.T, open Open) {
	r := program(t, open, `
		fld1; fldpi; fldl2e; fstp st(1); mov eax, 0x1234567; movd xmm3, eax; pshufd xmm15, xmm3, 0x1b
		mov dword ptr [rbx], 0x7f80; ldmxcsr [rbx]; mov word ptr [rbx], 0x27f; fldcw [rbx]
		fxsave [rbx+64]; ret`)
	r.must(cpu.Return, free())
	saved := r.bytes(dataBase + guest.PageSize + 64)[:512]
	x := r.cpu.Extended(&r.ctx)
	for i, b := range x {
		if pointers := i >= 6 && i < 24 || i >= 28 && i < 32; !pointers && i < 416 && b != saved[i] {
			t.Errorf("byte %d: %#x, fxsave has %#x", i, b, saved[i])
		}
	}
	fresh := r.cpu.NewContext()
	r.cpu.SetExtended(&fresh, &x)
	if r.cpu.VectorHash(&fresh) != r.cpu.VectorHash(&r.ctx) || r.cpu.Extended(&fresh) != x {
		t.Error("another state after it was put back")
	}
}

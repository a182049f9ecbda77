package cputest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var stubChecks = []check{
	{"redirection", redirection},
	{"arena counts for nothing", arenaIsFree},
	{"whole form and shim", wholeFormAndShim},
	{"stub keeps registers", stubKeepsRegisters},
	{"stepped", stepped},
	{"breakpoints in the arena", arenaBreakpoints},
	{"watch the arena", watchArena},
	{"wild shim", wildShim},
	{"stub without stack", stubWithoutStack},
	{"stub in user mode", stubInUserMode},
}

// siteText calls f twice; f's site is a call of the stub, g is another body.
const siteText = `
	xor eax, eax
	call f
	call f
	ret
f:	call STUB
s:	push rbp; mov rbp, rsp; add eax, 1; pop rbp; ret
g:	push rbp; mov rbp, rsp; add eax, 16; pop rbp; ret`

// waysThrough are the requests that go through the stub on different ways.
func waysThrough() []cpu.Request {
	return []cpu.Request{
		free(), {Budget: cpu.Unlimited, Uncounted: true}, {Budget: 48}, {Budget: 1000}, {Budget: cpu.Unlimited, Exact: true},
	}
}

func redirection(t *testing.T, open Open) {
	r := program(t, open, siteText)
	g := r.label["g"]
	r.decide = func(_ guest.TaskID, ip guest.ReturnAddr) guest.Addr {
		if guest.Addr(ip) != r.label["s"] {
			t.Errorf("asked for %#x", ip)
		}
		return g
	}
	for _, req := range waysThrough() {
		r.start(textBase)
		if e := r.must(cpu.Return, req); e.Regs.GPR[guest.RAX] != 32 || e.Regs.SP() != stackTop+8 {
			t.Errorf("%+v: %s, rax %d", req, describe(e), e.Regs.GPR[guest.RAX])
		}
	}
	g = 0
	r.cpu.ForgetDecisions()
	r.start(textBase)
	if e := r.must(cpu.Return, free()); e.Regs.GPR[guest.RAX] != 2 {
		t.Errorf("the original: rax %d", e.Regs.GPR[guest.RAX])
	}
}

// arenaIsFree: no instruction of the stub counts, and no budget ends in it.
func arenaIsFree(t *testing.T, open Open) {
	for _, pad := range []uint64{0, 60} { // so that a fast part comes before
		for _, shim := range []bool{false, true} {
			r := program(t, open, fmt.Sprintf(".rept %d; nop; .endr\n%s", pad, siteText))
			r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return r.label["g"] }
			if shim {
				r.cpu.Break(arenaBase+shimHook, 99, true)
			}
			want := pad + 1 + 2*(1+1+5) + 1
			begin := r.save()
			if e := r.must(cpu.Return, free()); e.Executed != want {
				t.Errorf("%d instructions, want %d", e.Executed, want)
			}
			for n := pad; n < want; n++ {
				r.restore(begin)
				e := r.must(cpu.Budget, cpu.Request{Budget: n})
				if e.Executed != n || guest.RangeOf(arenaBase, 0x2000).Contains(r.ctx.PC) {
					t.Errorf("budget %d: %s", n, describe(e))
				}
			}
		}
	}
}

// wholeFormAndShim compares what the two forms of the handler leave behind: equal
// registers and equal memory, dead words included.
func wholeFormAndShim(t *testing.T, open Open) {
	text := siteText + "\n.balign 16"
	for _, body := range []string{"", "g"} {
		var want moment
		for i, way := range []string{"whole", "shim", "stepped", "exact"} {
			r := program(t, open, text)
			to := r.label[body]
			r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return to }
			for j := range r.bytes(stackBase) {
				r.bytes(stackBase)[j] = byte(j * 7)
			}
			r.start(textBase)
			r.setWord(stackTop, uint64(until))
			req := cpu.Request{Budget: 3} // up to the body's first instruction
			switch way {
			case "shim":
				r.cpu.Break(arenaBase+shimHook, 99, true)
			case "exact":
				req.Exact = true
			case "stepped":
				req.Stepped = true
				r.must(cpu.Hook, req)
				if to != 0 {
					r.setWord(r.exit.Regs.BP()+16, uint64(to))
				}
				req.Budget = 0
			}
			r.must(cpu.Budget, req)
			if i == 0 {
				want = momentOf(r)
			}
			want.same(t, momentOf(r), "%s", way)
			if way != "stepped" && r.asked != 1 {
				t.Errorf("%s: asked %d times", way, r.asked)
			}
		}
	}
}

// stubKeepsRegisters passes the stub with random registers and finds them again.
func stubKeepsRegisters(t *testing.T, open Open) {
	fixSeed(t)
	r := program(t, open, `
		.irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
		movups xmm\i, [rip+x+16*\i]
		.endr
		call STUB
	s:	nop
	g:	nop
	x:	.skip 256`)
	r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return r.label["g"] }
	rapid.Check(t, func(rt *rapid.T) {
		vectors := rapid.SliceOfN(rapid.Byte(), 256, 256).Draw(rt, "vectors")
		copy(r.bytes(r.label["x"]), vectors)
		r.start(textBase)
		var g guest.Regs
		for i := range g.GPR {
			g.GPR[i] = rapid.Uint64().Draw(rt, "register")
		}
		g.GPR[guest.RSP] = uint64(stackTop) - uint64(rapid.IntRange(0, 64).Draw(rt, "misaligned"))
		g.RIP = textBase
		g.RFLAGS = 0x202 | rapid.Uint64().Draw(rt, "flags")&0xcd5
		r.cpu.SetRegisters(&r.ctx, &g)
		before := r.must(cpu.Budget, cpu.Request{Budget: 16})
		regs, vector := before.Regs, before.Vector
		req := rapid.SampledFrom(waysThrough()[2:]).Draw(rt, "way")
		r.cpu.Break(arenaBase+shimHook, 99, rapid.Bool().Draw(rt, "shim"))
		req.Budget = 1
		after := r.must(cpu.Budget, req)
		regs.RIP = r.label["g"]
		if after.Regs != regs || after.Vector != vector {
			rt.Fatalf("registers\n%x, want\n%x", after.Regs, regs)
		}
	})
}

func stepped(t *testing.T, open Open) {
	r := program(t, open, siteText)
	for _, budget := range []uint64{20, cpu.Unlimited} {
		r.start(textBase)
		r.asked = 0
		req := cpu.Request{Budget: budget, Stepped: true}
		for i := range 2 {
			e := r.must(cpu.Hook, req)
			bp := e.Regs.BP()
			if r.ctx.PC != arenaBase+shimHook+1 || e.Executed != 3+uint64(i)*4 {
				t.Fatalf("%s", describe(e))
			}
			if got := guest.Addr(r.word(bp + 32)); got != r.label["s"] || r.word(bp+56) != uint64(r.label["s"]) {
				t.Fatalf("return address %s", got)
			}
			r.setWord(bp+16, uint64(r.label["g"]))
		}
		if e := r.must(cpu.Return, req); e.Regs.GPR[guest.RAX] != 32 || r.asked != 0 {
			t.Errorf("%s, rax %d, asked %d times", describe(e), e.Regs.GPR[guest.RAX], r.asked)
		}
	}
}

// arenaBreakpoints stops before every instruction of stub and shim.
func arenaBreakpoints(t *testing.T, open Open) {
	a := assemble(t, arenaBase, arenaText)
	for _, req := range []cpu.Request{free(), {Budget: 20}} {
		r := program(t, open, siteText)
		r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return r.label["g"] }
		var places []guest.Addr
		for i := range guest.Addr(64) {
			if a.bytes[i] != 0 {
				r.cpu.Break(arenaBase+i, 1, true)
			}
		}
		for {
			e := r.exactly(req)
			if e.Reason == cpu.Return {
				break
			}
			if e.Reason != cpu.Break {
				t.Fatalf("%s", describe(e))
			}
			places = append(places, r.ctx.PC-arenaBase)
			r.cpu.Break(r.ctx.PC, 1, false)
		}
		got := fmt.Sprint(places)
		want := "[0x7 0x8 0xf 0x13 0x14 0x17 0x1b 0x1c 0x1f 0x23 0x0 0x1 0x4 0x5 0x6 0x28 0x2c 0x31 0x32 0x37]"
		if got != want {
			t.Errorf("stopped at %s, want %s", got, want)
		}
		if r.exit.Regs.GPR[guest.RAX] != 32 {
			t.Errorf("rax = %d", r.exit.Regs.GPR[guest.RAX])
		}
	}
}

func watchArena(t *testing.T, open Open) {
	for _, place := range []guest.Addr{stubEntry, shimHook, stubSlow, stubCommit} {
		r := program(t, open, siteText)
		r.cpu.Watch(arenaBase+place, true)
		for _, req := range []cpu.Request{free(), {Budget: 40}} {
			r.start(textBase)
			e := r.must(cpu.Return, req)
			if got := fmt.Sprint(entered(e, arenaBase+place)); got != "[3 10]" {
				t.Errorf("%s entered at %s", arenaBase+place, got)
			}
			var kinds []cpu.EventKind
			for _, ev := range e.Events {
				kinds = append(kinds, ev.Kind)
			}
			want := "[1 2 1 2]"
			if place == stubCommit {
				want = "[2 1 2 1]"
			}
			if got := fmt.Sprint(kinds); got != want {
				t.Errorf("%s: events %s, want %s", arenaBase+place, got, want)
			}
		}
	}
}

// wildShim: control comes to the shim with anything in rbp.
func wildShim(t *testing.T, open Open) {
	r := program(t, open, "mov rbp, NOWHERE; mov eax, STUB-3; jmp rax")
	for _, req := range waysThrough() {
		r.start(textBase)
		e := r.must(cpu.Fault, req)
		if e.Fault.Kind != cpu.Refused || r.ctx.PC != arenaBase+shimHook {
			t.Errorf("%s", describe(e))
		}
	}
}

// stubWithoutStack: the stub's own stores fault when there is no room for them.
func stubWithoutStack(t *testing.T, open Open) {
	for _, room := range []uint64{0, 8, 48, 56} {
		for _, req := range waysThrough() {
			r := program(t, open, "mov rsp, rdx; call STUB; s: nop; nop")
			r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return r.label["s"] }
			g := r.cpu.Registers(&r.ctx)
			g.GPR[guest.RDX] = uint64(stackBase) + 8 + room
			r.cpu.SetRegisters(&r.ctx, &g)
			want := cpu.Fault
			if room == 56 {
				want = cpu.Budget
				if req.Uncounted {
					continue
				}
				req.Budget = 3
			}
			e := r.must(want, req)
			if want == cpu.Fault && (e.Fault.Kind != cpu.WriteFault || e.Fault.Addr != stackBase-8) {
				t.Errorf("room %d: %s", room, describe(e))
			}
		}
	}
}

// stubInUserMode: in a program that is all user mode, so is the arena; the kernel's
// stacks are none for it.
func stubInUserMode(t *testing.T, open Open) {
	r := newRig(t, open)
	for i, m := range r.mem {
		if m.Range.Start != arenaBase && m.Range.Start != arenaBase+guest.PageSize {
			continue
		}
		if err := r.cpu.Unmap(m.Range); err != nil {
			t.Fatal(err)
		}
		r.mem[i].Perm |= guest.User
		if err := r.cpu.Map(r.mem[i]); err != nil {
			t.Fatal(err)
		}
	}
	r.load(userTextBase, "mov rsp, rdx; xor eax, eax; call f; syscall; f: call STUB; s: inc eax; ret; g: add eax, 2; ret")
	r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return r.label["g"] }
	for _, req := range waysThrough() {
		req.Mode = guest.UserMode
		for _, stack := range []guest.Addr{userDataBase + 0x800, stackTop} {
			r.start(userTextBase)
			g := r.cpu.Registers(&r.ctx)
			g.GPR[guest.RDX] = uint64(stack)
			r.cpu.SetRegisters(&r.ctx, &g)
			if stack == stackTop {
				if e := r.must(cpu.Fault, req); e.Fault.Kind != cpu.WriteFault || e.Fault.Addr != stack-8 {
					t.Errorf("%s", describe(e))
				}
			} else if e := r.must(cpu.Syscall, req); e.Regs.GPR[guest.RAX] != 2 {
				t.Errorf("rax = %d", e.Regs.GPR[guest.RAX])
			}
		}
		// Straight into the stub with a stack that only the kernel has.
		r.start(arenaBase + stubEntry)
		if e := r.must(cpu.Fault, req); e.Fault.Kind != cpu.ReadFault && e.Fault.Kind != cpu.WriteFault {
			t.Errorf("%s", describe(e))
		}
	}
}

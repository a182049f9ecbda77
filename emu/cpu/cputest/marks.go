package cputest

import (
	"slices"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var markChecks = []check{
	{"breakpoints", breakpoints},
	{"breakpoint in a rep", breakpointAtRep},
	{"many breakpoints", manyBreakpoints},
	{"watch", watches},
	{"watch inside a block", watchInside},
	{"watch in the middle of an instruction", watchMiddle},
	{"watch a rep", watchRep},
	{"full list", fullList},
	{"full list at the stub", fullListAtStub},
	{"marks end with their mapping", marksEnd},
}

const loopText = `
	xor eax, eax; mov ecx, 10
a:	inc eax; add edx, eax
b:	lea rsi, [rbx+rax]; mov [rsi], al
c:	dec ecx; jnz a
	ret`

// breakpoints stops at every kind of place, also for some tasks only.
func breakpoints(t *testing.T, open Open) {
	r := program(t, open, loopText)
	for _, req := range []cpu.Request{free(), {Budget: 1000}, {Budget: 40}, {Budget: cpu.Unlimited, Exact: true}} {
		for _, label := range []string{"a", "b", "c"} {
			at := r.label[label]
			r.start(textBase)
			r.cpu.Break(at, 1, true)
			r.cpu.Break(at, 7, true)
			executed := uint64(0)
			for i := range uint64(5) {
				e := r.must(cpu.Break, req)
				executed += e.Executed
				want := 2 + 6*i + 2*uint64(label[0]-'a')
				if r.ctx.PC != at || executed != want {
					t.Fatalf("%s, round %d: %s, executed %d, want %d", label, i, describe(e), executed, want)
				}
				if e := r.must(cpu.Break, req); e.Executed != 0 {
					t.Fatalf("%s: not stopped where it stands: %s", label, describe(e))
				}
				r.cpu.Break(at, 1, false)
				executed += r.must(cpu.Budget, cpu.Request{Budget: 1}).Executed
				r.cpu.Break(at, 1, true)
			}
			other := req
			other.Task, other.Budget = 2, cpu.Unlimited
			if e := r.must(cpu.Return, other); executed+e.Executed != 2+60+1 {
				t.Errorf("%s: for another task %s", label, describe(e))
			}
			r.cpu.Break(at, 1, false)
			r.cpu.Break(at, 7, false)
		}
	}
	r.start(textBase)
	r.must(cpu.Return, free())
}

func breakpointAtRep(t *testing.T, open Open) {
	r := program(t, open, "mov ecx, 20; lea rdi, [rbx]; a: rep stosb; ret")
	r.cpu.Break(r.label["a"], 1, true)
	if e := r.must(cpu.Break, free()); e.Executed != 2 || e.Regs.GPR[guest.RCX] != 20 {
		t.Errorf("%s, rcx %d", describe(e), e.Regs.GPR[guest.RCX])
	}
	r.cpu.Break(r.label["a"], 1, false)
	if e := r.must(cpu.Budget, cpu.Request{Budget: 1}); e.Regs.GPR[guest.RCX] != 0 {
		t.Error("stopped inside a rep")
	}
}

func manyBreakpoints(t *testing.T, open Open) {
	r := program(t, open, ".rept 300; nop; .endr; ret")
	for i := range guest.Addr(300) {
		r.cpu.Break(textBase+i, guest.TaskID(1+i%2), true)
	}
	for i := range 150 {
		if r.must(cpu.Break, free()); r.ctx.PC != textBase+guest.Addr(2*i) {
			t.Fatalf("%s", describe(&r.exit))
		}
		r.cpu.Break(r.ctx.PC, 1, false)
	}
	r.must(cpu.Return, free())
	r.start(textBase)
	if r.must(cpu.Break, cpu.Request{Budget: 10, Task: 2}); r.ctx.PC != textBase+1 {
		t.Errorf("the other task: %s", describe(&r.exit))
	}
}

// entered returns when control came to a, by the events of the last run.
func entered(e *cpu.Exit, a guest.Addr) []uint64 {
	var at []uint64
	for _, ev := range e.Events {
		if ev.Kind == cpu.Entered && ev.Addr == a {
			at = append(at, ev.At)
		}
	}
	return at
}

func watches(t *testing.T, open Open) {
	r := program(t, open, `
		mov ecx, 3; xor eax, eax
	l:	call f; dec ecx; jnz l
		ret
	f:	push rbp; inc eax; pop rbp; ret`)
	r.cpu.Watch(r.label["f"], true)
	for _, req := range []cpu.Request{free(), {Budget: 40}, {Budget: cpu.Unlimited, Exact: true}} {
		r.start(textBase)
		e := r.must(cpu.Return, req)
		if got := entered(e, r.label["f"]); !slices.Equal(got, []uint64{3, 10, 17}) {
			t.Errorf("%+v: f entered at %d", req, got)
		}
		for _, ev := range e.Events {
			if ev.SP != stackTop-8 || ev.Body != 0 {
				t.Errorf("event %+v", ev)
			}
		}
	}
	// An event belongs to the run that executes the instruction, not to the one that stops before it.
	r.start(textBase)
	if e := r.must(cpu.Budget, cpu.Request{Budget: 3}); len(e.Events) != 0 || r.ctx.PC != r.label["f"] {
		t.Errorf("stopped before f: %s, events %v", describe(e), e.Events)
	}
	if e := r.must(cpu.Budget, cpu.Request{Budget: 1}); !slices.Equal(entered(e, r.label["f"]), []uint64{0}) {
		t.Errorf("went on at f: %v", e.Events)
	}
	r.cpu.Watch(r.label["f"], false)
	r.start(textBase)
	if e := r.must(cpu.Return, free()); len(e.Events) != 0 {
		t.Errorf("events of nothing watched: %v", e.Events)
	}
}

func watchInside(t *testing.T, open Open) {
	r := program(t, open, loopText)
	r.must(cpu.Return, free()) // everything translated
	for _, label := range []string{"b", "c", "a"} {
		r.cpu.Watch(r.label[label], true)
		r.start(textBase)
		e := r.must(cpu.Return, free())
		var want []uint64
		for i := range uint64(10) {
			want = append(want, 2+6*i+2*uint64(label[0]-'a'))
		}
		if got := entered(e, r.label[label]); !slices.Equal(got, want) {
			t.Errorf("%s entered at %d, want %d", label, got, want)
		}
	}
}

// watchMiddle watches an address at which an instruction begins only for some.
func watchMiddle(t *testing.T, open Open) {
	r := program(t, open, `
		mov ecx, 5; lea rdi, [rbx]; mov al, 1
	a:	.byte 0xf3           # rep stosb, or jumped over it: stosb
	b:	stosb
		test al, al; jz c
		xor eax, eax; mov ecx, 5; jmp b
	c:	ret`)
	r.cpu.Watch(r.label["b"], true)
	for _, req := range []cpu.Request{free(), {Budget: 40}, {Budget: cpu.Unlimited, Exact: true}} {
		r.start(textBase)
		e := r.must(cpu.Return, req)
		if got := entered(e, r.label["b"]); !slices.Equal(got, []uint64{9}) || e.Executed != 13 {
			t.Errorf("b entered at %d of %d", got, e.Executed)
		}
		if got := e.Regs.GPR[guest.RDI]; got != uint64(dataBase)+guest.PageSize+6 {
			t.Errorf("rdi = %#x", got)
		}
	}
}

// watchRep: a rep instruction is entered once, however often it repeats, and as
// often as control comes to it.
func watchRep(t *testing.T, open Open) {
	r := program(t, open, "mov edx, 3; lea rdi, [rbx]; a: mov ecx, edx; b: rep stosb; dec edx; jnz a; ret")
	r.must(cpu.Return, free())
	r.cpu.Watch(r.label["b"], true)
	for _, req := range []cpu.Request{free(), {Budget: 30}} {
		r.start(textBase)
		e := r.must(cpu.Return, req)
		if got := entered(e, r.label["b"]); !slices.Equal(got, []uint64{3, 7, 11}) || e.Executed != 15 {
			t.Errorf("entered at %d of %d", got, e.Executed)
		}
	}
}

// fullList runs through more entries than fit, and joins the parts.
func fullList(t *testing.T, open Open) {
	const rounds = 5000
	r := program(t, open, "xor eax, eax; a: inc eax; cmp eax, 5000; jb a; ret")
	r.cpu.Watch(r.label["a"], true)
	executed, full := uint64(0), 0
	var at []uint64
	for {
		e := r.exactly(free())
		for _, a := range entered(e, r.label["a"]) {
			at = append(at, executed+a)
		}
		executed += e.Executed
		if e.Reason == cpu.Return {
			break
		}
		if e.Reason != cpu.Full || e.Executed == 0 || r.ctx.PC != r.label["a"] {
			t.Fatalf("%s", describe(e))
		}
		full++
	}
	if executed != 2+3*rounds || len(at) != rounds || full == 0 {
		t.Fatalf("%d instructions, %d events, %d times full", executed, len(at), full)
	}
	for i, a := range at {
		if a != 1+3*uint64(i) {
			t.Fatalf("event %d at %d", i, a)
		}
	}
}

// fullListAtStub: decisions fill the list too, and the run stops before the one that
// does not fit.
func fullListAtStub(t *testing.T, open Open) {
	for _, stepping := range []bool{false, true} {
		r := program(t, open, "mov ecx, 3000; a: call f; dec ecx; jnz a; ret; f: call STUB; s: ret; x: nop")
		r.cpu.Watch(r.label["x"], true)
		if stepping { // through the shim
			r.cpu.Break(arenaBase+shimHook, 9, true)
		}
		decided, full := 0, 0
		for {
			e := r.exactly(free())
			decided += len(e.Events)
			if e.Reason == cpu.Return {
				break
			}
			want := arenaBase + stubEntry
			if e.Reason != cpu.Full || r.ctx.PC != want && !stepping || len(e.Events) == 0 {
				t.Fatalf("%s with %d events", describe(e), len(e.Events))
			}
			full++
		}
		if decided != 3000 || full != 2 {
			t.Errorf("%d decisions, %d times full", decided, full)
		}
	}
}

func marksEnd(t *testing.T, open Open) {
	r := program(t, open, "call f; ret; f: call STUB; s: ret")
	where := guest.RangeOf(0x10000000, guest.PageSize)
	host := pages(t, guest.PageSize)
	host[0] = 0xc3
	for range 3 {
		if err := r.cpu.Map(cpu.Mapping{Range: where, Perm: guest.Read | guest.Exec, Host: host}); err != nil {
			t.Fatal(err)
		}
		r.start(where.Start)
		if e := r.must(cpu.Return, free()); len(e.Events) != 0 {
			t.Errorf("events of an earlier mapping: %v", e.Events)
		}
		r.cpu.Watch(where.Start, true)
		r.cpu.Break(where.Start, 1, true)
		r.start(where.Start)
		r.must(cpu.Break, free())
		if err := r.cpu.Unmap(where); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing is watched any more, so decisions are no events.
	r.start(textBase)
	if e := r.must(cpu.Return, free()); len(e.Events) != 0 {
		t.Errorf("events of a mapping that is gone: %v", e.Events)
	}
}

package cputest

import (
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

var decisionChecks = []check{
	{"memo", memo},
	{"once", once},
	{"decisions", decisions},
	{"sequence of decisions", decisionSequence},
	{"no decide", noDecide},
	{"decide panics", decidePanics},
	{"not a site", notASite},
}

// memo: an answer is asked for once per task and site until it is forgotten.
func memo(t *testing.T, open Open) {
	r := program(t, open, siteText)
	bodies := map[guest.TaskID]guest.Addr{1: r.label["g"], 2: 0}
	r.decide = func(task guest.TaskID, _ guest.ReturnAddr) guest.Addr { return bodies[task] }
	run := func(task guest.TaskID, rax uint64, asked int) {
		t.Helper()
		r.asked = 0
		r.start(textBase)
		e := r.must(cpu.Return, cpu.Request{Task: task, Budget: cpu.Unlimited})
		if e.Regs.GPR[guest.RAX] != rax || asked >= 0 && r.asked != asked {
			t.Errorf("task %d: rax %d, asked %d times", task, e.Regs.GPR[guest.RAX], r.asked)
		}
	}
	run(1, 32, 1)
	run(2, 2, 1)
	run(1, 32, 0)
	run(2, 2, 0)
	bodies[1], bodies[2] = 0, r.label["g"]
	run(1, 32, 0)
	r.cpu.ForgetDecisions()
	run(1, 2, 1)
	run(2, 32, 1)
	for task := guest.TaskID(3); task < 600; task++ { // more than any memo holds
		bodies[task] = r.label["g"]
		run(task, 32, 1)
		run(1, 2, -1) // forgotten or not
	}
}

// once: an answer for one call alone is not remembered, and what was is forgotten.
func once(t *testing.T, open Open) {
	r := program(t, open, siteText)
	run := func(once bool, asked int) {
		t.Helper()
		r.once, r.asked = once, 0
		r.start(textBase)
		if r.must(cpu.Return, free()); r.asked != asked {
			t.Errorf("asked %d times, want %d", r.asked, asked)
		}
	}
	run(true, 2) // the program calls the site twice
	run(true, 2)
	run(false, 1)
	run(true, 0)
	r.start(textBase)
	r.must(cpu.Return, cpu.Request{Task: 77, Budget: cpu.Unlimited}) // forgets those of others
	run(false, 1)
}

// decisions: the hash tells what was decided for whom, whether asked or remembered;
// the events tell where.
func decisions(t *testing.T, open Open) {
	r := program(t, open, siteText)
	to := r.label["g"]
	r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return to }
	hash := func(task guest.TaskID, req cpu.Request) uint64 {
		r.start(textBase)
		req.Task = task
		return r.must(cpu.Return, req).Decisions
	}
	want := hash(1, free())
	for _, req := range waysThrough() {
		if got := hash(1, req); got != want {
			t.Errorf("%+v: hash %#x, want %#x", req, got, want)
		}
	}
	if hash(2, free()) == want {
		t.Error("the hash does not tell the task")
	}
	to = 0
	r.cpu.ForgetDecisions()
	if hash(1, free()) == want {
		t.Error("the hash does not tell the body")
	}
	r.start(textBase)
	if r.must(cpu.Budget, cpu.Request{Budget: 2}).Decisions == want {
		t.Error("the hash does not tell how many")
	}
	r.cpu.Watch(textBase+0x800, true)
	r.start(textBase)
	e := r.must(cpu.Return, free())
	w := cpu.Event{Kind: cpu.Decided, Addr: r.label["s"], SP: stackTop - 16, Body: r.label["s"], At: 3}
	if len(e.Events) != 2 || e.Events[0] != w {
		t.Errorf("events %+v, want %+v", e.Events, w)
	}
}

// decisionSequence: every decision is in the hash, not only the last.
func decisionSequence(t *testing.T, open Open) {
	r := program(t, open, "call f; call h; ret; f: call STUB; s: ret; g: ret; h: call STUB; i: ret")
	first := guest.Addr(0)
	r.decide = func(_ guest.TaskID, ip guest.ReturnAddr) guest.Addr {
		if guest.Addr(ip) == r.label["s"] {
			return first
		}
		return 0
	}
	seen := map[uint64]bool{}
	for _, first = range []guest.Addr{0, r.label["g"], r.label["i"]} {
		r.cpu.ForgetDecisions()
		r.start(textBase)
		seen[r.must(cpu.Return, free()).Decisions] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d hashes of 3 sequences", len(seen))
	}
}

func noDecide(t *testing.T, open Open) {
	r := program(t, func(o cpu.Options) (cpu.CPU, error) {
		o.Decide = nil
		return open(o)
	}, siteText)
	for _, req := range waysThrough() {
		r.start(textBase)
		r.must(cpu.Hook, req)
		r.must(cpu.Hook, req)
		if e := r.must(cpu.Return, req); e.Regs.GPR[guest.RAX] != 2 {
			t.Errorf("rax = %d", e.Regs.GPR[guest.RAX])
		}
	}
}

func decidePanics(t *testing.T, open Open) {
	r := program(t, open, siteText)
	for range 100 { // an engine that were left in the middle would refuse to start
		r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { panic("no idea") }
		r.start(textBase)
		func() {
			defer func() {
				if p := recover(); p != "no idea" {
					t.Fatalf("recovered %v", p)
				}
			}()
			r.run(free())
			t.Fatal("no panic")
		}()
	}
	r.decide = nil
	r.start(textBase)
	r.must(cpu.Return, free())
}

func notASite(t *testing.T, open Open) {
	r := program(t, open, siteText)
	r.decide = func(guest.TaskID, guest.ReturnAddr) guest.Addr { return cpu.NotASite }
	for _, shim := range []bool{false, true} {
		r.cpu.Break(arenaBase+stubFast, 99, shim)
		pc := arenaBase + stubEntry
		if shim {
			pc = arenaBase + shimHook
		}
		for _, req := range waysThrough() {
			r.start(textBase)
			e := r.must(cpu.Fault, req)
			if e.Fault.Kind != cpu.Refused || r.ctx.PC != pc || e.Fault.Text == "" || !req.Uncounted && e.Executed != 3 {
				t.Errorf("%s", describe(e))
			}
		}
	}
}

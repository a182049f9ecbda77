package livepatch

import (
	"testing"

	"patchlab/guest"
	"patchlab/protocol"
)

// TestBreaks holds each break against the model without it, in a run that ends well by
// the model's rules and badly with the break. A run tells what is wrong with it, "" for
// nothing.
func TestBreaks(t *testing.T) {
	for _, c := range []struct {
		name, want string
		run        func(r *rig) string
	}{
		{BreakSwitchInHandler, "old f, then new g", switchBetweenCalls},
		{BreakSkipStackCheck, "complete with old f on a stack", oldFunctionAsleep},
		{BreakWrongRange, "complete with old f on a stack", oldFunctionAsleep},
		{BreakSkipExitSwitch, "never complete", busyInUserMode},
		{BreakWideRange, "pending for a caller", callerAsleep},
		{BreakFirstSymbol, "an ambiguous name was taken", ambiguousName},
		{BreakSkipSyncComplete, "a body that is gone was picked", handlerDuringRemoval},
		{BreakForkCopiesEarly, "a child without a state", forkInEnable},
		{BreakSkipWakeIdle, "never complete", idleCPU},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.run(newRig(t, 1, Options{})); got != "" {
				t.Errorf("without the break: %s", got)
			}
			if got := c.run(newRig(t, 1, Options{Breaks: []string{c.name}})); got != c.want {
				t.Errorf("with the break: %q, want %q", got, c.want)
			}
		})
	}
	if len(BreakNames()) != 9 {
		t.Error("a break is missing in this test")
	}
}

// switchBetweenCalls lets a pending task call f, which calls g.
func switchBetweenCalls(r *rig) string {
	r.task(3).cpu = 1
	r.mustEnable(r.patchOf(1, "f", "g"))
	if f, g := r.route(3, 0), r.route(3, 1); f == oldAddr(0) && g == newAddr(1, 1) {
		return "old f, then new g"
	}
	return ""
}

// oldFunctionAsleep has a task asleep in the old f during the first attempts.
func oldFunctionAsleep(r *rig) string {
	r.task(3).stack = []guest.Addr{0x9000, oldAddr(0) + 5}
	r.mustEnable(r.patchOf(1, "f"))
	if _, armed := r.m.NextAttempt(); !armed {
		return "complete with old f on a stack"
	}
	return ""
}

// busyInUserMode has a task that only passes the exit gate, again and again.
func busyInUserMode(r *rig) string {
	r.task(3).cpu = 1
	r.mustEnable(r.patchOf(1, "f"))
	for range 50 {
		r.exit(3)
		if r.tick(); r.state(3) == -1 {
			return ""
		}
	}
	return "never complete"
}

// idleCPU has a CPU that only ever runs its idle task, which does what it is woken for.
func idleCPU(r *rig) string {
	r.idling[1] = true
	r.mustEnable(r.patchOf(1, "f"))
	for range 50 {
		for _, c := range r.stirred {
			r.m.IdlePass(c)
		}
		if r.tick(); r.state(3) == -1 {
			return ""
		}
	}
	return "never complete"
}

// handlerDuringRemoval stops a switched task inside the handler, which has found the
// function that a complete disable is about to free.
func handlerDuringRemoval(r *rig) string {
	r.mustEnable(r.patchOf(1, "g"))
	r.mustEnable(r.patchOf(2, "g")) // so that the site stays on, and no other wait helps
	r.start(1, r.m.Tables().WriteEnabled, 1, 0)
	r.to(1, "P.start")
	r.start(3, r.m.Tables().Handler, 1)
	r.to(3, "H.rmb_front")
	for range 200 {
		if r.point(1) != "" {
			r.step(1)
		}
	}
	complete := r.point(1) == ""
	_ = r.finish(3)
	if complete && r.ran(3, 1) == newAddr(2, 1) {
		return "a body that is gone was picked"
	}
	return ""
}

// TestSwitchInHandlerIsAtThePick says where exactly the break switches.
func TestSwitchInHandlerIsAtThePick(t *testing.T) {
	r := newRig(t, 1, Options{Breaks: []string{BreakSwitchInHandler}})
	r.task(3).cpu = 1
	r.mustEnable(r.patchOf(1, "f"))
	r.start(3, r.m.Tables().Handler, 0)
	r.to(3, "H.pick")
	if r.state(3) != 0 {
		t.Error("it switched before the pick")
	}
	r.step(3)
	if s, _ := r.m.LastSwitch(3); r.state(3) != 1 || s.Rule != RuleHandler {
		t.Errorf("state %d, %+v", r.state(3), s)
	}
}

// TestCommitWindow is the state between decision and jump with a handler that may be
// rescheduled at its end: the stack shows the original function, and the kernel's check
// does not see the body that was decided on.
func TestCommitWindow(t *testing.T) {
	for _, closed := range []bool{false, true} {
		r := newRig(t, 1, Options{UnlockMayReschedule: true, CheckDecided: closed})
		r.mustEnable(r.patchOf(1, "f"))
		body := r.call(3, 0)
		r.task(3).stack, r.task(3).body = []guest.Addr{oldAddr(0) + 5}, body
		if err := r.echo("0", "p1/enabled"); err != nil {
			t.Fatal(err)
		}
		if pending := r.state(3) != -1; pending != closed {
			t.Errorf("check of the decided body %v: pending %v", closed, pending)
		}
	}
}

// TestCheckParts has tasks asleep where the kernel's check does not find a function: below a
// part of it that lies elsewhere, and in a call that is its last instruction.
func TestCheckParts(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    guest.Addr // a return address
		found bool       // with CheckParts
	}{
		{"inside", oldAddr(0) + 0x10, true},
		{"the last call", oldAddr(0) + 0x100, true},
		{"behind that", oldAddr(0) + 0x101, false},
		{"its part", 0x8010, true},
		{"the part's last call", 0x8020, true},
		{"a part of another", 0x8030, false},
		{"before the function", oldAddr(0) - 1, false},
		{"at its start", oldAddr(0), true},
	} {
		for _, parts := range []bool{false, true} {
			r := newRig(t, 1, Options{CheckParts: parts})
			r.parts = map[guest.Addr][]guest.Range{
				oldAddr(0): {guest.RangeOf(0x8000, 0x20)}, oldAddr(1): {guest.RangeOf(0x8028, 0x20)},
			}
			r.task(3).stack = []guest.Addr{0x9000, c.at}
			r.mustEnable(r.patchOf(1, "f"))
			want := c.found && (parts || guest.RangeOf(oldAddr(0), 0x100).Contains(c.at))
			if found := r.m.LastCheck(3).Verdict == OnStack; found != want {
				t.Errorf("%s, CheckParts %v: found %v", c.name, parts, found)
			}
		}
	}
}

// TestNoChangeInsideTheHandler is the answer to whether a task's state can change between
// trylock and unlock: the scan sees it running, and every other way is its own.
func TestNoChangeInsideTheHandler(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.task(3).cpu = 1
	r.mustEnable(r.patchOf(1, "f"))
	r.start(3, r.m.Tables().Handler, 0)
	for r.to(3, "H.trylock"); r.point(3) != "result"; r.step(3) {
		if r.store.Read(r.cpus[1], protocol.Once) == 0 {
			continue
		}
		r.tick()
		if r.state(3) != 0 || r.m.LastCheck(3).Verdict != Running {
			t.Errorf("before %s: state %d, %+v", r.point(3), r.state(3), r.m.LastCheck(3))
		}
	}
}

// callerAsleep has a task asleep in a function that lies in the page of the old f.
func callerAsleep(r *rig) string {
	r.task(3).stack = []guest.Addr{0x9000, oldAddr(0) + 0x800}
	r.mustEnable(r.patchOf(1, "f"))
	if _, armed := r.m.NextAttempt(); armed {
		return "pending for a caller"
	}
	return ""
}

// ambiguousName enables a patch of a function whose name there is twice.
func ambiguousName(r *rig) string {
	p := r.patchOf(1, "f")
	p.Objects[0].Funcs[0].OldName = "twice"
	r.symbol("", "twice", oldAddr(0))
	r.symbol("", "twice", oldAddr(1))
	if _, err := r.enable(p); err == nil {
		return "an ambiguous name was taken"
	}
	return ""
}

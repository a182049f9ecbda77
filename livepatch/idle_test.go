package livepatch

import (
	"testing"

	"patchlab/guest"
)

// idleState returns the patch state of a CPU's idle task, and whether it is flagged.
func (r *rig) idleState(c guest.CPUID) (state int, flagged bool) {
	return r.state(guest.IdleTask(c)), r.m.Flagged(guest.IdleTask(c))
}

func (r *rig) wantIdle(c guest.CPUID, state int, flagged bool) {
	r.t.Helper()
	if s, f := r.idleState(c); s != state || f != flagged {
		r.t.Errorf("swapper/%d has the state %d, flagged %v; want %d, %v", c, s, f, state, flagged)
	}
}

// wantMoved wants the last switch of a CPU's idle task to be by a rule, 0 for none.
func (r *rig) wantMoved(c guest.CPUID, rule Rule) {
	r.t.Helper()
	last, ok := r.m.LastSwitch(guest.IdleTask(c))
	if ok != (rule != 0) || last.Rule != rule {
		r.t.Errorf("swapper/%d was switched by %v, want %v", c, last.Rule, rule)
	}
}

// TestIdleElsewhere: an idle task whose CPU runs another task sleeps in its loop, and is
// switched by the first attempt.
func TestIdleElsewhere(t *testing.T) {
	r := newRig(t, 0, Options{})
	id := r.m.AddPatch(r.patchOf(1, "f"))
	r.start(1, r.m.Tables().Enable, uint64(id))
	r.to(1, "wmb_init")
	r.wantIdle(0, 0, false)
	r.to(1, "P.lock_try")
	r.wantIdle(0, 0, true)
	r.wantIdle(1, 0, true)
	r.to(1, "P.decide")
	r.wantIdle(0, 1, false)
	r.wantMoved(1, RuleAttempt)
	if err := r.finish(1); err != nil {
		t.Fatal(err)
	}
	r.wantIdle(0, -1, false)
	if len(r.stirred) > 0 {
		t.Errorf("%v were woken", r.stirred)
	}
}

// TestIdleRunning: one that runs cannot be checked. It is woken, goes over in its loop,
// and the next attempt completes.
func TestIdleRunning(t *testing.T) {
	r := newRig(t, 0, Options{})
	r.idling[1] = true
	r.mustEnable(r.patchOf(1, "f"))
	r.wantIdle(1, 0, true)
	r.wantIdle(0, 1, false)
	if len(r.stirred) != 1 || r.stirred[0] != 1 {
		t.Fatalf("%v were woken, want CPU 1", r.stirred)
	}
	pending := r.m.Pending()
	if len(pending) != 1 || pending[0].String() != "swapper/1:0 pending: running (attempt)" {
		t.Errorf("pending: %v", pending)
	}
	r.m.IdlePass(1)
	r.wantIdle(1, 1, false)
	r.wantMoved(1, RuleIdle)
	r.m.IdlePass(1) // nothing is pending
	r.tick()
	if r.m.Pending() != nil || len(r.stirred) != 1 {
		t.Errorf("pending: %v, woken: %v", r.m.Pending(), r.stirred)
	}
	r.wantIdle(1, -1, false)
	if _, ok := r.m.transition(); ok {
		t.Error("the transition goes on")
	}
}

// TestIdleNotWoken: without the wake-up a CPU that stays idle holds the transition up.
func TestIdleNotWoken(t *testing.T) {
	r := newRig(t, 0, Options{Breaks: []string{BreakSkipWakeIdle}})
	r.idling[1] = true
	r.mustEnable(r.patchOf(1, "f"))
	for range 3 {
		r.tick()
	}
	if len(r.stirred) > 0 || len(r.m.Pending()) != 1 {
		t.Errorf("pending: %v, woken: %v", r.m.Pending(), r.stirred)
	}
}

// TestIdleOffline: a CPU that is offline has nothing on its idle task's stack.
func TestIdleOffline(t *testing.T) {
	r := newRig(t, 0, Options{})
	r.offline[1], r.idling[1] = true, true
	id := r.m.AddPatch(r.patchOf(1, "f"))
	r.start(1, r.m.Tables().Enable, uint64(id))
	r.to(1, "P.decide")
	r.wantIdle(1, 1, false)
	r.wantMoved(1, RuleOffline)
	if err := r.finish(1); err != nil || r.m.Pending() != nil {
		t.Error(err, r.m.Pending())
	}
}

// TestIdleTurnsBack: a reversal takes the flags back, and flags who has gone over.
func TestIdleTurnsBack(t *testing.T) {
	r := newRig(t, 0, Options{})
	r.idling[0], r.idling[1] = true, true
	r.mustEnable(r.patchOf(1, "f"))
	r.m.IdlePass(0)
	r.start(1, r.m.Tables().WriteEnabled, 0, 0)
	r.to(1, "sync_reverse")
	r.wantIdle(0, 1, false)
	r.wantIdle(1, 0, false)
	if err := r.finish(1); err != nil {
		t.Fatal(err)
	}
	r.wantIdle(0, 1, true)
	r.wantIdle(1, 0, false)
	r.m.IdlePass(0)
	r.tick()
	r.wantIdle(0, -1, false)
}

// TestIdleForced: force takes them over as they are.
func TestIdleForced(t *testing.T) {
	r := newRig(t, 0, Options{})
	r.idling[1] = true
	r.mustEnable(r.patchOf(1, "f"))
	if err := r.echo("1", "p1/force"); err != nil {
		t.Fatal(err)
	}
	r.wantIdle(1, 1, false)
	r.wantMoved(1, RuleForce)
}

// TestIdleOfNewCPU: the idle task of a CPU that comes in a transition is where the others
// are.
func TestIdleOfNewCPU(t *testing.T) {
	r := newRig(t, 0, Options{})
	r.idling[0], r.idling[1] = true, true
	r.m.CPUAdded()
	r.wantIdle(2, -1, false)
	id := r.m.AddPatch(r.patchOf(1, "f"))
	r.start(1, r.m.Tables().Enable, uint64(id))
	r.to(1, "P.lock_try")
	r.m.CPUAdded()
	r.wantIdle(3, 0, true)
}

func TestNoIdleTask(t *testing.T) {
	r := newRig(t, 0, Options{})
	if _, ok := r.m.PatchState(guest.IdleTask(2)); ok {
		t.Error("CPU 2 has an idle task")
	}
}

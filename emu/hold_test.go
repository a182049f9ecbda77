package emu

import (
	"slices"
	"testing"

	"patchlab/guest"
)

const holdProgram = `
u64 calls, count[4];
void body(u64 me) { calls++; }
void f(u64 me) { calls += 100; }
void run(u64 me)
{
	f(me);
	count[me]++;
}
void quiet(u64 me)
{
	pl_preempt_disable();
	count[me]++;
	__asm__ volatile(".globl in_region\nin_region: nop");
	pl_preempt_enable();
}
GATE(0x1001, run);
GATE(0x1002, quiet);
__user void user(u64 me)
{
	for (int i = 0; i < 50; i++)
		gate(0x1001, me);
	user_exit(0);
}
__user void quiet_user(u64 me)
{
	for (int i = 0; i < 50; i++)
		gate(0x1002, me);
	user_exit(0);
}`

// goesOn wants somebody else to come along while a task is held.
func goesOn(t *testing.T, r *rig, who int, want bool) {
	t.Helper()
	from := r.word("count", who)
	for range 200 {
		if s, err := r.Step(); err != nil || s != Running {
			break
		}
	}
	if moved := r.word("count", who) != from; moved != want {
		t.Errorf("task %d moved: %v; %s", who, moved, r.dump())
	}
}

// TestHoldAtInstruction holds a task where preemption is on: others have its CPU.
func TestHoldAtInstruction(t *testing.T) {
	for _, policy := range testPolicies(3) {
		r := newRig(t, setup{source: holdProgram, tasks: []string{"user:1", "user:2"}, policy: policy()})
		r.hold(1, r.addr("f"), "")
		d, _ := r.Task(1)
		if d.Regs.RIP != r.addr("f") || !d.Interrupted || d.CPU != guest.NoCPU || d.Mode != guest.KernelMode {
			t.Errorf("held: %+v", d)
		}
		goesOn(t, r, 2, true)
		if d, _ := r.Task(1); d.Regs.RIP != r.addr("f") || d.State != Held {
			t.Errorf("held later: %+v", d)
		}
		if !r.Release(1) || r.Release(1) {
			t.Error("it is released once")
		}
		r.finish()
		if r.word("count", 1) != 50 || r.word("count", 2) != 50 || r.word("calls") != 10000 {
			t.Errorf("%d, %d, %d", r.word("count", 1), r.word("count", 2), r.word("calls"))
		}
	}
}

// TestHoldWithPreemptionOff holds a task where its CPU has to stand still with it.
func TestHoldWithPreemptionOff(t *testing.T) {
	r := newRig(t, setup{source: holdProgram, tasks: []string{"quiet_user:1", "user:2", "user:3"}, cpus: 2})
	r.hold(1, r.addr("in_region"), "")
	d, _ := r.Task(1)
	if d.CPU == guest.NoCPU || d.Interrupted || r.CPUOf(1) != d.CPU {
		t.Errorf("held: %+v", d)
	}
	if _, now := r.Quiescence(1); now {
		t.Error("a task on its CPU is taken for quiescent")
	}
	goesOn(t, r, 2, true)
	if r.CPUOf(1) != d.CPU || r.current[d.CPU] != 1 {
		t.Errorf("its CPU has not stood still: %s", r.dump())
	}
	r.Release(1)
	r.finish()

	r = newRig(t, setup{source: holdProgram, tasks: []string{"quiet_user:1", "user:2"}})
	r.hold(1, r.addr("in_region"), "")
	goesOn(t, r, 2, false)
	if s, err := r.Step(); s != Stuck || err != nil {
		t.Errorf("with its only CPU held a machine is %d, %v", s, err)
	}
	r.Release(1)
	r.finish()
}

// TestHoldInHandler holds a task at each place of the stub and each step of the handler.
func TestHoldInHandler(t *testing.T) {
	img := compile(t, holdProgram)
	places := []string{"F.lock", "F.pick", "F.set_ip", "F.unlock"}
	for _, p := range newRigOf(t, setup{tasks: []string{"user:1"}}, img).arena.Places() {
		places = append(places, p.Name)
	}
	for _, policy := range testPolicies(2) {
		for _, place := range places {
			s := setup{tasks: []string{"user:1", "user:2"}, cpus: 1, policy: policy()}
			r := newRigOf(t, s, img)
			r.p.install("f", "body")
			atomic := place == "F.pick" || place == "F.set_ip" || place == "F.unlock"
			addr, step := guest.Addr(0), place
			if p, ok := r.arena.Find(place); ok {
				addr, step = p.Addr, ""
			}
			if place == "stub.fast" { // comes only where nobody looks
				continue
			}
			r.hold(1, addr, step)
			d, _ := r.Task(1)
			if (d.CPU != guest.NoCPU) != atomic || d.Interrupted == atomic || d.Point != step {
				t.Errorf("%s: held at %s: %+v", s.policy.Name(), place, d)
			}
			if _, now := r.Quiescence(1); now {
				t.Errorf("%s: at %s a task is taken for quiescent", s.policy.Name(), place)
			}
			// Whole, the CPU decides, and the machine is told nothing.
			inSteps := s.policy.Stepped() && slices.Contains([]string{"F.unlock", "shim.leave", "shim.ret", "stub.commit"}, place)
			if inSteps && r.UnwindTarget(1, false).Decided != r.addr("body") {
				t.Errorf("%s: at %s an unwinder is not shown what was decided", s.policy.Name(), place)
			}
			goesOn(t, r, 2, !atomic)
			if d, _ := r.Task(1); addr != 0 && d.Regs.RIP != addr {
				t.Errorf("%s: held at %s, stands at %s", s.policy.Name(), place, r.Symbol(d.Regs.RIP))
			}
			r.Release(1)
			r.finish()
			if r.word("calls") != 100 || r.word("count", 1) != 50 {
				t.Errorf("%s: after a hold at %s: %d calls, %d rounds", s.policy.Name(), place, r.word("calls"), r.word("count", 1))
			}
			r.Close()
		}
	}
}

// TestHoldInUserMode wants the way back from there to be an exit gate.
func TestHoldInUserMode(t *testing.T) {
	r := newRig(t, setup{source: holdProgram, tasks: []string{"user:1", "user:2"}})
	r.hold(1, r.addr("user"), "")
	if d, _ := r.Task(1); d.Interrupted || d.Mode != guest.UserMode || d.Regs.RIP != r.addr("user") {
		t.Errorf("held: %+v", d)
	}
	if _, now := r.Quiescence(1); !now {
		t.Error("a task in user mode is not taken for quiescent")
	}
	r.p.store.Write(r.p.flags[1], 0, 1)
	r.Release(1)
	if _, err := r.until(func() bool { return len(r.p.exits) > 0 }); err != nil {
		t.Fatal(err)
	}
	if d, _ := r.Task(1); d.Regs.RIP != r.addr("user") && r.p.exits[0] != 1 {
		t.Errorf("the exit gate was passed by %v, at %s", r.p.exits, r.Symbol(d.Regs.RIP))
	}
	r.finish()
}

// TestCancelledHold wants a hold that is taken back to do nothing, and holds of one task
// to leave another alone.
func TestCancelledHold(t *testing.T) {
	r := newRig(t, setup{source: holdProgram, tasks: []string{"user:1", "user:2"}})
	r.Hold(1, r.addr("f"), "")
	r.Hold(2, 0, "F.pick")
	if r.Release(3) || !r.Release(1) || !r.Release(2) || len(r.holds) != 0 {
		t.Errorf("left: %v", r.holds)
	}
	r.finish()
}

// TestReschedAtUnlock wants a task that its handler lets go of, between its decision and
// the jump, to look like a sleeper at the hook, and not like one that has left the stub.
func TestReschedAtUnlock(t *testing.T) {
	r := newRig(t, setup{source: holdProgram, tasks: []string{"user:1", "user:2"}, policy: &stepped{}})
	r.p.yields = true
	r.p.install("f", "body")
	before := uint64(0)
	away := func() bool {
		if r.state(1) == OnCPU {
			before = r.task(1).passes
		}
		return r.state(1) == Runnable && r.inStub(r.task(1))
	}
	if _, err := r.until(away); err != nil {
		t.Fatal(err)
	}
	if r.task(1).where != inKernel || r.atomic(0) {
		t.Errorf("rescheduled: %s", r.dump())
	}
	if passes, now := r.Quiescence(1); now || passes != before {
		t.Errorf("a task in the stub is taken for quiescent: %d passes before, %d now", before, passes)
	}
	u := r.UnwindTarget(1, false)
	if u.Regs.RIP != r.arena.Hook() || u.Decided != r.addr("body") || u.InUser {
		t.Errorf("shown to an unwinder: %+v", u)
	}
	r.hold(1, r.addr("body"), "")
	if u := r.UnwindTarget(1, false); u.Decided != 0 {
		t.Errorf("in the body it is still shown as decided: %+v", u)
	}
	r.Release(1)
	r.finish()
	if r.word("calls") != 100 {
		t.Errorf("%d calls", r.word("calls"))
	}
}

// TestHoldsGoWithSnapshots wants a restore to bring holds back, and to take later ones
// away.
func TestHoldsGoWithSnapshots(t *testing.T) {
	r := newRig(t, setup{source: holdProgram, tasks: []string{"user:1", "user:2"}})
	var without, with Snapshot
	r.Save(&without)
	r.Hold(1, r.addr("f"), "")
	r.Save(&with)
	for range 2 {
		if err := r.Restore(&without); err != nil {
			t.Fatal(err)
		}
		r.finish()
		if err := r.Restore(&with); err != nil {
			t.Fatal(err)
		}
		if s, err := r.until(func() bool { return r.state(1) == Held }); s != Running || err != nil {
			t.Fatal(s, err)
		}
		if d, _ := r.Task(1); d.Regs.RIP != r.addr("f") {
			t.Errorf("held at %s", r.Symbol(d.Regs.RIP))
		}
	}
}

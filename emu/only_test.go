package emu

import (
	"testing"

	"patchlab/guest"
)

// TestOnly lets the tasks move one at a time, each up to a point: whoever is not to move
// stands where it was.
func TestOnly(t *testing.T) {
	for _, policy := range testPolicies(3) {
		for _, cpus := range []int{1, 2} {
			r := newRig(t, setup{source: holdProgram, tasks: []string{"user:1", "user:2", "user:3"}, cpus: cpus, policy: policy()})
			for range 20 {
				if _, err := r.Step(); err != nil {
					t.Fatal(err)
				}
			}
			for round, id := range []guest.TaskID{2, 1, 2, 3, 3, 1} {
				var others [4]guest.Regs
				for o := range guest.TaskID(4) {
					d, _ := r.Task(o)
					others[o] = d.Regs
				}
				r.Release(id)
				r.Only(id)
				r.hold(id, r.addr("run"), "")
				for o := range guest.TaskID(4) {
					if d, _ := r.Task(o); o != id && (d.Regs.RIP != others[o].RIP || d.Regs.GPR != others[o].GPR) {
						t.Errorf("%s, %d CPUs, round %d: task %d was at %s, and is at %s", r.config.Policy.Name(), cpus, round, o,
							r.Symbol(others[o].RIP), r.Symbol(d.Regs.RIP))
					}
				}
			}
			r.Only(0)
			for id := range guest.TaskID(3) {
				r.Release(id + 1)
			}
			r.finish()
			if r.word("calls") != 15000 {
				t.Errorf("%s, %d CPUs: %d calls", r.config.Policy.Name(), cpus, r.word("calls"))
			}
		}
	}
}

// TestOnlyAndPreemptionOff wants a CPU to be waited for that cannot be taken from its task.
func TestOnlyAndPreemptionOff(t *testing.T) {
	r := newRig(t, setup{source: holdProgram, tasks: []string{"quiet_user:1", "user:2"}})
	r.hold(1, r.addr("in_region"), "")
	r.Only(2)
	if s, err := r.Step(); s != Stuck || err != nil {
		t.Errorf("with its only CPU held a machine is %d, %v", s, err)
	}
	r.Release(1)
	before := r.word("count", 1)
	r.hold(2, r.addr("f"), "")
	if d, _ := r.Task(1); r.word("count", 1) != before || d.CPU != guest.NoCPU || d.Interrupted {
		t.Errorf("%d rounds, %d before: %s", r.word("count", 1), before, r.dump())
	}
	r.Only(0)
	r.Release(2)
	r.finish()
}

// TestOnlyTakesAnotherCPU wants a CPU where preemption is off to be left alone while there is
// another.
func TestOnlyTakesAnotherCPU(t *testing.T) {
	r := newRig(t, setup{source: holdProgram, tasks: []string{"quiet_user:1", "user:2", "user:3"}, cpus: 2})
	r.hold(1, r.addr("in_region"), "")
	for range 10 {
		if _, err := r.Step(); err != nil {
			t.Fatal(err)
		}
	}
	r.Release(1)
	for _, id := range []guest.TaskID{3, 2, 3} {
		r.Release(id)
		r.Only(id)
		r.hold(id, r.addr("run"), "")
		if d, _ := r.Task(1); d.Regs.RIP != r.addr("in_region") {
			t.Errorf("for task %d, one with preemption off has moved: %s", id, r.dump())
		}
	}
}

// TestOnlyIsNotPreempted wants the one that moves to keep its CPU, whoever waits.
func TestOnlyIsNotPreempted(t *testing.T) {
	for _, policy := range testPolicies(3) {
		r := newRig(t, setup{source: `
u64 n;
void count(void) { for (volatile int i = 0; i < 20000; i++) n++; }
void end(void) {}
GATE(0x1001, count);
GATE(0x1002, end);
__user void user(void) { gate(0x1001); gate(0x1002); user_exit(0); }`, tasks: []string{"user", "user"}, policy: policy()})
		r.Only(1)
		r.Hold(1, r.addr("end"), "")
		began := false
		for r.state(1) != Held {
			if s, err := r.Step(); s != Running || err != nil {
				t.Fatal(s, err)
			}
			began = began || r.state(1) == OnCPU
			if began && r.state(1) == Runnable {
				t.Fatalf("%s: after %d rounds it has lost its CPU", r.config.Policy.Name(), r.word("n"))
			}
		}
	}
}

// TestOnlyASleeper wants time to go on for the one that is to move, and others that wake
// meanwhile to stand.
func TestOnlyASleeper(t *testing.T) {
	r := newRig(t, setup{source: `
u64 woken[3];
void nap(u64 me)
{
	pl_sleep(me * SEC);
	woken[me]++;
}
GATE(0x1001, nap);
__user void user(u64 me) { gate(0x1001, me); user_exit(0); }`, tasks: []string{"user:1", "user:2"}})
	r.Only(2)
	if _, err := r.until(func() bool { return r.word("woken", 2) > 0 }); err != nil {
		t.Fatal(err)
	}
	if r.word("woken", 1) != 0 || r.Now() < 2*guest.Second {
		t.Errorf("at %d the other woke %d times", r.Now(), r.word("woken", 1))
	}
	for {
		s, err := r.Step()
		if err != nil {
			t.Fatal(err)
		}
		if s != Running {
			break
		}
	}
	if r.state(2) != Exited || r.state(1) == Exited {
		t.Errorf("the one is %s, the other %s", r.state(2), r.state(1))
	}
	r.Only(0)
	r.finish()
}

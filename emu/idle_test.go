package emu

import (
	"slices"
	"testing"

	"patchlab/emu/sched"
	"patchlab/guest"
)

// idleProgram has a task that is busy, sleeps for a second, is busy again and exits, and one
// that is asleep meanwhile.
const idleProgram = `
__user void spin(void) { for (volatile u64 i = 0; i < 2000; i++); }
__user void user(void)
{
	spin();
	user_sleep(1 * SEC);
	spin();
	user_exit(0);
}
__user void other(void)
{
	user_sleep(5 * SEC);
	user_exit(0);
}
`

// idleRig is a machine with two CPUs whose first task has been put on one of them, and whose
// second sleeps.
func idleRig(t *testing.T, policy sched.Policy) *rig {
	t.Helper()
	r := newRig(t, setup{source: idleProgram, tasks: []string{"user", "other"}, cpus: 2, policy: policy})
	if _, err := r.until(func() bool { return r.state(1) == OnCPU && r.state(2) == Asleep }); err != nil || r.state(1) != OnCPU {
		t.Fatal(err, r.dump())
	}
	return r
}

// pend gives the idle task of a CPU something to do.
func (r *rig) pend(c guest.CPUID) { r.p.store.Write(r.p.idles[c], 0, 1) }

// TestIdleTaskIsWhatRuns wants the idle task of a CPU to be current there while no other
// task is.
func TestIdleTaskIsWhatRuns(t *testing.T) {
	r := idleRig(t, nil)
	if len(r.p.idles) != 2 {
		t.Fatalf("%d CPUs were told of", len(r.p.idles))
	}
	busy := r.CPUOf(1)
	for c := range guest.CPUID(2) {
		want := c
		if c == busy {
			want = guest.NoCPU
		}
		if got := r.CPUOf(guest.IdleTask(c)); got != want {
			t.Errorf("task 1 is on CPU %d, and swapper/%d on CPU %d", busy, c, got)
		}
		if !r.Online(c) {
			t.Errorf("CPU %d is offline", c)
		}
	}
	if name := r.TaskName(guest.IdleTask(1)); name != "swapper/1" {
		t.Errorf("it is called %q", name)
	}
	if ids := r.Tasks(); len(ids) != 2 {
		t.Errorf("the task list holds %v", ids)
	}
}

// TestIdlePass wants an idle task to go through its loop when it is woken, or comes back
// with something to do; else not, and never while its CPU runs another task.
func TestIdlePass(t *testing.T) {
	for _, policy := range testPolicies(3) {
		r := idleRig(t, policy())
		busy := r.CPUOf(1)
		r.pend(0)
		r.pend(1)
		r.WakeIdle(0)
		r.WakeIdle(1)
		if _, err := r.until(func() bool { return r.state(1) == Asleep }); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(r.p.passes, busy) {
			t.Fatalf("passes of CPUs %v while CPU %d was busy", r.p.passes, busy)
		}
		at := r.Now()
		if _, err := r.until(func() bool { return len(r.p.passes) == 2 }); err != nil {
			t.Fatal(err)
		}
		if r.Now() != at {
			t.Errorf("the pass has taken the time %d", r.Now()-at)
		}
		r.pend(1 - busy) // nobody wakes it
		var before Snapshot
		r.Save(&before)
		r.finish()
		want := r.outcome(nil)
		if err := r.Restore(&before); err != nil {
			t.Fatal(err)
		}
		if r.finish(); r.outcome(nil) != want {
			t.Errorf("restored: %s, want %s", r.outcome(nil), want)
		}
	}
}

// TestDirectedCPUsAreOffline wants the CPUs of tasks that are not on them to be offline
// where a search drives the machine, and no idle task to move.
func TestDirectedCPUsAreOffline(t *testing.T) {
	r := newRig(t, setup{source: idleProgram, tasks: []string{"user"}, limit: func(c *Config) { c.Directed = true }})
	if r.Online(0) {
		t.Error("CPU 0 runs nothing, and is online")
	}
	r.pend(0)
	r.WakeIdle(0)
	for !r.Timed(1) {
		if err := r.MoveTask(1, false); err != nil {
			t.Fatal(err)
		}
		if r.state(1) == OnCPU && !r.Online(0) {
			t.Error("task 1 runs on a CPU that is offline")
		}
	}
	if r.Online(0) || len(r.p.passes) != 0 || r.stirred != 0 {
		t.Errorf("online %v, passes of %v", r.Online(0), r.p.passes)
	}
}

package emu

import (
	"slices"
	"testing"

	"patchlab/guest"
)

// forkProgram forks deep in nested calls of user mode, whose locals are reached by
// pointers, and below a kernel function.
const forkProgram = `
u64 pids[3];
s64 fork(u64 n)
{
	s64 pid = pl_fork();

	pids[n] = pid;
	return pid;
}
GATE(0x1001, fork);

__user_data u64 sums[2], left[2];

__user u64 deep(u64 *above, u64 n)
{
	u64 own[2] = { 0, n };
	u64 r = n ? deep(own, n - 1) : (u64)gate(0x1001, 0);

	above[0] += own[0] + own[1] + (r ? 100 : 1);
	return r;
}

__user void user(void)
{
	u64 own[2] = { 0, 0 };
	u64 parent = deep(own, 3) != 0;

	sums[parent] = own[0];
	left[parent] = user_gettid();
	user_sleep(1 * SEC);
	user_exit(0);
}

__user void bomb(void)
{
	s64 pid;
	u64 n = 0;

	while ((pid = gate(0x1001, 1)) > 0)
		n++;
	left[0] = n;
	left[1] = pid;
	if (pid == 0)
		user_yield();
	user_exit(0);
}
`

// TestFork wants a child to go on where its parent's gate returns, with a stack of its
// own in which nothing leads to the parent's, in any form of run.
func TestFork(t *testing.T) {
	img := compile(t, forkProgram)
	for _, policy := range testPolicies(4) {
		r := newRigOf(t, setup{tasks: []string{"user"}, cpus: 2, policy: policy()}, img)
		var before Snapshot
		r.Save(&before)
		r.finish()
		// 3 + 2 + 1 + 0 of the levels, and what fork has returned at each of four.
		if r.word("sums", 0) != 10 || r.word("sums", 1) != 406 {
			t.Errorf("the child comes to %d, the parent to %d; want 10 and 406", r.word("sums", 0), r.word("sums", 1))
		}
		if r.word("left", 0) != 2 || r.word("left", 1) != 1 || r.word("pids") != 2 {
			t.Errorf("the child is %d, the parent %d, who was told %d", r.word("left", 0), r.word("left", 1), r.word("pids"))
		}
		if r.TaskName(2) != "user-1-1" || !slices.Equal(r.p.parents, []guest.TaskID{0, 1}) {
			t.Errorf("the child is called %s; parents %v", r.TaskName(2), r.p.parents)
		}
		want := r.Digest()
		if err := r.Restore(&before); err != nil {
			t.Fatal(err)
		}
		if r.TaskName(2) != "" || len(r.Tasks()) != 1 {
			t.Errorf("before the fork there are %v", r.Tasks())
		}
		r.finish()
		if got := r.Digest(); got != want {
			t.Errorf("again it ends with %s, the first time with %s", got, want)
		}
	}
}

// TestForkWithoutRoom wants a fork to fail, and no more, when there are as many tasks as
// there can be: in a directed machine as many as CPUs.
func TestForkWithoutRoom(t *testing.T) {
	r := newRig(t, setup{
		source: forkProgram, tasks: []string{"bomb"}, quiet: true, limit: func(c *Config) { c.Directed = true },
	})
	for r.CanMove(1) {
		if err := r.MoveTask(1, false); err != nil {
			t.Fatal(err)
		}
	}
	// Two of the CPUs are kept for tasks that run protocols only.
	n, errno := r.word("left", 0), int64(r.word("left", 1))
	if n != maxCPUs-directedExtra-1 || errno != -11 || r.CPUs() != maxCPUs {
		t.Errorf("%d children on %d CPUs, then %d", n, r.CPUs(), errno)
	}
}

// TestForkIsInterrupted holds the parent between the steps of a fork: nobody finds the
// child before it is listed, and it runs no earlier than it is woken.
func TestForkIsInterrupted(t *testing.T) {
	r := newRig(t, setup{source: forkProgram, tasks: []string{"user"}, cpus: 2})
	r.hold(1, 0, "K.copy")
	if d, _ := r.Task(1); !d.Interrupted || len(r.Tasks()) != 1 {
		t.Fatalf("%+v; tasks %v", d, r.Tasks())
	}
	r.Release(1)
	r.hold(1, 0, "K.wake")
	if status, err := r.Step(); len(r.Tasks()) != 2 || r.state(2) != Asleep || status != Stuck || err != nil {
		t.Fatalf("tasks %v, the child is %s; %v, %v", r.Tasks(), r.state(2), status, err)
	}
	r.Release(1)
	r.finish()
	if r.word("sums", 0) != 10 || r.word("sums", 1) != 406 {
		t.Errorf("the child comes to %d, the parent to %d", r.word("sums", 0), r.word("sums", 1))
	}
}

package emu

import (
	"strings"
	"testing"

	"patchlab/emu/sched"
	"patchlab/guest"
)

// TestPreemptionOff wants a task in a region with preemption off to keep its CPU, while
// other CPUs move between its steps, and asks for it in vain.
func TestPreemptionOff(t *testing.T) {
	img := compile(t, `
	u64 violations, entered;
	static volatile u64 owner[4];
	void region(u64 me)
	{
		u64 cpu;

		pl_preempt_disable();
		cpu = pl_cpu();
		violations += owner[cpu] != 0;
		owner[cpu] = me;
		pl_preempt_disable();
		for (volatile int i = 0; i < 30; i++)
			;
		pl_preempt_enable();
		violations += owner[cpu] != me || pl_cpu() != cpu;
		owner[cpu] = 0;
		entered++;
		pl_preempt_enable();
	}
	GATE(0x1001, region);
	__user void user(u64 me)
	{
		for (int i = 0; i < 10; i++)
			gate(0x1001, me);
		user_exit(0);
	}`)
	between, refused := 0, 0
	for seed := range uint64(20) {
		r := newRigOf(t, setup{
			tasks: []string{"user:1", "user:2", "user:3", "user:4"}, cpus: 2, policy: sched.NewRandom(seed),
		}, img)
		last := [2]guest.TaskID{}
		_, err := r.until(func() bool {
			for c := range guest.CPUID(2) {
				id := r.current[c]
				if !r.atomic(c) {
					last[c] = 0
					continue
				}
				if last[c] != 0 && id != last[c] {
					t.Errorf("seed %d: CPU %d went from task %d to %d with preemption off", seed, c, last[c], id)
				}
				if last[c] == 0 {
					between--
				}
				last[c] = id
				between++
				if r.needResched[c] {
					refused++
				}
			}
			return false
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.word("violations") != 0 || r.word("entered") != 40 {
			t.Errorf("seed %d: %d violations in %d visits", seed, r.word("violations"), r.word("entered"))
		}
	}
	if between < 1000 || refused < 100 {
		t.Errorf("only %d steps while preemption was off on a CPU, %d with somebody asking for it", between, refused)
	}
}

// TestExitGateReschedules wants a task that was to be preempted, where that was off, to
// go at the exit gate at the latest, with nothing of the kernel on its stack.
func TestExitGateReschedules(t *testing.T) {
	policy := &picky{}
	r := newRig(t, setup{source: holdProgram, tasks: []string{"user:1", "user:2"}, policy: policy})
	policy.preempt = func() bool { return r.current[0] != 0 && r.atomic(0) }
	r.p.install("f", "body") // its handler has preemption off, and asks nobody when it is done
	went := 0
	if s, err := r.until(func() bool {
		for i := range r.tasks {
			if u := &r.tasks[i]; u.state == Runnable && u.mode == guest.KernelMode {
				went++
				if !u.exiting || u.where != inUser || !r.UnwindTarget(u.id, false).InUser {
					t.Fatalf("rescheduled elsewhere: %s", r.dump())
				}
			}
		}
		return false
	}); s != Finished || err != nil {
		t.Fatal(s, err)
	}
	if went < 50 || r.word("calls") != 100 {
		t.Errorf("%d times, %d calls", went, r.word("calls"))
	}
}

// TestRequestIsAnsweredOnce wants a scheduling point to answer a request also when
// nobody waits.
func TestRequestIsAnsweredOnce(t *testing.T) {
	r := newRig(t, setup{source: holdProgram, tasks: []string{"quiet_user:1"}, cpus: 4})
	if !r.findReady() || len(r.ready) != 1 {
		t.Errorf("one task can run, on one of the CPUs %v", r.ready)
	}
	r.hold(1, r.addr("in_region"), "")
	r.Release(1)
	c := r.CPUOf(1)
	r.needResched[c] = true
	r.hold(1, r.addr("pl_preempt_enable")+11, "") // behind its syscall
	if r.needResched[c] {
		t.Errorf("a request to reschedule outlives a scheduling point: %s", r.dump())
	}
}

// TestCondReschedInSteps wants a task to go at cond_resched, behind the protocol that it
// runs there, when it was to be preempted where that was off.
func TestCondReschedInSteps(t *testing.T) {
	policy := &picky{}
	r := newRig(t, setup{source: `
	u64 calls;
	void body(void) { calls++; }
	void f(void) { calls += 100; }
	void run(void)
	{
		f();
		pl_cond_resched();
	}
	GATE(0x1001, run);
	__user void user(void)
	{
		for (int i = 0; i < 50; i++)
			gate(0x1001);
		user_exit(0);
	}`, tasks: []string{"user", "user"}, policy: policy})
	policy.preempt = func() bool { return r.current[0] != 0 && r.atomic(0) }
	r.p.install("f", "body")
	r.p.store.Write(r.p.resched, 0, 1)
	went := 0
	if s, err := r.until(func() bool {
		for i := range r.tasks {
			if u := &r.tasks[i]; u.state == Runnable && u.mode == guest.KernelMode {
				went++
				if u.where != inKernel || !strings.HasPrefix(r.Symbol(u.ctx.PC), "pl_cond_resched+") {
					t.Fatalf("rescheduled elsewhere: %s", r.dump())
				}
			}
		}
		return false
	}); s != Finished || err != nil {
		t.Fatal(s, err)
	}
	if went < 50 || r.word("calls") != 100 {
		t.Errorf("%d times, %d calls", went, r.word("calls"))
	}
}

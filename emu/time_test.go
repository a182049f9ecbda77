package emu

import (
	"errors"
	"testing"

	"patchlab/guest"
)

// timeProgram measures pieces of code with a known number of instructions. There are 18
// from behind one SYSCALL of pl_time to behind the next.
const timeProgram = `// asm
	.text
	SYM_FUNC_START(measure)
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	call	pl_time
	mov	%rax, %rbx
	.rept 10
	nop
	.endr
	call	pl_time
	sub	%rbx, %rax
	mov	%rax, measured
	call	pl_time
	mov	%rax, %rbx
	mov	$kfrom, %esi
	mov	$kto, %edi
	mov	$100, %ecx
	rep movsb
	call	pl_time
	sub	%rbx, %rax
	mov	%rax, measured+8
	pop	%rbx
	pop	%rbp
	ret
	SYM_FUNC_END(measure)
	SYM_FUNC_START(spin)
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	call	pl_time
	lea	5000000(%rax), %rbx
1:	call	pl_time
	incq	spins
	cmp	%rbx, %rax
	jb	1b
	pop	%rbx
	pop	%rbp
	ret
	SYM_FUNC_END(spin)
	SYM_FUNC_START(sleeper)
	push	%rbp
	mov	%rsp, %rbp
	push	%rdi
	call	pl_sleep
	call	pl_time
	pop	%rdi
	mov	order, %rcx
	mov	%rdi, order+8(,%rcx,8)
	mov	%rax, woke(,%rcx,8)
	incq	order
	pop	%rbp
	ret
	SYM_FUNC_END(sleeper)
	GATE(0x1001, measure)
	GATE(0x1002, spin)
	GATE(0x1003, sleeper)
	.data
	.globl	measured, spins, order, woke
measured: .skip 16
spins:	.quad	0
order:	.skip	64
woke:	.skip	64
kfrom:	.skip	100
kto:	.skip	100
// user asm
	.text
	SYM_FUNC_START(measuring)
	mov	$0x1001, %eax
	jmp	1f
	SYM_FUNC_END(measuring)
	SYM_FUNC_START(spinning)
	mov	$0x1002, %eax
	jmp	1f
	SYM_FUNC_END(spinning)
	SYM_FUNC_START(sleeping)
	mov	$0x1003, %eax
1:	syscall
	mov	$60, %eax
	syscall
	SYM_FUNC_END(sleeping)
	SYM_FUNC_START(computing)
1:	incq	computed
	cmpq	$0, stop
	je	1b
	mov	$60, %eax
	syscall
	SYM_FUNC_END(computing)
	.data
	.globl	computed, stop
computed: .quad	0
stop:	.quad	0
`

func TestInstructionsTakeTime(t *testing.T) {
	img := compile(t, timeProgram)
	for _, c := range []struct {
		tasks []string
		want  [2]uint64
	}{
		// Somebody waits for time to pass: instructions count, a rep as one.
		{[]string{"measuring", "sleeping:1000000000"}, [2]uint64{18_000, 12_000}},
		// Alone: only system calls do.
		{[]string{"measuring"}, [2]uint64{1000, 1000}},
	} {
		r := newRigOf(t, setup{tasks: c.tasks}, img)
		r.finish()
		if got := [2]uint64{r.word("measured"), r.word("measured", 1)}; got != c.want {
			t.Errorf("%v: %d ns, want %d", c.tasks, got, c.want)
		}
	}
}

// TestSystemCallsTakeTime wants a loop that waits for time to pass to end, alone or not.
func TestSystemCallsTakeTime(t *testing.T) {
	img := compile(t, timeProgram)
	for _, c := range []struct {
		tasks []string
		want  uint64 // calls of pl_time in 5 ms
	}{
		{[]string{"spinning"}, 5000},
		// Ten instructions a round, and a few of the sleeper's.
		{[]string{"spinning", "sleeping:1000000000"}, 500},
	} {
		r := newRigOf(t, setup{tasks: c.tasks}, img)
		r.finish()
		if got := r.word("spins"); got != c.want {
			t.Errorf("%v: %d rounds, want %d", c.tasks, got, c.want)
		}
	}
}

func TestTimeJumpsToTheNextTimer(t *testing.T) {
	r := newRig(t, setup{source: timeProgram, tasks: []string{
		"sleeping:7000000000", "sleeping:3000000000", "sleeping:5000000000", "sleeping:5000000000", "sleeping:18446744073709551615",
	}})
	s, err := r.until(func() bool { return r.word("order") == 4 })
	if s != Running || err != nil {
		t.Fatal(s, err)
	}
	for i, want := range []uint64{3e9, 5e9, 5e9, 7e9} {
		if got := r.word("order", i+1); got != want {
			t.Errorf("sleeper %d slept for %d ns, want %d", i, got, want)
		}
		if woke := r.word("woke", i); woke < want || woke > want+1_000_000 {
			t.Errorf("sleeper %d woke at %d ns, want soon after %d", i, woke, want)
		}
	}
	if r.timer != r.task(5).wakeAt || r.timer < 1<<61 {
		t.Errorf("the timer is %d", r.timer)
	}
	var limit *LimitError
	if _, err := r.until(func() bool { return false }); !errors.As(err, &limit) || limit.At != r.Now() {
		t.Errorf("a sleep for ever ends with %v", err)
	}
}

// TestTickInUserMode wants a task that computes in user mode, alone on its CPU, to pass
// the exit gate at each tick of the timer, and one that is kicked to pass it at once.
func TestTickInUserMode(t *testing.T) {
	img := compile(t, timeProgram)
	for _, policy := range testPolicies(5) {
		s := setup{tasks: []string{"computing", "computing", "sleeping:1000000000"}, cpus: 2, policy: policy()}
		r := newRigOf(t, s, img)
		run := func(cond func() bool) {
			t.Helper()
			if s, err := r.until(cond); s != Running || err != nil {
				t.Fatal(s, err)
			}
		}
		inUser := func() bool {
			a, b := r.task(1), r.task(2)
			return a.state == OnCPU && b.state == OnCPU && a.mode+b.mode == 2*guest.UserMode && !a.exiting && !b.exiting
		}
		run(func() bool { return r.Now() > 10*TickTime && r.Now()/(TickTime/4)%4 == 1 && inUser() })
		from := r.Now()
		first, _ := r.Quiescence(1)
		r.p.store.Write(r.p.flags[1], 0, 1)
		r.p.store.Write(r.p.flags[2], 0, 1)
		r.Kick(2)
		run(func() bool { return len(r.p.exits) == 1 })
		if passed := r.Now() - from; r.p.exits[0] != 2 || passed > 1_000_000 {
			t.Errorf("%s: kicked, task %d has passed the exit gate after %d ns", s.policy.Name(), r.p.exits[0], passed)
		}
		run(func() bool { return len(r.p.exits) == 2 })
		if passed := r.Now() - from; r.p.exits[1] != 1 || passed > TickTime+1_000_000 {
			t.Errorf("%s: task %d has passed the exit gate after %d ns", s.policy.Name(), r.p.exits[1], passed)
		}
		run(func() bool { return r.Now() > from+10*TickTime })
		if last, now := r.Quiescence(1); last-first < 9 || last-first > 12 || !now {
			t.Errorf("%s: %d passes in ten ticks", s.policy.Name(), last-first)
		}
		r.Close()
	}
}

// TestKick wakes sleepers, those that wait for a lock excepted.
func TestKick(t *testing.T) {
	r := newRig(t, setup{source: timeProgram, tasks: []string{"sleeping:8000000000", "computing"}, cpus: 2})
	if _, err := r.until(func() bool { return r.state(1) == Asleep }); err != nil {
		t.Fatal(err)
	}
	r.Kick(1)
	r.Kick(99)
	if r.state(1) != Runnable || r.timer != noTimer {
		t.Errorf("kicked: %s, timer %d", r.dump(), r.timer)
	}
	if _, err := r.until(func() bool { return r.word("order") == 1 }); err != nil || r.Now() > guest.Second {
		t.Errorf("%v, at %d", err, r.Now())
	}
	id, err := r.NewKernelTask("worker")
	if err != nil {
		t.Fatal(err)
	}
	r.p.store.Write(r.p.resched, 0, 5)
	r.Start(id, r.p.waitVar)
	if _, err := r.until(func() bool { return r.state(id) == Asleep }); err != nil {
		t.Fatal(err)
	}
	r.Kick(id)
	if r.state(id) != Asleep || r.varWaiters != 1 {
		t.Errorf("who waits for a lock is %s when kicked; %d wait", r.state(id), r.varWaiters)
	}
	r.p.store.Write(r.p.resched, 0, 0)
	if r.state(id) != Runnable || r.varWaiters != 0 {
		t.Errorf("the lock is free: %s, %d wait", r.state(id), r.varWaiters)
	}
}

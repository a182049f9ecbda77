package emu

import (
	"bytes"
	"fmt"
	"testing"

	"patchlab/emu/sched"
	"patchlab/guest"
)

// everywhereProgram has a task that computes in user mode, with values in the red zone
// below its stack pointer, and in the kernel, with a rep instruction, flags that matter
// and services; and another task that uses all registers in between.
const everywhereProgram = `// asm
	.text
	SYM_FUNC_START(compute)
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	mov	%rdi, %rbx
	mov	$kfrom, %esi
	mov	$kto, %edi
	mov	$24, %ecx
	rep movsb
	stc
	adc	%rbx, kto
	call	pl_preempt_disable
	imul	$7, %rbx
	add	%rbx, kto+8
	call	pl_preempt_enable
	call	leaf
	mov	kto, %rax
	add	kto+8, %rax
	pop	%rbx
	pop	%rbp
	ret
	SYM_FUNC_END(compute)
	SYM_FUNC_START(leaf)
	push	%rbp
	mov	%rsp, %rbp
	pushf
	pop	%rax
	xor	%rax, kto+16
	call	pl_current
	add	%rax, kto+16
	pop	%rbp
	ret
	SYM_FUNC_END(leaf)
	SYM_FUNC_START(disturb)
	push	%rbp
	mov	%rsp, %rbp
	mov	$-1, %rax
	mov	%rax, %rcx
	mov	%rax, %rdx
	mov	%rax, %rsi
	mov	%rax, %rdi
	mov	%rax, %r8
	mov	%rax, %r10
	std
	cld
	incq	disturbed
	pop	%rbp
	ret
	SYM_FUNC_END(disturb)
	GATE(0x1001, compute)
	GATE(0x1002, disturb)
	.data
	.globl	kto, disturbed
kfrom:	.ascii	"some bytes to be copied "
kto:	.skip	64
disturbed: .quad 0
// user asm
	.text
	SYM_FUNC_START(user)
	mov	$5, %ebx
	mov	%rbx, -8(%rsp)
	movq	$3, -128(%rsp)
	cvtsi2sd %rbx, %xmm3
1:	mov	%rbx, %rdi
	mov	$0x1001, %eax
	syscall
	add	-8(%rsp), %rax
	xor	-128(%rsp), %rax
	add	%rax, result
	cmp	$3, %rbx
	adc	$0, result+8
	addsd	%xmm3, %xmm3
	dec	%rbx
	jnz	1b
	movsd	%xmm3, result+16
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
	SYM_FUNC_START(other)
	mov	$-1, %rbx
	mov	%rbx, %rbp
	mov	%rbx, %r12
	mov	%rbx, %r15
	cvtsi2sd %rbx, %xmm3
	mov	$0x1002, %eax
	syscall
	mov	$60, %eax
	syscall
	SYM_FUNC_END(other)
	.data
	.globl	result
result:	.skip	32
`

// TestPreemptBeforeAnyInstruction takes a task off its CPU before each of its
// instructions in turn, lets another one run there, and wants the result of an
// undisturbed run.
func TestPreemptBeforeAnyInstruction(t *testing.T) {
	img := compile(t, everywhereProgram)
	result := func(r *rig) string {
		var s []uint64
		for i := range 4 {
			s = append(s, r.word("result", i), r.word("kto", i))
		}
		return fmt.Sprint(s, r.word("disturbed"))
	}
	alone := newRigOf(t, setup{tasks: []string{"user", "other"}}, img)
	alone.finish()
	want := result(alone)
	seen := map[string]int{}
	for k := uint64(1); ; k++ {
		r := newRigOf(t, setup{tasks: []string{"user", "other"}, policy: newOnce(k)}, img)
		how := preemptOnce(t, r)
		seen[how]++
		r.finish()
		if got := result(r); got != want {
			t.Fatalf("preempted %s at question %d: %s, want %s", how, k, got, want)
		}
		r.Close()
		if how == "never" {
			break
		}
	}
	// Where preemption is off the task goes at the call that switches it on.
	if seen["in user mode"] < 50 || seen["in the kernel"] < 150 || seen["by itself"] < 20 {
		t.Errorf("preempted: %v", seen)
	}
}

// preemptOnce runs until the first task is taken off its CPU, and checks what that
// leaves on its stacks. It says in which way it went.
func preemptOnce(t *testing.T, r *rig) string {
	t.Helper()
	u, policy := r.task(1), r.config.Policy.(*once)
	for {
		user, kernel := stackBytes(t, r, u.ustack), stackBytes(t, r, u.kstack)
		if s, err := r.Step(); s != Running || err != nil {
			return "never"
		}
		if !policy.done || u.state == OnCPU {
			continue
		}
		regs := r.cpu.Registers(&u.ctx)
		switch u.where {
		case inUser:
			if !bytes.Equal(kernel, stackBytes(t, r, u.kstack)) {
				t.Fatalf("an interrupt of user mode at %s left something on the kernel stack", r.Symbol(regs.RIP))
			}
			return "in user mode"
		case interrupted:
			if !bytes.Equal(user, stackBytes(t, r, u.ustack)) {
				t.Fatalf("an interrupt of the kernel at %s changed the user stack", r.Symbol(regs.RIP))
			}
			f, err := guest.ReadRegFrame(r.Memory(), u.frame)
			if err != nil || f.Regs != regs || f.Mode != guest.KernelMode || f.OrigRAX != ^uint64(0) {
				t.Fatalf("interrupted at %s: %+v, %v; registers %+v", r.Symbol(regs.RIP), f, err, regs)
			}
			if u.frame+guest.RegFrameSize > regs.SP() || u.frame%16 != 0 {
				t.Fatalf("a register frame at %s below %s", u.frame, regs.SP())
			}
			return "in the kernel"
		}
		return "by itself"
	}
}

func stackBytes(t *testing.T, r *rig, stack guest.Range) []byte {
	t.Helper()
	b := make([]byte, stack.Size())
	if err := r.ReadAt(stack.Start, b); err != nil {
		t.Fatal(err)
	}
	return b
}

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

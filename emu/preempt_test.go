package emu

import (
	"bytes"
	"fmt"
	"testing"

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

package emu

import (
	"testing"

	"patchlab/guest"
)

// gateProgram calls a gate with every register set, and stores every register behind
// it. user_regs holds what the user had before and has after, in the order of the
// registers' numbers; kernel_args what the function found.
const gateProgram = `// asm
	.text
	SYM_FUNC_START(fn)
	push	%rbp
	mov	%rsp, %rbp
	mov	%rdi, kernel_args
	mov	%rsi, kernel_args+8
	mov	%rdx, kernel_args+16
	mov	%rcx, kernel_args+24
	mov	%r8, kernel_args+32
	mov	%r9, kernel_args+40
	mov	%rbp, kernel_args+48
	.globl	inside
inside:	mov	$0x1111, %edi		/* a function may use these */
	mov	%edi, %esi
	mov	%edi, %edx
	mov	%edi, %ecx
	mov	%edi, %r8d
	mov	%edi, %r9d
	mov	%edi, %r10d
	mov	%edi, %r11d
	std
	cld
	mov	$0x123456789abcdef0, %rax
	pop	%rbp
	ret
	SYM_FUNC_END(fn)
	GATE(0x1001, fn)
	.data
	.globl	kernel_args
kernel_args: .skip 64

	.section .user.text, "ax"
	SYM_FUNC_START(user)
	mov	%rsp, user_sp
	mov	$0x101, %ebx
	mov	$0x102, %ebp
	mov	$1, %edi
	mov	$2, %esi
	mov	$3, %edx
	mov	$4, %r10d
	mov	$5, %r8d
	mov	$6, %r9d
	mov	$0x10c, %r12d
	mov	$0x10d, %r13d
	mov	$0x10e, %r14d
	mov	$0x10f, %r15d
	mov	$0x1001, %eax
	stc
	syscall
	.globl	behind
behind:	mov	%rax, user_regs
	pushf
	pop	%rax
	mov	%rax, user_flags
	mov	%rcx, user_regs+8
	mov	%rdx, user_regs+16
	mov	%rbx, user_regs+24
	mov	%rsp, user_regs+32
	mov	%rbp, user_regs+40
	mov	%rsi, user_regs+48
	mov	%rdi, user_regs+56
	mov	%r8, user_regs+64
	mov	%r9, user_regs+72
	mov	%r10, user_regs+80
	mov	%r11, user_regs+88
	mov	%r12, user_regs+96
	mov	%r13, user_regs+104
	mov	%r14, user_regs+112
	mov	%r15, user_regs+120
	mov	$60, %eax
	mov	$7, %edi
	syscall
	SYM_FUNC_END(user)
	.section .user.data, "aw"
	.globl	user_regs, user_flags, user_sp
user_regs: .skip 128
user_flags: .quad 0
user_sp: .quad 0
`

const carry = 1

func TestGateCallsAndReturns(t *testing.T) {
	r := newRig(t, setup{source: gateProgram, tasks: []string{"user"}})
	r.finish()
	for i, want := range []uint64{1, 2, 3, 4, 5, 6} {
		if got := r.word("kernel_args", i); got != want {
			t.Errorf("argument %d arrives as %#x", i+1, got)
		}
	}
	flags := r.word("user_flags")
	if flags&carry == 0 {
		t.Errorf("the flags come back as %#x", flags)
	}
	want := map[guest.Reg]uint64{
		guest.RAX: 0x123456789abcdef0, guest.RCX: uint64(r.addr("behind")), guest.R11: flags,
		guest.RDX: 3, guest.RBX: 0x101, guest.RSP: r.word("user_sp"), guest.RBP: 0x102, guest.RSI: 2,
		guest.RDI: 1, guest.R8: 5, guest.R9: 6, guest.R10: 4, guest.R12: 0x10c, guest.R13: 0x10d,
		guest.R14: 0x10e, guest.R15: 0x10f,
	}
	for reg := range guest.NumRegs {
		if got := r.word("user_regs", int(reg)); got != want[reg] {
			t.Errorf("%s comes back as %#x, want %#x", reg, got, want[reg])
		}
	}
	if r.ExitCode() != 7 {
		t.Errorf("exit code %d", r.ExitCode())
	}
}

// TestKernelStackLayout looks at the stack of a task inside the function of a gate.
func TestKernelStackLayout(t *testing.T) {
	r := newRig(t, setup{source: gateProgram, tasks: []string{"user"}})
	r.hold(1, r.addr("fn"), "")
	task := r.task(1)
	top := kernelStack(1).End - guest.RegFrameSize
	frame, err := guest.ReadRegFrame(r.Memory(), top)
	if err != nil {
		t.Fatal(err)
	}
	if frame.Mode != guest.UserMode || frame.OrigRAX != 0x1001 || frame.RIP != r.addr("behind") ||
		frame.GPR[guest.R10] != 4 || frame.SP() != guest.Addr(r.word("user_sp")) {
		t.Errorf("the register frame at the top: %+v", frame)
	}
	until, err := guest.ReadU64(r.Memory(), top-8)
	if err != nil || guest.Addr(until) != Until {
		t.Errorf("the function returns to %#x", until)
	}
	// At the function's entry an interrupt lies below, with the registers as they were.
	inner, err := guest.ReadRegFrame(r.Memory(), task.frame)
	if err != nil || inner.Mode != guest.KernelMode || inner.RIP != r.addr("fn") || inner.SP() != top-8 || inner.BP() != 0 {
		t.Errorf("the interrupt's frame: %+v, %v", inner, err)
	}
	if task.frame%16 != 0 || task.frame+guest.RegFrameSize > top-8 || task.frame+guest.RegFrameSize+16 <= top-8 {
		t.Errorf("the interrupt's frame is at %s, the stack pointer was %s", task.frame, top-8)
	}
	r.Release(1)
	r.hold(1, r.addr("inside"), "")
	if got := guest.Addr(r.word("kernel_args", 6)); got != top-16 {
		t.Errorf("the outermost frame pointer is %s, want 16 below the register frame at %s", got, top)
	}
}

// TestUnwindTargets wants an unwinder to be shown what it can rely on.
func TestUnwindTargets(t *testing.T) {
	r := newRig(t, setup{source: gateProgram, tasks: []string{"user"}})
	if u := r.UnwindTarget(1, false); !u.InUser {
		t.Errorf("before it has run: %+v", u)
	}
	r.hold(1, r.addr("inside"), "")
	u := r.UnwindTarget(1, false)
	frame := r.task(1).frame
	if u.InUser || u.Regs.SP() != frame || u.Regs.GPR[guest.RBP] != guest.EncodedFramePointer(frame) || u.Regs.RIP != Until {
		t.Errorf("interrupted: %+v", u)
	}
	if u.Top != kernelStack(1).End-guest.RegFrameSize || u.Stack != kernelStack(1) {
		t.Errorf("the stack is %s up to %s", u.Stack, u.Top)
	}
	u = r.UnwindTarget(1, true)
	if u.InUser || u.Regs.RIP != r.addr("inside") || u.Regs.BP() != u.Top-16 {
		t.Errorf("interrupted and trusted: %+v", u)
	}
	r.Release(1)
	r.hold(1, r.addr("behind"), "")
	if u := r.UnwindTarget(1, false); !u.InUser {
		t.Errorf("back in user mode: %+v", u)
	}
}

// TestServiceRegisters wants a service to leave registers as SYSCALL does, and all others
// alone.
func TestServiceRegisters(t *testing.T) {
	r := newRig(t, setup{source: `// asm
	.text
	SYM_FUNC_START(fn)
	push	%rbp
	mov	$7, %rdi
	mov	$8, %rsi
	mov	$9, %rdx
	stc
	call	pl_current
	setc	carry
	mov	%rcx, left
	mov	%r11, left+8
	mov	%rdi, left+16
	mov	%rsi, left+24
	mov	%rdx, left+32
	mov	%rax, left+40
	pop	%rbp
	ret
	SYM_FUNC_END(fn)
	GATE(0x1001, fn)
	.data
	.globl	left, carry
left:	.skip	64
carry:	.quad	0
// user asm
	.text
	SYM_FUNC_START(user)
	mov	$0x1001, %eax
	syscall
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
	`, tasks: []string{"user"}})
	r.finish()
	flags := r.word("left", 1)
	for i, want := range []uint64{uint64(r.addr("pl_current")) + 11, flags | carry, 7, 8, 9, 1} {
		if got := r.word("left", i); got != want {
			t.Errorf("word %d is %#x, want %#x", i, got, want)
		}
	}
	if r.word("carry") != 1 {
		t.Error("the flags are not as before")
	}
}

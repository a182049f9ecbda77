/*
 * support.S: the kernel part's own assembly, linked into every kernel-style program.
 * Nothing in it has a patch site, so nothing in it can be patched.
 */
#include <patchlab.h>

	.text

/* A service: a frame, so that a task asleep behind the SYSCALL has a whole stack, and
 * the number. SYSCALL overwrites rcx and r11, which a C caller does not count on. */
#define SERVICE(name, nr)	\
SYM_FUNC_START(name)		\
	push	%rbp;		\
	mov	%rsp, %rbp;	\
	mov	$nr, %eax;	\
	syscall;		\
	pop	%rbp;		\
	ret;			\
SYM_FUNC_END(name)

SERVICE(pl_log, PL_LOG)
SERVICE(pl_out, PL_OUT)
SERVICE(pl_schedule, PL_SCHEDULE)
SERVICE(pl_cond_resched, PL_COND_RESCHED)
SERVICE(pl_preempt_disable, PL_PREEMPT_DISABLE)
SERVICE(pl_preempt_enable, PL_PREEMPT_ENABLE)
SERVICE(pl_sleep, PL_SLEEP)
SERVICE(pl_wait, PL_WAIT)
SERVICE(pl_wake, PL_WAKE)
SERVICE(pl_current, PL_CURRENT)
SERVICE(pl_patch_state, PL_PATCH_STATE)
SERVICE(pl_time, PL_TIME)
SERVICE(pl_cpu, PL_CPU)
SERVICE(pl_fork, PL_FORK)

/* What patch sites are compiled to call. The loader turns every site into a nop, so
 * nobody comes here. */
SYM_FUNC_START(__fentry__)
	ret
SYM_FUNC_END(__fentry__)

/* The ELF header's entry point. A kernel-style program starts with its tasks instead. */
SYM_FUNC_START(pl_entry)
	ud2
SYM_FUNC_END(pl_entry)

SYM_FUNC_START(memcpy)
	mov	%rdi, %rax
	mov	%rdx, %rcx
	rep movsb
	ret
SYM_FUNC_END(memcpy)

SYM_FUNC_START(memmove)
	mov	%rdi, %rax
	mov	%rdx, %rcx
	cmp	%rsi, %rdi
	jbe	1f
	lea	-1(%rsi, %rdx), %rsi	/* to lies above from: copy downwards */
	lea	-1(%rdi, %rdx), %rdi
	std
	rep movsb
	cld
	ret
1:	rep movsb
	ret
SYM_FUNC_END(memmove)

SYM_FUNC_START(memset)
	mov	%rdi, %r8
	mov	%esi, %eax
	mov	%rdx, %rcx
	rep stosb
	mov	%r8, %rax
	ret
SYM_FUNC_END(memset)

SYM_FUNC_START(memcmp)
	xor	%eax, %eax
	mov	%rdx, %rcx
	cmp	%eax, %eax		/* equal, if there is nothing to compare */
	repe cmpsb
	je	1f
	movzbl	-1(%rdi), %eax
	movzbl	-1(%rsi), %edx
	sub	%edx, %eax
1:	ret
SYM_FUNC_END(memcmp)

/* The note that tells a kernel-style program: name "patchlab", type 1, style 1. */
	.section .note.patchlab, "a", @note
	.balign	4
	.long	2f - 1f, 4f - 3f, 1
1:	.asciz	"patchlab"
2:	.balign	4
3:	.long	1
4:

	.section .note.GNU-stack, "", @progbits

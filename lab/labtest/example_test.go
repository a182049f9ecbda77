package labtest_test

import (
	"fmt"

	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/labtest"
)

const counter = `#include <patchlab.h>
enum { COUNT = 0x1000 };
u64 total;
u64 step(void) { return 1; }
void count(void) { total += step(); pl_sleep(100 * MSEC); }
GATE(COUNT, count);
__user void user(void)
{
	for (int i = 0; i < 20; i++)
		gate(COUNT);
	user_exit(0);
}
TASK("user", user, 0);
`

const faster = `#include <livepatch.h>
static u64 step_10(void) { return 10; }
KLP_FUNC(step, step_10);
MODULE_INFO(livepatch, "Y");
`

// t stands for the test's *testing.T.
var t labtest.TB = new(exampleT)

// A program, a patch and a run.
func Example() {
	l := labtest.New(t, labtest.C(counter), lab.Config{})
	l.RunFor(guest.Second)
	l.Insmod("faster", labtest.C(faster))
	l.Finish()
	fmt.Println(l.Calls("step", lab.SideOld), "old,", l.Calls("step", lab.SideNew), "new, total", l.Word("total"))
	// Output: 10 old, 10 new, total 110
}

// A program in assembly, and a handler of one's own, which sends every third call to
// another function.
func ExampleLab_HookAt() {
	const program = `#include <patchlab.h>
	.text
SYM_FUNC_START(one)
	FENTRY
	mov	$1, %eax
	ret
SYM_FUNC_END(one)
SYM_FUNC_START(thousand)
	mov	$1000, %eax
	ret
SYM_FUNC_END(thousand)
SYM_FUNC_START(count)
	FENTRY
	push	%rbp
	mov	%rsp, %rbp
	call	one
	add	%rax, total(%rip)
	pop	%rbp
	ret
SYM_FUNC_END(count)
GATE(0x1000, count)
	.bss
	.balign 8
	.globl total
total:	.zero 8

	.section .user.text, "ax"
SYM_FUNC_START(user)
	push	$0			/* nanosleep of a second */
	push	$1
	mov	%rsp, %rdi
	xor	%esi, %esi
	mov	$PL_USER_NANOSLEEP, %eax
	syscall
	mov	$9, %ebx
1:	mov	$0x1000, %eax
	syscall
	dec	%ebx
	jnz	1b
	xor	%edi, %edi
	mov	$PL_USER_EXIT, %eax
	syscall
SYM_FUNC_END(user)
	.section .rodata
name:	.asciz	"user"
TASK(name, user, 0)
`
	calls := 0
	var l *labtest.Lab
	l = labtest.New(t, labtest.Asm(program), lab.Config{Handler: lab.HandlerFunc(func(c lab.Call) guest.Addr {
		if calls++; calls%3 == 0 {
			return l.Addr("thousand")
		}
		return c.Original
	})})
	l.HookAt("one")
	l.Finish()
	fmt.Println(calls, "calls, total", l.Word("total"))
	// Output: 9 calls, total 3006
}

// Going back: from one moment, with the patch and without it.
func ExampleLab_Save() {
	l := labtest.New(t, labtest.C(counter), lab.Config{})
	l.RunFor(guest.Second)
	moment := l.Save()
	l.Finish()
	fmt.Println("without:", l.Word("total"))
	l.Restore(moment)
	l.Insmod("faster", labtest.C(faster))
	l.Finish()
	fmt.Println("with:", l.Word("total"))
	// Output:
	// without: 20
	// with: 110
}

// A program and a patch that stand in testprogs.
func ExampleTestprog() {
	l := labtest.New(t, labtest.Testprog("demo"), lab.Config{CPUs: 2})
	l.RunFor(guest.Second)
	l.Insmod("evening", labtest.Testprog("demo"))
	l.Until("all visitors see the new side", l.Settled)
	fmt.Print(l.Now()/guest.Second, " s, mixed: ", len(l.Counts().Mixes()), "\n")
	// Output: 2 s, mixed: 0
}

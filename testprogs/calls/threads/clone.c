/*
 * A thread without the C library's help: what the system writes when it begins and ends.
 * Calls: clone exit
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../check.h"

static char stack[1 << 16] __attribute__((aligned(16)));
static pid_t parent, child, seen;
static int shared;

/* run shares the C library's own data with main, so it calls nothing of it. */
static int run(void *argument)
{
	int *p = argument;
	__asm__ volatile("syscall" : "=a"(seen) : "a"(SYS_gettid) : "rcx", "r11", "memory");
	*p += 41;
	return 0;
}

int main(void)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		    CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

	child = 1;
	shared = 1;
	int id = clone(run, stack + sizeof stack, flags, &shared, &parent, NULL, &child);
	CHECK(id > 0 && parent == id);
	STOP();
	for (int v; (v = __atomic_load_n(&child, __ATOMIC_SEQ_CST)) != 0;)
		syscall(SYS_futex, &child, FUTEX_WAIT, v, NULL, NULL, 0);
	CHECK(seen == id && shared == 42);
	return done();
}

/*
 * Signals that are caught, held back, waited for, and taken on a stack of their own.
 * Calls: rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend
 *	sigaltstack kill tgkill tkill rt_sigreturn
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../check.h"

static volatile sig_atomic_t trace, depth, on_stack;
static char stack[1 << 16];

static void note(int number, siginfo_t *info, void *context)
{
	char here;
	trace = trace * 10 + (number == SIGUSR1 ? 1 : number == SIGUSR2 ? 2 : 3);
	on_stack = (uintptr_t)&here - (uintptr_t)stack < sizeof stack;
	if (info->si_signo != number || info->si_pid != getpid() || !context)
		trace = -1;
	if (number == SIGUSR1 && depth++ == 0)
		raise(SIGUSR2); /* waits until the handler is left when it is in the mask */
	trace = trace * 10 + 9;
}

static void catch(int number, int flags, int also)
{
	struct sigaction a = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | flags};
	sigemptyset(&a.sa_mask);
	if (also)
		sigaddset(&a.sa_mask, also);
	CHECK(sigaction(number, &a, NULL) == 0);
}

static void told(const char *what)
{
	printf("%s: %d, %s stack\n", what, trace, on_stack ? "own" : "common");
	trace = depth = 0;
}

int main(void)
{
	sigset_t set, old, pending;

	catch(SIGUSR1, 0, 0);
	catch(SIGUSR2, 0, 0);
	raise(SIGUSR1);
	told("nested");
	catch(SIGUSR1, 0, SIGUSR2);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	told("held back");

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
	CHECK(raise(SIGUSR2) == 0 && raise(SIGUSR2) == 0);
	CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR2) == 1 && sigismember(&pending, SIGUSR1) == 0);
	told("pending");
	STOP();
	FAILS(sigsuspend(&old), EINTR);
	told("suspended");
	CHECK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2) == 0);
	CHECK(syscall(SYS_tkill, getpid(), SIGUSR2) == 0);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	told("let through");

	stack_t s = {.ss_sp = stack, .ss_size = sizeof stack}, was;
	CHECK(sigaltstack(&s, NULL) == 0);
	catch(SIGUSR2, SA_ONSTACK, 0);
	raise(SIGUSR2);
	told("other stack");
	CHECK(sigaltstack(NULL, &was) == 0 && was.ss_sp == stack && was.ss_flags == 0);

	catch(SIGTERM, SA_RESETHAND | SA_NODEFER, 0);
	raise(SIGTERM);
	told("once");
	struct sigaction now;
	CHECK(sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
	signal(SIGINT, SIG_IGN);
	CHECK(raise(SIGINT) == 0);
	FAILS(kill(getpid(), 65), EINVAL);
	FAILS(sigaction(SIGKILL, &now, NULL), EINVAL);
	return done();
}

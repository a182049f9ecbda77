/*
 * Signals that are taken without a handler.
 * Calls: rt_sigtimedwait tkill
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

int main(void)
{
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(syscall(SYS_tkill, gettid(), SIGUSR2) == 0);
	CHECK(sigtimedwait(&set, &info, &(struct timespec){0}) == SIGUSR2 && info.si_pid == getpid());
	FAILS(sigtimedwait(&set, &info, &(struct timespec){.tv_nsec = 1000}), EAGAIN);
	FAILS(syscall(SYS_tkill, gettid(), 65), EINVAL);
	return done();
}

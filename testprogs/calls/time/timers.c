/*
 * Timers that send signals, and sleeps that these cut short.
 * Calls: setitimer getitimer alarm pause rt_sigaction
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

static volatile sig_atomic_t rings;

static void ring(int number) { rings += number == SIGALRM; }

int main(void)
{
	struct sigaction a = {.sa_handler = ring};
	struct itimerval once = {.it_value = {.tv_usec = 4000}}, often = {{.tv_usec = 3000}, {.tv_usec = 3000}}, left;
	struct timespec rest = {0};

	CHECK(sigaction(SIGALRM, &a, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &once, NULL) == 0);
	FAILS(nanosleep(&(struct timespec){.tv_sec = 2}, &rest), EINTR);
	CHECK(rest.tv_sec == 1 && rings == 1);
	STOP();
	CHECK(getitimer(ITIMER_REAL, &left) == 0 && left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0);

	CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	while (rings < 5)
		FAILS(syscall(SYS_pause), EINTR);
	CHECK(setitimer(ITIMER_REAL, &(struct itimerval){0}, &left) == 0 && left.it_interval.tv_usec == 3000);
	/* Rings while nobody sleeps are heard too. */
	CHECK(setitimer(ITIMER_REAL, &once, NULL) == 0);
	int before = rings;
	while (rings == before)
		;
	CHECK(syscall(SYS_alarm, 100) == 0);
	long seconds = syscall(SYS_alarm, 0);
	CHECK(seconds == 99 || seconds == 100);
	FAILS(setitimer(77, &once, NULL), EINVAL);
	return done();
}

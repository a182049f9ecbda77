/*
 * Clocks that go forward together, and sleeps that are long enough.
 * Calls: clock_gettime clock_getres gettimeofday time nanosleep clock_nanosleep
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

/* now calls the system itself: the C library may know a shorter way. */
static long long now(clockid_t clock)
{
	struct timespec t = {0};
	CHECK(syscall(SYS_clock_gettime, clock, &t) == 0);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void)
{
	static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
	struct timespec t, ms = {.tv_nsec = 3000000};
	struct timeval v;

	for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
		long long last = now(clocks[i]), back = 0;
		for (int j = 0; j < 100; j++) {
			long long next = now(clocks[i]);
			back += next < last;
			last = next;
		}
		printf("clock %d: %lld steps back\n", (int)clocks[i], back);
		CHECK(clock_getres(clocks[i], &t) == 0 && t.tv_sec == 0 && t.tv_nsec > 0);
	}
	FAILS(clock_gettime(99, &t), EINVAL);

	long long start = now(CLOCK_MONOTONIC), real = now(CLOCK_REALTIME);
	CHECK(syscall(SYS_nanosleep, &ms, NULL) == 0 && now(CLOCK_MONOTONIC) - start >= 3000000);
	CHECK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ms, NULL) == 0 && now(CLOCK_MONOTONIC) - start >= 6000000);
	long long until = now(CLOCK_MONOTONIC) + 2000000;
	t = (struct timespec){until / 1000000000, until % 1000000000};
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0 && now(CLOCK_MONOTONIC) >= until);
	CHECK(now(CLOCK_REALTIME) - real >= 8000000);
	FAILS(nanosleep(&(struct timespec){.tv_nsec = 1000000000}, NULL), EINVAL);

	long long s = syscall(SYS_time, NULL);
	CHECK(s >= real / 1000000000 && s <= now(CLOCK_REALTIME) / 1000000000 + 1);
	CHECK(syscall(SYS_gettimeofday, &v, NULL) == 0 && v.tv_sec >= s && v.tv_usec < 1000000);
	t.tv_sec = 951782400; /* the day after 28 February 2000 */
	char text[64];
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S, day %j", gmtime(&t.tv_sec));
	puts(text);
	return done();
}

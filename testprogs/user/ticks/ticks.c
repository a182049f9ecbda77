// Clocks, sleeps and the time-stamp counter: they go forward, and a sleep lasts as long as was asked for.
#include <errno.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(void)
{
	long long start = now(CLOCK_MONOTONIC), wall = now(CLOCK_REALTIME);
	usleep(20000);
	struct timespec d = { 0, 10000000 }, at;
	nanosleep(&d, NULL);
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += (at.tv_nsec + 10000000) / 1000000000;
	at.tv_nsec = (at.tv_nsec + 10000000) % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	printf("slept %d %d\n", now(CLOCK_MONOTONIC) - start >= 40000000, now(CLOCK_REALTIME) - wall >= 40000000);
	struct timeval tv;
	gettimeofday(&tv, NULL);
	printf("the clocks agree: %d\n", tv.tv_sec - time(NULL) >= -1 && tv.tv_sec - time(NULL) <= 0);
	unsigned cpu;
	unsigned long long a = __builtin_ia32_rdtsc(), b = __builtin_ia32_rdtscp(&cpu);
	printf("the counter goes on: %d\n", b > a);
	d.tv_nsec = 1000000000;
	int r = nanosleep(&d, NULL);
	printf("too many nanoseconds: %d %d\n", r, errno == EINVAL);
	printf("a clock that there is not: %d\n", clock_gettime(99, &d));
	return 0;
}

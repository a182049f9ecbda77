/*
 * Waits that end by the clock, and locks whose owners die.
 * Calls: futex set_robust_list get_robust_list set_tid_address gettid
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

static pthread_mutex_t robust;
static int word = 1, woken;

static long futex(int *at, int op, int value, const struct timespec *limit)
{
	return syscall(SYS_futex, at, op, value, limit, NULL, -1);
}

static void *die(void *argument)
{
	CHECK(pthread_mutex_lock(&robust) == 0);
	return argument;
}

static void *wait_for_word(void *argument)
{
	while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 1)
		futex(&word, FUTEX_WAIT_PRIVATE, 1, NULL);
	__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
	return argument;
}

static void *name_self(void *argument)
{
	*(pid_t *)argument = gettid();
	return NULL;
}

int main(void)
{
	struct timespec soon = {.tv_nsec = 2000000}, at;
	pthread_t t[3];
	pid_t id = 0, cleared = 0;

	CHECK(gettid() == getpid());
	CHECK(syscall(SYS_set_tid_address, &cleared) == getpid());
	FAILS(syscall(SYS_set_robust_list, NULL, 5), EINVAL);
	void *list = NULL;
	unsigned long size = 0;
	CHECK(syscall(SYS_get_robust_list, 0, &list, &size) == 0 && list != NULL && size == 24);
	CHECK(pthread_create(&t[0], NULL, name_self, &id) == 0 && pthread_join(t[0], NULL) == 0);
	CHECK(id > 0 && id != getpid());

	FAILS(futex(&word, FUTEX_WAIT_PRIVATE, 2, NULL), EAGAIN);
	FAILS(futex(&word, FUTEX_WAIT_PRIVATE, 1, &soon), ETIMEDOUT);
	CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, wait_for_word, NULL) == 0);
	nanosleep(&soon, NULL);
	__atomic_store_n(&word, 2, __ATOMIC_SEQ_CST);
	CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 100, NULL) >= 0);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	printf("%d woken\n", woken);

	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t c = PTHREAD_COND_INITIALIZER;
	pthread_mutex_lock(&m);
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec = (at.tv_nsec + 2000000) % 1000000000;
	at.tv_sec += at.tv_nsec < 2000000;
	CHECK(pthread_cond_timedwait(&c, &m, &at) == ETIMEDOUT);
	CHECK(pthread_mutex_timedlock(&m, &at) == ETIMEDOUT);

	STOP();
	pthread_mutexattr_t attr;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	pthread_create(&t[0], NULL, die, NULL);
	pthread_join(t[0], NULL);
	CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
	CHECK(pthread_mutex_consistent(&robust) == 0 && pthread_mutex_unlock(&robust) == 0);
	return done();
}

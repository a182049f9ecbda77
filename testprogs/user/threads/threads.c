// Threads: mutexes, conditions, thread-local storage, once, keys, barriers, timeouts, and
// many that come and go.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 6, ROUNDS = 300, ITEMS = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER, less = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static pthread_key_t key;
static long counter, queue[8], queued, sum;
static atomic_long atomically, destroyed;
static _Thread_local long mine;
static sem_t sem;

static void initialise(void) { printf("once\n"); }
static void destroy(void *p) { destroyed += (long)p; }

static void *count(void *arg)
{
	pthread_once(&once, initialise);
	pthread_setspecific(key, arg);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
		atomically++;
		mine += (long)arg;
		if (i % 50 == 0)
			sched_yield();
	}
	pthread_barrier_wait(&barrier);
	return (void *)mine;
}

static void *produce(void *arg)
{
	for (long i = 1; i <= ITEMS; i++) {
		pthread_mutex_lock(&lock);
		while (queued == 8)
			pthread_cond_wait(&less, &lock);
		queue[queued++] = i;
		pthread_cond_signal(&more);
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void *consume(void *arg)
{
	for (int i = 0; i < ITEMS; i++) {
		pthread_mutex_lock(&lock);
		while (queued == 0)
			pthread_cond_wait(&more, &lock);
		sum += queue[--queued];
		pthread_cond_broadcast(&less);
		pthread_mutex_unlock(&lock);
	}
	sem_post(&sem);
	return arg;
}

static void *nothing(void *arg) { return arg; }

int main(void)
{
	pthread_t t[THREADS];
	long total = 0;
	void *r;
	pthread_key_create(&key, destroy);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, count, (void *)(i + 1)))
			return 1;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &r);
		total += (long)r;
	}
	printf("%ld %ld %ld %ld\n", counter, atomically, total, destroyed);
	sem_init(&sem, 0, 0);
	pthread_create(&t[0], NULL, produce, NULL);
	pthread_create(&t[1], NULL, consume, NULL);
	sem_wait(&sem);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	printf("sum %ld\n", sum);
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += 20000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lock);
	printf("timed out: %d\n", pthread_cond_timedwait(&more, &lock, &at) == ETIMEDOUT);
	pthread_mutex_unlock(&lock);
	int made = 0;
	for (int i = 0; i < 1500; i++)
		made += pthread_create(&t[0], NULL, nothing, NULL) == 0 && pthread_join(t[0], NULL) == 0;
	printf("%d came and went\n", made);
	pthread_mutexattr_t robust;
	pthread_mutex_t held;
	pthread_mutexattr_init(&robust);
	pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&held, &robust);
	pthread_create(&t[0], NULL, (void *(*)(void *))pthread_mutex_lock, &held);
	pthread_join(t[0], NULL);
	printf("owner died: %d\n", pthread_mutex_lock(&held) == EOWNERDEAD);
	return 0;
}

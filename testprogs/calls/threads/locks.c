/*
 * Threads that share counters, take turns, and each have something of their own.
 * Calls: futex exit sched_yield
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "../check.h"

enum { THREADS = 4, ROUNDS = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static sem_t items;
static unsigned counter, turn, order, inits, destroyed, atomics;
static __thread unsigned own = 7;

static void init(void) { inits++; }
static void destroy(void *p) { __atomic_fetch_add(&destroyed, *(unsigned *)p, __ATOMIC_SEQ_CST); }

static void *run(void *argument)
{
	unsigned me = *(unsigned *)argument;

	pthread_once(&once, init);
	pthread_setspecific(key, argument);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
		__atomic_fetch_add(&atomics, 1, __ATOMIC_RELAXED);
		own += me;
		if (i % 16 == 0 && sched_yield() != 0)
			__atomic_fetch_add(&atomics, 1000, __ATOMIC_RELAXED);
	}
	pthread_barrier_wait(&barrier);
	pthread_rwlock_rdlock(&rw);
	unsigned all = counter;
	pthread_rwlock_unlock(&rw);
	if (all != THREADS * ROUNDS)
		return NULL;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < 20; i++) {
		while (turn % THREADS != me)
			pthread_cond_wait(&turned, &lock);
		turn++;
		order = order * 31 + me;
		pthread_cond_broadcast(&turned);
	}
	pthread_mutex_unlock(&lock);
	sem_post(&items);
	pthread_exit((void *)(unsigned long)own);
}

static void *forever(void *argument)
{
	while (sem_wait(argument) == 0)
		;
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS], stuck;
	unsigned numbers[THREADS];
	void *result;
	sem_t never;

	pthread_key_create(&key, destroy);
	pthread_barrier_init(&barrier, NULL, THREADS);
	sem_init(&items, 0, 0);
	for (unsigned i = 0; i < THREADS; i++) {
		numbers[i] = i;
		CHECK(pthread_create(&threads[i], NULL, run, &numbers[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		sem_wait(&items);
	for (int i = 0; i < THREADS; i++) {
		CHECK(pthread_join(threads[i], &result) == 0);
		printf("thread %d: %lu\n", i, (unsigned long)result);
	}
	printf("%u counted, %u atomically, order %08x, %u once, %u destroyed, own %u\n", counter, atomics, order, inits, destroyed, own);

	sem_init(&never, 0, 0);
	CHECK(pthread_create(&stuck, NULL, forever, &never) == 0);
	CHECK(pthread_cancel(stuck) == 0 && pthread_join(stuck, &result) == 0 && result == PTHREAD_CANCELED);
	return done();
}

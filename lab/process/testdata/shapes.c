// What the benchmarks run: shapes NAME ROUNDS.

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t sieve(long n)
{
	enum { SIZE = 1 << 16 };
	static char composite[SIZE];
	uint64_t primes = 0;
	while (n--) {
		memset(composite, 0, sizeof composite);
		for (int i = 2; i < SIZE; i++) {
			primes += !composite[i];
			for (int j = 2 * i; j < SIZE; j += i)
				composite[j] = 1;
		}
	}
	return primes;
}

static uint64_t matrix(long n)
{
	enum { SIZE = 64 };
	static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
	for (int i = 0; i < SIZE; i++)
		for (int j = 0; j < SIZE; j++) {
			a[i][j] = i + j;
			b[i][j] = i - j;
		}
	while (n--)
		for (int i = 0; i < SIZE; i++)
			for (int j = 0; j < SIZE; j++) {
				double sum = c[i][j] / 2;
				for (int k = 0; k < SIZE; k++)
					sum += a[i][k] * b[k][j];
				c[i][j] = sum;
			}
	return (uint64_t)(int64_t)c[3][5];
}

static uint64_t strings(long n)
{
	static const char text[] = "the quick brown fox jumps over the lazy dog and does it again";
	uint64_t hash = 14695981039346656037u;
	while (n--)
		for (const char *p = text; *p; p++)
			hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	return hash;
}

static __attribute__((noinline)) uint64_t fibonacci(long n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static uint64_t states(long n)
{
	uint32_t random = 1;
	uint64_t seen[6] = { 0 };
	int state = 0;
	while (n--) {
		random = random * 1664525 + 1013904223;
		uint32_t in = random >> 29;
		switch (state) {
		case 0: state = in < 3 ? 1 : 2; break;
		case 1: state = in & 1 ? 3 : 0; break;
		case 2: state = in == 5 ? 4 : 1; break;
		case 3: state = in > 2 ? 5 : 2; break;
		case 4: state = in & 2 ? 0 : 3; break;
		default: state = in == 7 ? 4 : 0;
		}
		seen[state]++;
	}
	return seen[0] * 3 + seen[5];
}

static uint64_t calls(long n)
{
	int fd[2];
	char b[64] = "x";
	uint64_t sum = 0;
	if (pipe(fd))
		return 0;
	while (n--) {
		sum += syscall(SYS_getppid) >= 0;
		sum += write(fd[1], b, sizeof b) + read(fd[0], b, sizeof b);
	}
	return sum;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static long turns, wanted;

static void *play(void *side)
{
	long me = (long)side;
	pthread_mutex_lock(&lock);
	while (turns < wanted) {
		if (turns % 2 == me) {
			turns++;
			pthread_cond_signal(&turned);
		} else {
			pthread_cond_wait(&turned, &lock);
		}
	}
	pthread_cond_signal(&turned);
	pthread_mutex_unlock(&lock);
	return 0;
}

static uint64_t pingpong(long n)
{
	pthread_t other;
	wanted = n;
	pthread_create(&other, 0, play, (void *)1);
	play(0);
	pthread_join(other, 0);
	return turns;
}

static uint64_t memory(long n)
{
	char *p = malloc(n << 20);
	memset(p, 1, n << 20);
	return p[n];
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint64_t (*run)(long);
	} all[] = {
		{ "sieve", sieve }, { "matrix", matrix }, { "strings", strings }, { "recursion", (uint64_t(*)(long))fibonacci },
		{ "states", states }, { "calls", calls }, { "pingpong", pingpong }, { "memory", memory },
	};
	for (size_t i = 0; argc == 3 && i < sizeof all / sizeof *all; i++)
		if (!strcmp(all[i].name, argv[1])) {
			printf("%llu\n", (unsigned long long)all[i].run(atol(argv[2])));
			return 0;
		}
	return 2;
}

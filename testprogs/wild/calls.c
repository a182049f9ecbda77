// Makes system calls with numbers and arguments at random. Not for a host.
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>

enum { CALLS = 4000, SIZE = 65536 };

static uint64_t state;
static char buf[SIZE];

static uint64_t roll(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return state >> 20;
}

static long call(long n, long a, long b, long c, long d, long e, long f)
{
	long r;
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}

static long argument(void)
{
	switch (roll() % 10) {
	case 0: return 0;
	case 1: return roll() % 8;
	case 2: return -1;
	case 3:
	case 4: return (long)buf + roll() % (SIZE - 4096);
	case 5: return roll() % 5000;
	case 6: return roll() << 12;
	case 7: return 0x30000000 + (roll() % 4000 << 12); // where mmap finds room
	case 8: return roll() * roll();
	default: return 1ul << roll() % 64;
	}
}

// left_out would end the program, or for ever change who is asked to go on: exit,
// rt_sigreturn, kill, clone, alarm, handlers and masks.
static int left_out(long n)
{
	static const short list[] = { 60, 231, 15, 62, 200, 234, 56, 37, 13, 14, 38, 34, 130, 131 };
	for (unsigned i = 0; i < sizeof list / sizeof *list; i++)
		if (list[i] == n)
			return 1;
	return 0;
}

static void ring(int sig) { (void)sig; } // what waits goes on

int main(int argc, char **argv)
{
	struct itimerval t = { { 0, 900 }, { 0, 900 } };
	state = argc > 1 ? atoi(argv[1]) : 1;
	struct sigaction a = { .sa_handler = ring }; // does not restart
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	for (int i = 0; i < CALLS; i++) {
		for (int k = 0; k < 8; k++)
			buf[roll() % SIZE] = roll();
		for (int k = 0; k < 4; k++)
			((long *)buf)[roll() % (SIZE / 8)] = argument();
		long n = roll() % (roll() % 3 ? 100 : 460);
		if (!left_out(n))
			call(n, argument(), argument(), argument(), argument(), argument(), argument());
	}
	return 0;
}

/* A program whose functions take the shapes that a compiler gives to entries. */
#include <stdlib.h>

#define NOTRACE __attribute__((no_instrument_function))
#define NOINLINE __attribute__((noinline))

/* Nothing is called when the entries are not redirected. */
__asm__(".globl __fentry__\n"
	".type __fentry__, @function\n"
	"__fentry__: ret\n"
	".size __fentry__, . - __fentry__\n");

NOTRACE NOINLINE int untraced(int x) { return x ^ 0x55; }

NOINLINE int leaf(int x) { return x * 3; }

NOINLINE static int kept_static(int x) { return leaf(x) + untraced(x); }

/* Stack realignment puts instructions before the frame, not before the call. */
NOINLINE int realigned(int x)
{
	volatile char buffer[64] __attribute__((aligned(64)));

	buffer[x & 63] = x;
	return buffer[0] + kept_static(x);
}

/* Only the first of the arguments' spills may follow the call. */
NOINLINE int variadic(int n, ...)
{
	__builtin_va_list ap;
	int sum = 0;

	__builtin_va_start(ap, n);
	while (n-- > 0)
		sum += __builtin_va_arg(ap, int);
	__builtin_va_end(ap);
	return sum;
}

/* A cold part is a function symbol of its own, without a call. */
NOINLINE int splits(int x)
{
	if (__builtin_expect(x == 12345, 0)) {
		abort();
	}
	return realigned(x) + 1;
}

NOINLINE int tail_calls(int x) { return splits(x + 1); }

NOINLINE static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int main(int argc, char **argv)
{
	int v[3] = { 3, argc, 1 };

	(void)argv;
	qsort(v, 3, sizeof(v[0]), compare);
	return tail_calls(v[0]) + variadic(2, v[1], v[2]) == 0;
}

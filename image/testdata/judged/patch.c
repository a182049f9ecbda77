/* A patch that refers to its program and to itself in every way that C has. It is linked
 * twice, by ld and by package image, and the bytes are compared. */
typedef unsigned long u64;

extern u64 count, table[8];		/* of the program */
extern char *greeting;
u64 handler(u64 x);
extern u64 maybe(u64 x) __attribute__((weak));	/* of nobody */
extern u64 perhaps __attribute__((weak));

u64 common_counter;			/* COMMON with -fcommon */
u64 common_room[32];			/* far away in the code model medium */
static u64 hits;			/* .bss */
static u64 room[4096];
u64 shared = 42;			/* .data, global: through the GOT with -fPIC */
static u64 *const pointers[] = { &count, &table[3], &shared, &hits, &room[7] };
u64 (*handlers[])(u64) = { handler, maybe };

static u64 next(void)
{
	static u64 n = 3;		/* a static local */

	return n++;
}

/* COMDAT, as an inline function of C++ is. */
__asm__(".section .text.shared_inline, \"axG\", @progbits, shared_inline, comdat\n"
	".weak shared_inline\n"
	".type shared_inline, @function\n"
	"shared_inline: ret\n"
	".size shared_inline, . - shared_inline\n"
	".text\n");
void shared_inline(void);

/* Large enough for jump tables and for a cold part. */
u64 new_f(u64 x)
{
	count -= x;
	hits += next() + *pointers[x % 5];
	room[x & 4095]++;
	common_counter += shared++;
	common_room[x & 31] = x;
	if (__builtin_expect(x == 123456, 0))
		__builtin_trap();
	if (maybe)
		return maybe(x);
	if (&perhaps)
		return perhaps;
	shared_inline();
	switch (x) {
	case 1: return handler(1);
	case 2: return table[1];
	case 3: return hits;
	case 4: return x * 3;
	case 5: return handlers[0](x);
	case 6: return (u64)&table[3];
	case 7: return handler(8) + 1;
	case 8: return (u64)&common_counter;
	case 9: return (u64)greeting;
	}
	return x > 20 ? handler(x - 1) : new_f(x + 20);
}

const char *new_name(int i)
{
	static const char *const names[] = { "zero", "one", "two" };

	return i < 3 ? names[i] : "many";
}

double new_mean(double a, double b)
{
	return (a + b) * 0.5;		/* a constant in .rodata.cst8 */
}

package lab_test

import (
	"errors"
	"testing"

	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/build"
)

// sumsProgram prints sums, once at its start and four times after a second. Two variables
// of it are called bonus.
const sumsProgram = `
#include <patchlab.h>

u64 base = 100, table[] = { 10, 20, 30, 40 };
static volatile u64 bonus = 5;

static noinline u64 scaled(u64 x)
{
	return x * 1000 + bonus;
}

u64 sum(u64 x)
{
	return x;
}

static void print_number(u64 n)
{
	char text[24];
	u64 i = sizeof(text);

	text[--i] = '\n';
	do {
		text[--i] = '0' + n % 10;
		n /= 10;
	} while (n);
	pl_out(text + i, sizeof(text) - i);
}

void report(u64 x)
{
	print_number(sum(x));
	scaled(x);
}
GATE(0x1000, report);

__user void asker(void)
{
	gate(0x1000, 7);
	user_sleep(1 * SEC);
	for (u64 i = 0; i < 4; i++)
		gate(0x1000, i);
	user_exit(0);
}
TASK("asker", asker, 0);
`

const sumsProgramTwo = `
#include <patchlab.h>

static volatile u64 bonus = 3;

u64 take_bonus(void)
{
	return bonus;
}
`

// sumsPatch replaces sum with a function that uses the program's data and functions and
// data of its own, in every way that there is.
const sumsPatch = `
#include <livepatch.h>

extern u64 base, table[4];			/* of the program */
u64 scaled(u64 x);				/* static there */
u64 take_bonus(void);
extern u64 second_bonus;
KLP_SYM(second_bonus, bonus, 2);
extern void nowhere(void) __attribute__((weak));

u64 common;					/* COMMON with -fcommon, else .bss */
static u64 calls;				/* .bss */
static u64 *const where[] = { &base, &table[3], &calls };	/* .data.rel.ro */

static u64 next(void)
{
	static u64 n = 2;			/* .data, static in a function */

	return n++;
}

static u64 add(u64 a, u64 b)
{
	return a + b;
}
static u64 (*const plus)(u64, u64) = add;

u64 new_sum(u64 x)
{
	static const char *const names[] = { "zero ", "one ", "two ", "many " };

	calls++;
	base += table[x & 3];
	second_bonus += common++;
	pl_print(names[x & 3]);
	if (nowhere)
		nowhere();
	return plus(scaled(x), *where[x % 3]) + 10000 * next() + 100000 * calls + 1000000 * take_bonus();
}

KLP_FUNC(sum, new_sum);
MODULE_INFO(livepatch, "Y");
`

// sums is what is printed: before the patch, and for x from 0 on behind it. For x: base is
// 110, 130, 160, 200; what where names is base, table[3], calls, base; scaled gives
// 1000 x + 5; next gives 2 + x; calls is 1 + x; take_bonus gives 3, 3 + 0 + 1, ...
const sums = "7\n" +
	"zero 3120115\n" + // 5 + 110 + 20000 + 100000 + 3000000
	"one 4231045\n" + // 1005 + 40 + 30000 + 200000 + 4000000
	"two 6342008\n" + // 2005 + 3 + 40000 + 300000 + 6000000
	"many 9453205\n" // 3005 + 200 + 50000 + 400000 + 9000000

// sumsImage compiles the program, with further flags.
func sumsImage(t *testing.T, flags ...string) *image.Image {
	t.Helper()
	src := append(source("program.c", sumsProgram), source("program_two.c", sumsProgramTwo)...)
	for i := range src {
		src[i].Flags = flags
	}
	b, err := new(build.Builder).Program(src)
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.Parse("program", b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// runSums loads the patch once the first sum is printed, and wants all of them.
func runSums(t *testing.T, program *image.Image, patch []byte) *lab.Lab {
	t.Helper()
	o, err := image.ParseObject("sums_new", patch)
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, lab.Config{Program: program})
	run(t, l, func() bool { return len(l.Machine.Output()) > 0 })
	if err := l.Load(o); err != nil {
		t.Fatal(errors.Unwrap(err))
	}
	run(t, l, l.Done)
	if err := l.Loaded("sums_new"); err != nil {
		t.Fatal(err, l.Machine.LogLines())
	}
	if _, err := l.Run(func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, o := range l.Machine.Output() {
		got += o.Text
	}
	if got != sums {
		t.Errorf("printed\n%swant\n%s", got, sums)
	}
	return l
}

package lab_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/build"
	"patchlab/testprogs/include"
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

// patchFlagSets are ways of compiling a patch.
var patchFlagSets = []string{
	"-O0", "-O1", "-O2", "-Os", "-O3", "-fpie", "-fPIC", "-O0 -fPIC", "-fno-plt -fPIC", "-fcommon",
	"-mcmodel=medium", "-mcmodel=medium -fPIC", "-mcmodel=large", "-mcmodel=large -fPIC", "-mcmodel=large -fPIC -O0",
	"-ffunction-sections -fdata-sections", "-g", "-fasynchronous-unwind-tables", "-fcf-protection=branch",
	"-mrecord-mcount", "-mnop-mcount -mrecord-mcount",
}

// TestPatchFlags runs a program whose patch was compiled in many ways: it does the same in
// all of them.
func TestPatchFlags(t *testing.T) {
	program := sumsImage(t)
	for _, flags := range patchFlagSets {
		t.Run("gcc "+flags, func(t *testing.T) {
			src := source("sums_new.c", sumsPatch)
			src[0].Flags = strings.Fields(flags)
			b, err := new(build.Builder).Patch("sums_new", src)
			if err != nil {
				t.Fatal(err)
			}
			runSums(t, program, b)
		})
	}
	t.Run("clang", func(t *testing.T) {
		if _, err := exec.LookPath("clang"); err != nil {
			t.Skip("clang is not installed: its patches are not run")
		}
		for _, flags := range patchFlagSets {
			if !strings.Contains(flags, "mcount") { // clang has that for other processors only
				t.Run(flags, func(t *testing.T) { runSums(t, program, clangPatch(t, flags)) })
			}
		}
	})
}

// TestSiteFlags does so with a program that was compiled in the ways in which patch sites
// differ.
func TestSiteFlags(t *testing.T) {
	src := source("sums_new.c", sumsPatch)
	patch, err := new(build.Builder).Patch("sums_new", src)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags string
		site  int // its length
	}{
		{"-fno-pie", 5},
		{"-fpie", 6},
		{"-fPIC -fno-plt", 6},
		{"-fcf-protection=branch", 5},
		{"-mrecord-mcount", 5},
		{"-fpie -mrecord-mcount", 6},
		{"-mnop-mcount", 5},
		{"-mnop-mcount -mrecord-mcount", 5},
	} {
		t.Run(c.flags, func(t *testing.T) {
			program := sumsImage(t, strings.Fields(c.flags)...)
			if listed := strings.Contains(c.flags, "record"); listed != (len(program.Recorded) > 0) {
				t.Errorf("%d sites are recorded", len(program.Recorded))
			}
			l := runSums(t, program, patch)
			i, err := l.Sites.Find(program.ByName("sum")[0].Addr)
			if err != nil || l.Sites.Site(i).Size != c.site {
				t.Errorf("site %+v, %v, want %d bytes", l.Sites.Site(i), err, c.site)
			}
		})
	}
}

// TestWrongList wants a program to be refused whose compiler lists a site that is none.
func TestWrongList(t *testing.T) {
	program := sumsImage(t, "-mrecord-mcount")
	wrong := *program
	wrong.Recorded = append(slices.Clone(program.Recorded), program.ByName("sum")[0].Addr+5)
	_, err := lab.New(lab.Config{Program: &wrong})
	if err == nil || !strings.Contains(err.Error(), "program: __mcount_loc lists sum+5 at 0x") {
		t.Errorf("%v", err)
	}
}

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

// clangPatch compiles the patch with clang, for which the builder's flags are not.
func clangPatch(t *testing.T, flags string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, include.Files()); err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(file("sums_new.c"), []byte(sumsPatch), 0o666); err != nil {
		t.Fatal(err)
	}
	const base = "-O2 -ffreestanding -nostdinc -fno-pie -mno-red-zone -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer " +
		"-mgeneral-regs-only -mstack-alignment=8 -fno-stack-protector -pg -mfentry -w "
	args := append(strings.Fields(base+flags), "-I", dir, "-c", "-o", file("out"), file("sums_new.c"))
	if out, err := exec.Command("clang", args...).CombinedOutput(); err != nil {
		t.Fatalf("clang %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	b, err := os.ReadFile(file("out"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

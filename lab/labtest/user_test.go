package labtest_test

import (
	"errors"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	. "patchlab/lab/labtest"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// threads has two workers that call f and sleep in a system call of their own, and one that
// sleeps in the C library for as long as stay is set, and in a call of its own then.
const threads = `
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <sys/syscall.h>

volatile int stay, stop;
unsigned long count[2];

long doze(long ns)
{
	struct timespec t = {0, ns};
	long r;
	asm volatile("syscall" : "=a"(r) : "0"(SYS_nanosleep), "D"(&t), "S"(0) : "rcx", "r11", "memory");
	return r;
}

unsigned long g(unsigned long x) { return x + 1; }
unsigned long f(unsigned long x) { return g(x) + 1; }

static void *worker(void *arg)
{
	unsigned long *n = arg;
	while (!stop) {
		*n += f(0) != 2 ? 1000 : 1;
		doze(1000000);
	}
	return 0;
}

static void *sleeper(void *arg)
{
	struct timespec t = {0, 1000000};
	while (stay)
		nanosleep(&t, 0);
	while (!stop)
		doze(1000000);
	return 0;
}

int main(void)
{
	pthread_t t[3];
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], 0, worker, &count[i]);
	pthread_create(&t[2], 0, sleeper, 0);
	while (!stop)
		doze(10000000);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], 0);
	printf("%d %d\n", count[0] >= 1000, count[1] >= 1000);
	return 0;
}
`

const threadsPatch = `
#include <livepatch.h>

u64 g(u64 x);

static u64 new_g(u64 x) { return x + 10; }
static u64 new_f(u64 x) { return g(x) + 10; }
KLP_FUNC(f, new_f);
KLP_FUNC(g, new_g);
MODULE_INFO(livepatch, "Y");
`

// set sets a variable of the program, an int.
func set(t *testing.T, l *Lab, name string, v byte) {
	t.Helper()
	if err := l.Machine.LoadText(l.Addr(name), []byte{v}); err != nil {
		t.Fatal(err)
	}
}

// TestThreadsArePatched patches a process of several threads, which sleep in their own code.
func TestThreadsArePatched(t *testing.T) {
	for _, c := range []lab.Config{{}, {CPUs: 3, Scheduler: "random", Seed: 5}} {
		l := New(t, User(threads), c)
		l.RunFor(50 * 1_000_000)
		l.Insmod("fix", User(threadsPatch))
		l.Until("the transition is complete", l.Settled)
		f := l.Addr("f")
		old := l.Counts().Calls(f, lab.SideOld)
		l.RunFor(50 * 1_000_000)
		if n := l.Counts().Calls(f, lab.SideNew); n == 0 || old == 0 || l.Counts().Calls(f, lab.SideOld) != old {
			t.Errorf("%d calls of the old f before, %d after, %d of the new one", old, l.Counts().Calls(f, lab.SideOld), n)
		}
		set(t, l, "stop", 1)
		l.Finish()
		if out := l.Machine.Output(); len(out) != 1 || out[0].Text != "1 1\n" {
			t.Errorf("output: %v", out)
		}
	}
}

// TestSkippedCheckMixes wants the oracle to object where a thread that sleeps in the library,
// below the old f, is switched without a look at its stack.
func TestSkippedCheckMixes(t *testing.T) {
	program := strings.Replace(threads, "f(unsigned long x) { return", "f(unsigned long x) { struct timespec t = {0, 400000000}; nanosleep(&t, 0); return", 1)
	for _, c := range []struct {
		breaks []string
		mixes  bool
	}{{nil, false}, {[]string{"skip-stack-check"}, true}} {
		l := New(t, User(program), lab.Config{Model: livepatch.Options{Breaks: c.breaks}})
		l.Allow("no-mixing", "clean-switch", "done-means-done")
		l.RunFor(50_000_000)
		l.Insmod("fix", User(threadsPatch))
		l.RunFor(guest.Second / 2)
		if mixed := len(l.Counts().Mixes()) > 0; mixed != c.mixes || l.Settled() != c.mixes {
			t.Errorf("%v: %d mixed calls, settled %v", c.breaks, len(l.Counts().Mixes()), l.Settled())
		}
		if found := len(l.Oracle.Violations()) > 0; found != c.mixes {
			t.Errorf("%v: %v", c.breaks, l.Oracle.Violations())
		}
	}
}

// TestAsleepInLibrary wants a thread that sleeps in the C library to hold a transition up, and
// to be switched when it sleeps in its own code.
func TestAsleepInLibrary(t *testing.T) {
	l := New(t, User(threads), lab.Config{})
	set(t, l, "stay", 1)
	l.RunFor(50 * 1_000_000)
	l.Insmod("fix", User(threadsPatch))
	l.RunFor(5 * guest.Second)
	pending := l.Model.Pending()
	if len(pending) != 1 {
		t.Fatalf("pending: %v", pending)
	}
	id := pending[0].Task
	check := pending[0].Check
	var e *unwind.Error
	if check.Verdict != livepatch.Unreliable || !errors.As(check.Reason, &e) || e.Reason != unwind.NoFrames || !strings.Contains(e.Func, "nanosleep") {
		t.Errorf("%v: %v", check.Verdict, check.Reason)
	}
	if d, _ := l.Machine.Task(id); d.State != emu.Asleep {
		t.Errorf("%s is %s", d.Name, d.State)
	}
	set(t, l, "stay", 0)
	l.Until("the transition is complete", l.Settled)
	set(t, l, "stop", 1)
	l.Finish()
}

// TestAsleepInOwnRead wants a thread to be switched that waits in a call which will be made
// again, so that it stands before the instruction.
func TestAsleepInOwnRead(t *testing.T) {
	l := New(t, User(`
#include <unistd.h>
#include <sys/syscall.h>

unsigned long g(unsigned long x) { return x + 1; }
unsigned long f(unsigned long x) { return g(x) + 1; }

int main(void)
{
	int ends[2];
	char c;
	long r;

	if (pipe(ends) < 0)
		return 1;
	asm volatile("syscall" : "=a"(r) : "0"(SYS_read), "D"(ends[0]), "S"(&c), "d"(1) : "rcx", "r11", "memory");
	return f(r);
}
`), lab.Config{})
	l.RunFor(10_000_000)
	l.Insmod("fix", User(threadsPatch))
	if !l.Settled() {
		t.Errorf("pending: %v", l.Model.Pending())
	}
}

package lab_test

import (
	"errors"
	"testing"

	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/build"
	"patchlab/lab/scenario"
)

// busyProgram makes threads one after the other, which call f, while a signal comes every
// millisecond and its handler calls f too. One thread never makes a system call before stop is
// set.
const busyProgram = `
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

volatile int stop, busy;
volatile unsigned long spins, signals, wrong;

__attribute__((noinline)) void doze(long ms)
{
	struct timespec t = {0, ms * 1000000};
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "0"(SYS_nanosleep), "D"(&t), "S"(0) : "rcx", "r11", "memory");
}

unsigned long g(unsigned long x) { return x + 1; }
unsigned long f(unsigned long x) { return g(x) + 1; }

static void check(void)
{
	unsigned long v = f(0);
	if (v != 2 && v != 20)
		wrong++;
}

static void handler(int s) { signals++; check(); }

static void *spinner(void *a)
{
	while (busy)
		spins++;
	while (!stop)
		doze(1);
	return a;
}

static void *brief(void *a)
{
	for (int i = 0; i < 20; i++)
		check();
	doze(1);
	check();
	return a;
}

int main(void)
{
	pthread_t s, b;
	struct itimerval every = {{0, 1000}, {0, 1000}};
	signal(SIGALRM, handler);
#ifndef QUIET
	setitimer(ITIMER_REAL, &every, 0);
#endif
	pthread_create(&s, 0, spinner, 0);
	while (!stop) {
		pthread_create(&b, 0, brief, 0);
#ifdef QUIET
		doze(900);
#endif
		doze(3);
		pthread_join(b, 0);
	}
	pthread_join(s, 0);
	printf("%lu\n", wrong);
	return 0;
}
`

const busyPatch = `
#include <livepatch.h>
u64 g(u64 x);
static u64 new_g(u64 x) { return x + 10; }
static u64 new_f(u64 x) { return g(x) + 10; }
KLP_FUNC(f, new_f);
KLP_FUNC(g, new_g);
MODULE_INFO(livepatch, "Y");
`

// busyRig is a laboratory with busyProgram.
type busyRig struct {
	*lab.Lab
	t       *testing.T
	program *image.Image
}

// newBusyRig builds the program with these flags besides.
func newBusyRig(t *testing.T, c lab.Config, flags ...string) *busyRig {
	t.Helper()
	all := append([]string{
		"-O2", "-pg", "-mfentry", "-mno-avx", "-fno-omit-frame-pointer", "-mno-omit-leaf-frame-pointer",
		"-fno-optimize-sibling-calls", "-flive-patching=inline-only-static", "-pthread",
	}, flags...)
	elf, err := new(build.Builder).Executable("gcc", "busy.c", busyProgram, all...)
	if errors.Is(err, build.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if c.Program, err = image.Parse("busy", elf); err != nil {
		t.Fatal(err)
	}
	l, err := lab.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &busyRig{l, t, c.Program}
}

// insmod loads busyPatch, built with these flags besides.
func (r *busyRig) insmod(flags ...string) {
	r.t.Helper()
	elf, err := new(build.Builder).ProcessPatch("new", []scenario.Source{{Name: "new.c", File: "new.c", Line: 1, Text: busyPatch, Flags: flags}})
	if err != nil {
		r.t.Fatal(err)
	}
	object, err := image.ParseObject("new", elf)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.Load(object); err != nil {
		r.t.Fatal(err)
	}
	r.until(r.Done)
	if err := r.Loaded("new"); err != nil {
		r.t.Fatal(err)
	}
}

func (r *busyRig) until(cond func() bool) {
	r.t.Helper()
	if ok, err := r.Run(cond); !ok {
		r.t.Fatalf("at %d: nothing moves any more: %v", r.Now(), err)
	}
}

// pass lets time pass.
func (r *busyRig) pass(d guest.Time) {
	r.t.Helper()
	end := r.Now() + d
	r.until(func() bool { return r.Now() >= end })
}

func (r *busyRig) addr(name string) guest.Addr { return r.program.ByName(name)[0].Addr }

// set sets a variable of the program, an int.
func (r *busyRig) set(name string, v byte) {
	r.t.Helper()
	if err := r.Machine.LoadText(r.addr(name), []byte{v}); err != nil {
		r.t.Fatal(err)
	}
}

// complete reports whether all tasks are on the new side, and nobody is waited for.
func (r *busyRig) complete() bool {
	_, armed := r.Model.NextAttempt()
	return !armed && len(r.Model.Pending()) == 0
}

// end has the program end and wants it to have seen no mixed calls.
func (r *busyRig) end() {
	r.t.Helper()
	old := r.Counts().Calls(r.addr("f"), lab.SideOld)
	r.pass(20_000_000)
	if n := r.Counts().Calls(r.addr("f"), lab.SideOld); n != old || r.Counts().Calls(r.addr("f"), lab.SideNew) == 0 {
		r.t.Errorf("%d calls of the old f, %d of them since it is patched", n, n-old)
	}
	r.set("stop", 1)
	if _, err := r.Run(func() bool { return false }); err != nil {
		r.t.Fatal(err)
	}
	if out := r.Machine.Output(); len(out) != 1 || out[0].Text != "0\n" || len(r.Counts().Mixes()) > 0 {
		r.t.Errorf("output %v, %d mixed calls", out, len(r.Counts().Mixes()))
	}
}

// TestProcessSites patches a process whose sites are written in each of the ways there are,
// and that is linked with the profiler's start-up code, while threads come and go and signals
// come.
func TestProcessSites(t *testing.T) {
	for name, c := range map[string]struct{ flags, patch []string }{
		"call":  {flags: []string{"-static", "-fno-pie", "-no-pie", "-fcf-protection=none"}},
		"endbr": {flags: []string{"-static", "-fno-pie", "-no-pie", "-fcf-protection=full"}},
		"pie":   {flags: []string{"-static-pie", "-fPIE"}},
		"nop":   {[]string{"-static", "-fno-pie", "-no-pie", "-mnop-mcount", "-mrecord-mcount"}, []string{"-mnop-mcount", "-mrecord-mcount"}},
	} {
		flags, patch := c.flags, c.patch
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []lab.Config{{}, {CPUs: 3, Scheduler: "random", Seed: 7}} {
				r := newBusyRig(t, c, flags...)
				r.pass(20_000_000)
				r.insmod(patch...)
				r.until(r.complete)
				r.end()
			}
		})
	}
}

// TestProcessComputes wants a thread that computes to hold a transition up, also
// when the model prods those that do.
func TestProcessComputes(t *testing.T) {
	r := newBusyRig(t, lab.Config{CPUs: 2, Record: []guest.Addr{}}, "-static", "-fno-pie", "-no-pie", "-DQUIET")
	r.set("busy", 1)
	r.pass(20_000_000)
	r.insmod()
	r.pass(20 * guest.Second)
	id, _ := r.Machine.TaskByName("busy-1")
	if state, _ := r.Model.PatchState(id); state != 0 {
		t.Errorf("the thread that computes is at %d", state)
	}
	r.set("busy", 0)
	r.until(r.complete)
	r.end()
}

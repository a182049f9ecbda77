package oracle_test

import (
	"testing"

	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/livepatch"
)

// attributions returns whose fault the violations are, each once, in order.
func attributions(found []oracle.Violation) (of []oracle.Attribution) {
	for _, v := range found {
		if len(of) == 0 || of[len(of)-1] != v.Attribution {
			of = append(of, v.Attribution)
		}
	}
	return of
}

// cold has a guest that sleeps below the part of f that gcc has moved away.
const cold = `
wait guest asleep
insmod f_new
wait f_new/transition 0
wait exit

-- program.c --
#include <patchlab.h>

noinline __attribute__((__cold__)) void rare(void)
{
	pl_sleep(2 * SEC);
}

void f(u64 x)
{
	if (x) {
		rare();
		pl_print("rare\n");
	}
	pl_print("f\n");
}
GATE(0x1000, f);

__user void guest(void)
{
	gate(0x1000, 1);
	user_exit(0);
}
TASK("guest", guest, 0);

-- patches/f_new.c --
#include <livepatch.h>

static void new_f(u64 x)
{
	pl_print("new f\n");
}

KLP_FUNC(f, new_f);
MODULE_INFO(livepatch, "Y");
`

// TestKnownLimitOfRanges has a task sleep below the part of a function that gcc has moved
// away: its stack is complete, and livepatch does not find the function in it.
func TestKnownLimitOfRanges(t *testing.T) {
	r := run(t, parse(t, cold), experiment.Options{})
	if got := broken(r.Violations); got != "clean-switch done-means-done" || r.Violations[0].Attribution != oracle.KnownLimit {
		t.Errorf("%q\n%s%v", got, texts(r.Violations), attributions(r.Violations))
	}
}

// TestBlameEnds wants what follows from a task's unclean switch to be laid to its cause, and
// not what comes in the next transition.
func TestBlameEnds(t *testing.T) {
	b := newBench(t, cold, lab.Config{})
	id := b.task("guest")
	mix := func() oracle.Violation {
		f := b.b.Program.ByName("f")[0].Addr
		was := b.o.Found()
		b.o.Committed(id, emu.Activation{Fn: f, Body: f, Committed: true}, []emu.Activation{{Fn: f, Body: emu.ModuleBase, Committed: true}})
		for _, v := range b.o.Violations()[was:] {
			if v.Rule == oracle.NoMixing {
				return v
			}
		}
		t.Fatalf("not mixed: %s", texts(b.o.Violations()))
		return oracle.Violation{}
	}
	b.until(b.is("guest", emu.Asleep))
	b.insmod("f_new")
	b.settled()
	first := mix()
	b.echo("0", "f_new/enabled")
	if second := mix(); first.Attribution != oracle.KnownLimit || second.Attribution != oracle.Model {
		t.Errorf("%s (%s), then %s (%s)", first, first.Attribution, second, second.Attribution)
	}
}

// TestAuthor has a patch call its own replacement before the task is on that side.
func TestAuthor(t *testing.T) {
	r := run(t, parse(t, `
insmod f_new
wait f_new/transition 0
wait exit
expect violation clean-switch

-- program.c --
#include <patchlab.h>

void f(u64 x)
{
	pl_print("f\n");
}
GATE(0x1000, f);

__user void guest(void)
{
	gate(0x1000, 1);
	user_exit(0);
}
TASK("guest", guest, 0);

-- patches/f_new.c --
#include <livepatch.h>

static noinline void new_f(u64 x)
{
	pl_print("new f\n");
}

static int pre(void)
{
	new_f(0);
	return 0;
}

KLP_FUNC(f, new_f);
KLP_CALLBACKS(NULL, pre, NULL, NULL, NULL);
MODULE_INFO(livepatch, "Y");
`), experiment.Options{})
	if got := texts(r.Violations); got != "clean-switch: operator begins to run the new f, and is on the old side of f_new\n" || r.Violations[0].Attribution != oracle.Author {
		t.Errorf("%q, %v", got, attributions(r.Violations))
	}
	if !r.OK() {
		t.Error(r.Failures, r.Err)
	}
}

// TestStraggler attributes a transition that never ends.
func TestStraggler(t *testing.T) {
	for _, c := range []struct {
		text, br string
		of       oracle.Attribution
	}{{stuck, "", oracle.KnownLimit}, {spin, livepatch.BreakSkipExitSwitch, oracle.Model}} {
		o := experiment.Options{MaxTime: 5 * guest.Second}
		if c.br != "" {
			o.Breaks = []string{c.br}
		}
		if r := run(t, parse(t, c.text), o); broken(r.Violations) != "progress" || r.Violations[len(r.Violations)-1].Attribution != c.of {
			t.Errorf("%q: %s%v", c.br, texts(r.Violations), attributions(r.Violations))
		}
	}
	b := newBench(t, visit, lab.Config{})
	b.insmod("visit_new")
	b.settled()
	b.o.Reached(livepatch.Initializing, livepatch.Transition{Name: "visit_new", Target: livepatch.Unpatched})
	b.o.Ended(nil)
	if got := texts(b.o.Violations()); got != "progress: the transition of visit_new is not complete: no task is pending\n" || b.o.Violations()[0].Attribution != oracle.Model {
		t.Errorf("%q", got)
	}
}

package oracle_test

import (
	"strings"
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

// moves has tasks of a directed machine make steps, in turn, until cond holds.
func (b *bench) moves(cond func() bool, ids ...guest.TaskID) {
	b.t.Helper()
	for range 10000 {
		for _, id := range ids {
			if cond() {
				return
			}
			if !b.Machine.CanMove(id) {
				continue
			}
			if err := b.Machine.MoveTask(id, false); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	d, _ := b.Machine.Task(ids[0])
	b.t.Fatalf("it does not come to that: %+v, live %v", d, b.Machine.Truth().Live(ids[0]))
}

// TestCommitWindow takes a task off its CPU where its handler unlocks, behind the decision
// for the new side, and disables the patch: livepatch's own check lets that pass.
func TestCommitWindow(t *testing.T) {
	for _, c := range []struct {
		model livepatch.Options
		want  string
	}{
		{livepatch.Options{UnlockMayReschedule: true}, "clean-switch done-means-done no-mixing"},
		{livepatch.Options{UnlockMayReschedule: true, CheckDecided: true}, ""},
		{livepatch.Options{}, ""},
	} {
		b := newBench(t, visit, lab.Config{Directed: true, Model: c.model})
		id := b.task("guest")
		if err := b.Load(b.b.Patches["visit_new"]); err != nil {
			t.Fatal(err)
		}
		b.moves(b.Done, b.Operator)
		if len(b.Model.Pending()) > 0 {
			t.Fatal(b.Model.Pending())
		}
		b.moves(func() bool {
			live := b.Machine.Truth().Live(id)
			d, _ := b.Machine.Task(id)
			left := d.State == emu.Runnable || !c.model.UnlockMayReschedule
			return len(live) > 0 && live[0].Body != 0 && !live[0].Committed && left
		}, id)
		if err := b.Write("visit_new/enabled", "0"); err != nil {
			t.Fatal(err)
		}
		b.moves(func() bool { return b.Done() || b.Machine.Timed(b.Operator) }, b.Operator)
		found := len(b.o.Violations())
		for range 2 { // out of outer and past its sleep
			b.moves(func() bool { return !b.Machine.CanMove(id) }, id)
			if b.Machine.Timed(id) {
				if err := b.Machine.Fire(id, false); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := broken(b.o.Violations()); got != c.want {
			t.Errorf("%+v: %q\n%s", c.model, got, texts(b.o.Violations()))
		}
		if c.want == "" {
			continue
		}
		if want := `clean-switch: guest was switched to the old side of visit_new, by the rule "attempt", while it was on the way, decided already, into the new outer`; found == 0 || b.o.Violations()[0].String() != want {
			t.Errorf("told first, of %d at once:\n%s\nwant:\n%s", found, b.o.Violations()[0], want)
		}
		if n := strings.Count(texts(b.o.Violations()), "clean-switch"); n != 1 {
			t.Errorf("clean-switch is told %d times", n)
		}
		if of := attributions(b.o.Violations()); len(of) != 1 || of[0] != oracle.KnownLimit {
			t.Errorf("attributed to %v", of)
		}
	}
}

// TestKnownLimitOfRanges has a task sleep below the part of a function that gcc has moved
// away: its stack is complete, and livepatch does not find the function in it.
func TestKnownLimitOfRanges(t *testing.T) {
	r := run(t, parse(t, `
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
`), experiment.Options{})
	if got := broken(r.Violations); got != "clean-switch done-means-done" || r.Violations[0].Attribution != oracle.KnownLimit {
		t.Errorf("%q\n%s%v", got, texts(r.Violations), attributions(r.Violations))
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
		if r := run(t, parse(t, c.text), o); len(r.Violations) != 1 || r.Violations[0].Rule != oracle.Progress || r.Violations[0].Attribution != c.of {
			t.Errorf("%q: %s%v", c.br, texts(r.Violations), attributions(r.Violations))
		}
	}
}

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

// TestForce wants a forced patch not to be judged by the side that tasks are on, and to be
// judged by all else.
func TestForce(t *testing.T) {
	b := newBench(t, visit, lab.Config{})
	id := b.task("guest")
	in := func() bool { return len(b.Machine.Truth().Live(id)) > 0 }
	b.until(func() bool { return b.Now() > guest.Second && in() && b.is("guest", emu.Asleep)() })
	b.insmod("visit_new")
	if len(b.Model.Pending()) == 0 {
		t.Fatal("nothing to force")
	}
	b.echo("1", "visit_new/force")
	b.settled()
	if !in() {
		t.Fatal("the guest has left the old outer")
	}
	b.until(b.is("guest", emu.Exited))
	if b.o.Found() > 0 {
		t.Error(texts(b.o.Violations()))
	}
	if n := len(b.Counts().Mixes()); n != 1 {
		t.Errorf("%d calls were mixed, of which the oracle says nothing", n)
	}
	b.o.Warned("something")
	if got := texts(b.o.Violations()); got != "quiet: something\n" {
		t.Error(got)
	}
}

// TestWholeHandlers wants nothing to be made up where the recorder is behind: the handler
// is run whole, and switches the task in the middle of a run.
func TestWholeHandlers(t *testing.T) {
	text := strings.NewReplacer("return inner(x) + 1;", "return x;", "return inner(x) + 2;", "return x;").Replace(calls)
	b := newBench(t, text, lab.Config{Model: livepatch.Options{Breaks: []string{livepatch.BreakSwitchInHandler}}})
	for range 5 {
		if _, err := b.Machine.Step(); err != nil {
			t.Fatal(err)
		}
	}
	b.insmod("new")
	b.until(b.is("task", emu.Exited))
	outer := b.b.Program.ByName("outer")[0].Addr
	s, _ := b.Model.LastSwitch(b.task("task"))
	if b.o.Found() > 0 || b.Counts().Calls(outer, lab.SideNew) == 0 || b.Counts().Calls(outer, lab.SideOld) == 0 {
		t.Errorf("%s%+v", texts(b.o.Violations()), s)
	}
}

// TestQuietAtTheEnd tells the oracle of a transition that is complete too early.
func TestQuietAtTheEnd(t *testing.T) {
	b := newBench(t, visit, lab.Config{})
	b.until(b.is("guest", emu.Asleep))
	b.insmod("visit_new")
	b.o.Reached(livepatch.Complete, livepatch.Transition{Name: "visit_new", Target: livepatch.Patched})
	want := "quiet: the transition of visit_new is complete, and guest has the patch state 0\n" +
		"quiet: the transition of visit_new is complete, and guest is flagged\n" +
		"quiet: the transition of visit_new is complete, and operator has the patch state 1\n" +
		"quiet: the transition of visit_new is complete, and kworker has the patch state 1\n" +
		"quiet: the transition of visit_new is complete, and swapper/0 has the patch state 1\n"
	if got := texts(b.o.Violations()); got != want {
		t.Error(got)
	}
}

// TestTailMix has a body of the old side end with a jump to a function of the new one.
func TestTailMix(t *testing.T) {
	tail := strings.NewReplacer("u64 outer(", "void outer(", "	return nap;\n", "", "static u64 new_outer(", "static void new_outer(", "	return nap + 1;\n", "")
	for _, c := range []struct {
		text  string
		rules string
		tails int
	}{
		{reach, "clean-switch done-means-done no-mixing", 0},
		{"cflags program -foptimize-sibling-calls" + tail.Replace(reach), "clean-switch done-means-done", 1},
	} {
		r := run(t, parse(t, c.text), experiment.Options{Breaks: []string{livepatch.BreakSkipStackCheck}})
		if got := broken(r.Violations); got != c.rules || r.TailMixes != c.tails {
			t.Errorf("%q, %d tail mixes, want %q, %d", got, r.TailMixes, c.rules, c.tails)
		}
		if said := strings.Contains(r.Summary(false), "and by tail calls 1"); said != (c.tails == 1) {
			t.Errorf("the report says so: %v", said)
		}
	}
}

// TestManyViolations wants what is kept to have a bound, and all to be counted.
func TestManyViolations(t *testing.T) {
	b := newBench(t, visit, lab.Config{})
	for range 3000 {
		b.o.Warned("again")
	}
	if len(b.o.Violations()) != 1000 || b.o.Found() != 3000 || b.o.Violations()[999].Rule != oracle.Quiet {
		t.Errorf("%d kept, %d found", len(b.o.Violations()), b.o.Found())
	}
}

// TestRecordedLater has functions recorded only from the time on when a patch replaces
// them: a call that is over is over nevertheless, though nobody watches the next one.
func TestRecordedLater(t *testing.T) {
	const text = `
-- program.c --
#include <patchlab.h>

u64 answer(void)
{
	return 1;
}

void ask(void)
{
	for (int i = 0; i < 3; i++) {
		answer();
		pl_sleep(500 * MSEC);
	}
}
GATE(0x1000, ask);

__user void guest(void)
{
	gate(0x1000);
	user_exit(0);
}
TASK("guest", guest, 0);

-- patches/new.c --
#include <livepatch.h>
static u64 new_answer(void) { return 2; }
KLP_FUNC(answer, new_answer);
MODULE_INFO(livepatch, "Y");
`
	b := newBench(t, text, lab.Config{Record: []guest.Addr{}})
	b.until(b.is("guest", emu.Asleep))
	b.insmod("new")
	b.settled()
	b.until(func() bool { return b.Now() > guest.Second*7/10 }) // behind the third call
	b.echo("0", "new/enabled")
	b.settled()
	b.until(b.is("guest", emu.Exited))
	answer := b.b.Program.ByName("answer")[0].Addr
	old, patched := b.Counts().Calls(answer, lab.SideOld), b.Counts().Calls(answer, lab.SideNew)
	if b.o.Found() > 0 || old != 0 || patched != 2 {
		t.Errorf("%d old calls after the first, %d new ones\n%s", old, patched, texts(b.o.Violations()))
	}
}

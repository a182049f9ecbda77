package explore_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
)

// fakeTest is a test that only notes what it is told.
type fakeTest struct{ failed, logged string }

func (*fakeTest) Helper()                             {}
func (*fakeTest) Context() context.Context            { return context.Background() }
func (f *fakeTest) Fatalf(format string, args ...any) { f.failed = fmt.Sprintf(format, args...) }
func (f *fakeTest) Logf(format string, args ...any)   { f.logged += fmt.Sprintf(format, args...) }

// quick searches schedules of at most one preemption.
var quick = search.Options{Strategy: search.Merging(1)}

// TestCheck searches a scenario from a test, in the five lines that it takes.
func TestCheck(t *testing.T) {
	explore.Check(t, "../testprogs/seed/disable-reschedule.txtar", explore.CheckOptions{
		Run:    experiment.Options{Model: experiment.ModelClosed},
		Search: quick,
	})
}

// TestCheckText searches a scenario that stands in the test.
func TestCheckText(t *testing.T) {
	explore.CheckText(t, window+"expect violation clean-switch\n"+program, explore.CheckOptions{Search: quick})
}

const window = `option unlock-may-reschedule

insmod new
wait new/transition 0
explore
write new/enabled 0
wait new/transition 0
wait exit
`

const program = `
-- program.c --
#include <patchlab.h>

u64 f(u64 x)
{
	return x + 1;
}
GATE(0x1000, f);

__user void task(u64 n)
{
	gate(0x1000, n);
	user_exit(0);
}
TASK("t1", task, 1);

-- patches/new.c --
#include <livepatch.h>

static u64 new_f(u64 x)
{
	return x + 10;
}

KLP_FUNC(f, new_f);
MODULE_INFO(livepatch, "Y");
`

// TestCheckFails wants everything to fail that should.
func TestCheckFails(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	closed := experiment.Options{Model: experiment.ModelClosed}
	few := search.Options{Strategy: search.Exhaustive(), MaxRuns: 10}
	for _, c := range []struct {
		name, text string
		o          explore.CheckOptions
		want       string // "" for no failure
	}{
		{"violation", window + program, explore.CheckOptions{Search: quick}, "VIOLATION clean-switch: t1 was switched to the old side of new, "},
		{"another one", window + "expect violation quiet\n" + program, explore.CheckOptions{Search: quick}, "VIOLATION clean-switch: "},
		{"expected", window + "expect violation clean-switch\n" + program, explore.CheckOptions{Run: closed, Search: quick}, "no schedule violates clean-switch, which the scenario expects"},
		{"inconclusive", window + program, explore.CheckOptions{Run: closed, Search: few}, "inconclusive: 10 schedules "},
		{"allowed", window + program, explore.CheckOptions{Run: closed, Search: few, AllowInconclusive: true}, ""},
		{"syntax", "nosuch\n" + program, explore.CheckOptions{}, ".txtar:1: "},
		{"no search", "hold t1 at f\n" + program, explore.CheckOptions{}, "has no place in a search"},
		{"break", window + program, explore.CheckOptions{Run: experiment.Options{Breaks: []string{"nosuch"}}}, `no break is called "nosuch"`},
	} {
		var f fakeTest
		explore.CheckText(&f, c.text, c.o)
		if !strings.Contains(f.failed, c.want) || (c.want == "") != (f.failed == "") {
			t.Errorf("%s: %q, want %q", c.name, f.failed, c.want)
		}
		if f.failed != "" && f.failed == f.logged {
			t.Errorf("%s: %q is said twice", c.name, f.failed)
		}
	}
	var f fakeTest
	explore.Check(&f, "nosuch.txtar", explore.CheckOptions{})
	if f.failed != "open nosuch.txtar: no such file or directory" {
		t.Errorf("no file: %q", f.failed)
	}
}

// TestCheckTells wants a failure to end with a command that shows it again.
func TestCheckTells(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var f fakeTest
	explore.CheckText(&f, window+program, explore.CheckOptions{
		Bounds: explore.Bounds{Interrupts: 1, Retries: 2}, Search: quick,
		Run: experiment.Options{Model: "klp-6.12", Breaks: []string{experiment.TrustInterrupted}},
	})
	if !strings.Contains(f.failed, " steps, 1 preemption:\n") {
		t.Error(f.failed)
	}
	flags, rest, ok := strings.Cut(f.failed[strings.LastIndex(f.failed, "see it again: "):], "-replay '")
	word, file, ok2 := strings.Cut(rest, "' ")
	if want := "see it again: patchlab explore -interrupts 1 -retries 2 -model klp-6.12 -break trust-preempted-fp "; flags != want || !ok || !ok2 {
		t.Errorf("%q, want %q", flags, want)
	}
	if _, err := search.ParseCompact(word); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(strings.TrimSpace(file)); err != nil || string(text) != window+program {
		t.Errorf("%q, %v", text, err)
	}
}

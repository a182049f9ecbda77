package oracle_test

import (
	"strings"
	"testing"

	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab/experiment"
	"patchlab/livepatch"
)

// visit is a program whose guest goes through a gate into outer, which sleeps for as long
// as it is told and calls inner; the patch replaces both.
const visit = `
-- program.c --
#include <patchlab.h>

void inner(void)
{
	pl_print("old inner\n");
}

u64 outer(u64 nap)
{
	if (nap)
		pl_sleep(nap);
	inner();
	return nap;
}
GATE(0x1000, outer);

__user void guest(void)
{
	gate(0x1000, 500 * MSEC);
	user_sleep(2 * SEC);
	gate(0x1000, 4 * SEC);
	user_sleep(2 * SEC);
	gate(0x1000, 0);
	user_exit(0);
}
TASK("guest", guest, 0);
` + visitPatch

const visitPatch = `
-- patches/visit_new.c --
#include <livepatch.h>

void inner(void);

static void new_inner(void)
{
	pl_print("new inner\n");
}

static u64 new_outer(u64 nap)
{
	if (nap)
		pl_sleep(nap);
	inner();
	return nap + 1;
}

KLP_FUNC(outer, new_outer);
KLP_FUNC(inner, new_inner);
MODULE_INFO(livepatch, "Y");
`

// unload enables the patch, disables it while the guest sleeps in the new outer, and
// unloads it.
const unload = `
wait 1s
insmod visit_new
wait visit_new/transition 0
wait guest in outer
wait guest asleep
write visit_new/enabled 0
wait visit_new/transition 0
rmmod visit_new
wait exit
` + visit

// reach is the same without the second half.
const reach = `
wait guest asleep
insmod visit_new
wait visit_new/transition 0
wait exit
` + visit

// stuck is a guest that sleeps in outer for ever.
const stuck = `
wait guest asleep
insmod sit_new
wait sit_new/transition 0

-- program.c --
#include <patchlab.h>

void sit(void)
{
	for (;;)
		pl_wait(0);
}
GATE(0x1000, sit);

__user void guest(void)
{
	gate(0x1000);
}
TASK("guest", guest, 0);

-- patches/sit_new.c --
#include <livepatch.h>

static void new_sit(void)
{
}

KLP_FUNC(sit, new_sit);
MODULE_INFO(livepatch, "Y");
`

// spin has a task that never sleeps, and goes back and forth between user mode and kernel.
const spin = `
cpus 2
wait 1ms
insmod work_new
wait work_new/transition 0

-- program.c --
#include <patchlab.h>

void work(void)
{
}
GATE(0x1000, work);

__user void spinner(void)
{
	for (;;) {
		gate(0x1000);
		for (volatile int i = 0; i < 10000; i++)
			;
	}
}
TASK("spinner", spinner, 0);

-- patches/work_new.c --
#include <livepatch.h>

static void new_work(void)
{
}

KLP_FUNC(work, new_work);
MODULE_INFO(livepatch, "Y");
`

// TestRules runs for each rule what breaks it, with what is told, and the same unbroken.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule     oracle.Rule
		scenario string // a text, or the name of one
		breaks   string
		want     string // of the rule's first violation
		unbroken string // the rules that are violated even so
	}{
		{oracle.NoMixing, "calls-each-other", livepatch.BreakSwitchInHandler, " was called from inside of the ", ""},
		{oracle.NoMixing, reach, livepatch.BreakSkipStackCheck, "guest: the new inner was called from inside of the old outer (patch visit_new)", ""},
		{oracle.NoMixing, reach, livepatch.BreakWrongRange, "guest: the new inner was called from inside of the old outer (patch visit_new)", ""},
		{oracle.CleanSwitch, reach, livepatch.BreakSkipStackCheck, `guest was switched to the new side of visit_new, by the rule "attempt", while it was in the old outer`, ""},
		{oracle.CleanSwitch, "calls-each-other", livepatch.BreakSwitchInHandler, `by the rule "handler", while it was in the old `, ""},
		{oracle.CleanSwitch, "interrupted-in-stub-after", experiment.TrustInterrupted, `visitor was switched to the old side of evening, by the rule "attempt", while it was on the way, decided already, into the new greet`, ""},
		{oracle.DoneMeansDone, reach, livepatch.BreakSkipStackCheck, "guest is still in the old outer, and all of visit_new is patched", ""},
		{oracle.DoneMeansDone, unload, livepatch.BreakSkipStackCheck, "guest is still in the new outer, and all of visit_new is unpatched", ""},
		{oracle.NothingDangles, unload, livepatch.BreakSkipStackCheck, "visit_new is unloaded while guest is in new_outer", ""},
		{oracle.ReliableMeansComplete, "interrupted-inside", experiment.TrustInterrupted, "the stack of visitor was taken to be complete, and lacks greet", ""},
		{oracle.Quiet, "completion-waits", livepatch.BreakSkipSyncComplete, "WARNING: klp_ftrace_handler: task 2 has no patch state during a transition", ""},
		{oracle.RefusalHasReason, "not-on-stack", livepatch.BreakWideRange, "asker was refused because of answer on its stack, at ", ""},
		{oracle.Progress, spin, livepatch.BreakSkipExitSwitch, "spinner was flagged, has come to user mode, and still is on the old side of work_new", ""},
		{oracle.RightFunction, "seed/ambiguous", livepatch.BreakFirstSymbol, "new replaces f at ", ""},
		{oracle.Progress, "interrupted-in-stub-after", livepatch.BreakSkipExitSwitch, "visitor was flagged, has come to user mode, and still is on the new side of evening", ""},
		{oracle.Progress, stuck, livepatch.BreakWrongRange, "", "progress"},
	} {
		name := c.scenario
		if strings.Contains(name, "\n") {
			name = strings.Fields(name)[1] + " by hand"
		}
		t.Run(c.rule.String()+"/"+c.breaks+"/"+name, func(t *testing.T) {
			b := parseOrOpen(t, c.scenario)
			if r := run(t, b, experiment.Options{MaxTime: 10 * guest.Second}); broken(r.Violations) != c.unbroken {
				t.Errorf("unbroken: %q\n%s", broken(r.Violations), texts(r.Violations))
			}
			r := run(t, b, experiment.Options{Breaks: []string{c.breaks}, MaxTime: 10 * guest.Second})
			first := ""
			for _, v := range r.Violations {
				if v.Rule == c.rule && first == "" {
					first = v.Text
				}
				if v.Attribution != oracle.Model && c.want != "" {
					t.Errorf("%s (%s)", v, v.Attribution)
				}
			}
			if !strings.Contains(first, c.want) || (first == "") != (c.want == "") {
				t.Errorf("told %q\nwant %q\nall:\n%s", first, c.want, texts(r.Violations))
			}
			if c.want != "" && r.OK() {
				t.Error("the report is fine with it")
			}
		})
	}
}

func parseOrOpen(t *testing.T, s string) *experiment.Built {
	t.Helper()
	if strings.Contains(s, "\n") {
		return parse(t, s)
	}
	return open(t, s)
}

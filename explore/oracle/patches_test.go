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

// game has players that call three functions which call each other, asleep and awake,
// under random schedules; a patch for each set of them.
const game = `
-- program.c --
#include <patchlab.h>

u64 b(u64 depth);
u64 c(u64 depth);

u64 a(u64 depth)
{
	if (depth == 3)
		pl_sleep(10 * MSEC);
	return 1 + (depth ? b(depth - 1) : 0);
}

u64 b(u64 depth)
{
	pl_cond_resched();
	return 1 + (depth ? c(depth - 1) : 0);
}

u64 c(u64 depth)
{
	if (depth == 1)
		pl_sleep(5 * MSEC);
	return 1 + (depth ? a(depth - 1) : 0);
}
GATE(0x1000, a);

__user void player(void)
{
	for (int i = 0; i < 800; i++)
		gate(0x1000, 6);
	user_exit(0);
}
TASK("player-1", player, 0);
TASK("player-2", player, 0);
TASK("player-3", player, 0);

-- patches/first.c --
#include <livepatch.h>
u64 b(u64 depth);
u64 c(u64 depth);
static u64 first_a(u64 depth) { if (depth == 3) pl_sleep(10 * MSEC); return 1 + (depth ? b(depth - 1) : 0); }
static u64 first_b(u64 depth) { pl_cond_resched(); return 1 + (depth ? c(depth - 1) : 0); }
KLP_FUNC(a, first_a);
KLP_FUNC(b, first_b);
MODULE_INFO(livepatch, "Y");

-- patches/second.c --
#include <livepatch.h>
u64 c(u64 depth);
u64 a(u64 depth);
static u64 second_b(u64 depth) { pl_sleep(MSEC); return 1 + (depth ? c(depth - 1) : 0); }
static u64 second_c(u64 depth) { pl_cond_resched(); return 1 + (depth ? a(depth - 1) : 0); }
KLP_FUNC(b, second_b);
KLP_FUNC(c, second_c);
MODULE_INFO(livepatch, "Y");

-- patches/all.c --
#include <livepatch.h>
u64 a(u64 depth);
u64 c(u64 depth);
static u64 all_b(u64 depth) { pl_sleep(MSEC); return 1 + (depth ? c(depth - 1) : 0); }
static u64 all_c(u64 depth) { pl_cond_resched(); return 1 + (depth ? a(depth - 1) : 0); }
KLP_FUNC(b, all_b);
KLP_FUNC(c, all_c);
KLP_REPLACE;
MODULE_INFO(livepatch, "Y");
`

// lives are what becomes of patches in the game.
var lives = map[string]string{
	"one": `
insmod first
wait first/transition 0
wait 60ms
write first/enabled 0
wait first/transition 0
rmmod first`,
	"stacked, the lower one goes first": `
insmod first
wait first/transition 0
insmod second
wait second/transition 0
wait 60ms
write first/enabled 0
wait first/transition 0
rmmod first
write second/enabled 0
wait second/transition 0
rmmod second`,
	"stacked, the upper one goes first": `
insmod first
wait first/transition 0
insmod second
wait second/transition 0
write second/enabled 0
wait second/transition 0
rmmod second
wait 60ms
write first/enabled 0
wait first/transition 0`,
	"replaced": `
insmod first
wait first/transition 0
wait 20ms
insmod all
wait all/transition 0
rmmod first
wait 60ms
write all/enabled 0
wait all/transition 0
rmmod all`,
	"reversed": `
insmod first
wait 8ms
write first/enabled 0
wait first/transition 0
rmmod first`,
	"reversed twice": `
insmod first
wait 2ms
write first/enabled 0
wait 2ms
write first/enabled 1
wait first/transition 0`,
	"replacing, reversed": `
insmod first
wait first/transition 0
insmod all
wait 2ms
write all/enabled 0
wait all/transition 0
rmmod all
wait 60ms
write first/enabled 0
wait first/transition 0
rmmod first`,
}

// TestLives runs each life of patches under some schedules: unbroken no rule objects, and
// under breaks one does, for each of them.
func TestLives(t *testing.T) {
	for name, script := range lives {
		t.Run(name, func(t *testing.T) {
			b := parse(t, "cpus 2\nscheduler random\nwait 21ms\n"+script+"\nwait 20ms\n"+game)
			caught, reversed := map[string]int{}, 0
			for seed := range uint64(15) {
				r := run(t, b, experiment.Options{Seed: &seed})
				if len(r.Violations) > 0 || !r.OK() {
					t.Errorf("seed %d: %v %v\n%s", seed, r.Err, r.Failures, texts(r.Violations))
				}
				for _, tr := range r.Transitions {
					if tr.Outcome == "reversed" {
						reversed++
					}
				}
				for _, br := range []string{livepatch.BreakSkipStackCheck, livepatch.BreakSwitchInHandler} {
					r := run(t, b, experiment.Options{Seed: &seed, Breaks: []string{br}})
					if len(r.Violations) > 0 {
						caught[br]++
					}
				}
			}
			if len(caught) < 2 {
				t.Errorf("caught: %v", caught)
			}
			if strings.Contains(name, "reversed") != (reversed > 0) {
				t.Errorf("%d transitions were reversed", reversed)
			}
			t.Log(caught, reversed)
		})
	}
}

// TestForce wants a forced patch not to be judged by the side that tasks are on, and to be
// judged by all else.
func TestForce(t *testing.T) {
	b := newBench(t, visit, lab.Config{})
	b.until(b.is("guest", emu.Asleep))
	b.insmod("visit_new")
	if len(b.Model.Pending()) == 0 {
		t.Fatal("nothing to force")
	}
	b.echo("1", "visit_new/force")
	b.settled()
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

// TestQuietAtTheEnd tells the oracle of a transition that is complete too early.
func TestQuietAtTheEnd(t *testing.T) {
	b := newBench(t, visit, lab.Config{})
	b.until(b.is("guest", emu.Asleep))
	b.insmod("visit_new")
	b.o.Reached(livepatch.Complete, livepatch.Transition{Name: "visit_new", Target: livepatch.Patched})
	want := "quiet: the transition of visit_new is complete, and guest has the patch state 0\n" +
		"quiet: the transition of visit_new is complete, and guest is flagged\n" +
		"quiet: the transition of visit_new is complete, and operator has the patch state 1\n" +
		"quiet: the transition of visit_new is complete, and kworker has the patch state 1\n"
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

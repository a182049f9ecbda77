package oracle_test

import (
	"strings"
	"testing"

	"patchlab/emu"
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
-- patches/again.c --
#include <livepatch.h>
u64 a(u64 depth);
u64 c(u64 depth);
static u64 again_b(u64 depth) { pl_sleep(MSEC); return 1 + (depth ? c(depth - 1) : 0); }
static u64 again_c(u64 depth) { pl_cond_resched(); return 1 + (depth ? a(depth - 1) : 0); }
KLP_FUNC(b, again_b);
KLP_FUNC(c, again_c);
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
	t.Parallel()
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

// TestWhatIsJudged begins bodies in a task behind some lives of patches, as a handler
// would that is wrong.
func TestWhatIsJudged(t *testing.T) {
	load := func(b *bench, name string) {
		b.insmod(name)
		b.settled()
	}
	remove := func(b *bench, name string) {
		b.echo("0", name+"/enabled")
		b.settled()
	}
	unload := func(b *bench, name string) {
		remove(b, name)
		b.until(func() bool { return !b.Leaving(name) })
		if err := b.Unload(name); err != nil {
			b.t.Fatal(err)
		}
	}
	twice := func(b *bench) {
		load(b, "first")
		load(b, "all")
		b.insmod("again")
		if len(b.Model.Pending()) == 0 {
			b.t.Fatal("nothing to take back")
		}
		remove(b, "again")
	}
	for _, c := range []struct {
		name string
		life func(b *bench)
		fn   string // its own body begins
		want string
	}{
		{"patched", func(b *bench) { load(b, "first") }, "a", "done-means-done: player-1 begins to run the old a, and all of first is patched\n"},
		{"not patched by it", func(b *bench) { load(b, "first") }, "c", ""},
		{"unpatched", func(b *bench) { load(b, "first"); remove(b, "first") }, "a", ""},
		{"the lower one has gone", func(b *bench) { load(b, "first"); load(b, "second"); unload(b, "first") }, "c", "done-means-done: player-1 begins to run the old c, and all of second is patched\n"},
		{"replaced", func(b *bench) { load(b, "first"); load(b, "all") }, "a", ""},
		{"replaced, and the other one is gone too", func(b *bench) { load(b, "first"); load(b, "all"); unload(b, "all") }, "b", ""},
		{"replaced, and the next one is taken back", twice, "c", "done-means-done: player-1 begins to run the old c, and all of all is patched\n"},
		{"replaced, and the next one is taken back", twice, "a", ""},
		{"taken back by force", func(b *bench) {
			load(b, "first")
			b.insmod("all")
			b.echo("0", "all/enabled")
			if len(b.Model.Pending()) == 0 {
				b.t.Fatal("nobody has to go back")
			}
			b.echo("1", "all/force")
			b.settled()
		}, "a", ""},
		{"not replaced after all", func(b *bench) {
			load(b, "first")
			b.insmod("all")
			if len(b.Model.Pending()) == 0 {
				b.t.Fatal("nothing to take back")
			}
			remove(b, "all")
		}, "a", "done-means-done: player-1 begins to run the old a, and all of first is patched\n" +
			"done-means-done: player-1 begins to run the new a, and all of all is unpatched\n"},
	} {
		b := newBench(t, game, lab.Config{CPUs: 2})
		b.until(func() bool { return b.Now() > guest.Second/50 })
		c.life(b)
		fn := b.b.Program.ByName(c.fn)[0].Addr
		b.o.Committed(b.task("player-1"), emu.Activation{Fn: fn, Body: fn, Committed: true}, nil)
		if got := texts(b.o.Violations()); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

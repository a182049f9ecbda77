package experiment_test

import (
	"errors"
	"strings"
	"testing"

	"patchlab/lab/experiment"
)

// ordered is a program of two tasks that note in which order they do something, and of a
// third one that never comes to it.
const ordered = `
-- program.c --
#include <patchlab.h>
u8 order[8] = "-------";
u64 n;
u32 table[2] = { 7, 0x80000001 };
noinline void note(u64 who)
{
	order[n++] = 'a' + who;
	__asm__ volatile("noted: nop" ::: "memory");
}
void work(u64 who)
{
	note(who);
	if (who == 1)
		pl_sleep(1 * SEC);
	note(who);
}
GATE(0x1000, work);
__user void worker(u64 who) { gate(0x1000, who); user_exit(0); }
TASK("a", worker, 0);
TASK("b", worker, 1);
-- patches/other.c --
#include <livepatch.h>
static void other_work(u64 who) {}
static void other_note(u64 who) {}
KLP_FUNC(work, other_work);
KLP_FUNC(note, other_note);
MODULE_INFO(livepatch, "Y");
`

// TestCommands runs scripts of single commands: what is not as expected, and how they end.
func TestCommands(t *testing.T) {
	for _, c := range []struct {
		name, script string
		failures     []string // the beginning of each
		err          string   // a part
	}{
		{name: "one behind the other", script: `
			run b until note+noted
			run a until note
			expect memory order text 'b------'
			run a until note+noted
			run a until note
			run a until note+noted
			expect a held
			expect a in work
			expect b in note
			expect memory order text 'baa----'
			release a
			release b
			wait exit
			expect memory order text 'baab---'`},
		{name: "time goes on alone", script: "run b until note+noted\nrun b until note+noted\nexpect memory order text b-\nrun b until note\nrun b until note+noted\nexpect a runnable\nexpect memory order text 'bb'"},
		{name: "others go on", script: "hold b at note+noted\nwait 1s\nexpect memory order text 'aab-'\nexpect a exited"},
		{name: "never there", script: "run b until note+noted\nhold b at note+noted\nrun b until work", err: "x.txtar:3: not converged: waiting until b is at work: b has exited"},
		{name: "held for ever", script: "hold a at work\nrelease a\nwait exit\nhold a at work", err: "x.txtar:4: not converged: waiting until a is at work: a has exited"},
		{name: "held meanwhile", script: "hold a at work\nwait a in note", err: "x.txtar:2: not converged: waiting until a is in note: a is held"},
		{name: "held, and there", script: "hold a at note\nwait a in work"},
		{name: "exited in a transition", script: "wait b asleep\ninsmod other\nwait a asleep", err: "x.txtar:3: not converged: waiting until a sleeps: a has exited"},
		{name: "held in a transition", script: "hold a at work\nhold b at note\ninsmod other\nwait other/transition 0", err: "x.txtar:4: not converged: waiting until other/transition is 0, for which a, b must be switched: stopped at 300"},
		{name: "an idle task", script: "hold swapper/0 at work", err: "x.txtar:1: swapper/0 is an idle task: it only has a side, and runs no code of the program"},
		{name: "another idle task", script: "expect swapper/1 pending", err: `x.txtar:1: no task is called "swapper/1": did you mean "swapper/0"?`},
		{name: "on the way", script: "wait b asleep\nwait b in nowhere", err: `x.txtar:2: neither program nor patches have a function "nowhere": none is called anything like it`},
		{name: "numbers", script: "expect memory table u32 == 7\nexpect memory table+4 u32 == 0x80000001\nexpect memory table u64 == 0x8000000100000007\nexpect memory table+7 u8 > 127\nexpect memory table+4 u16 < 2"},
		{name: "another number", script: "expect memory table+4 u16 == 2", failures: []string{"x.txtar:1: u16 at table+0x4 is 1, expected == 2"}},
		{name: "bytes", script: "expect memory table bytes 07000000\nexpect memory table bytes 07000001", failures: []string{"x.txtar:2: at table lies 07 00 00 00, expected 07 00 00 01"}},
		{name: "characters", script: "expect memory order text -", failures: nil},
		{name: "other characters", script: "expect memory order text '--a'", failures: []string{`x.txtar:1: at order lies "---", expected "--a"`}},
		{name: "beyond", script: "expect memory table+4 u64 == 0", err: "x.txtar:1: table+0x4 to table+0xc is not all in table, which has 8 bytes"},
		{name: "far beyond", script: "expect memory table+9 u8 == 0", err: "x.txtar:1: table+0x9 to table+0xa is not all in table, which has 8 bytes"},
		{name: "no place", script: "wait exit\nexpect memory tabel u8 == 0", err: `x.txtar:2: the program has no symbol "tabel": did you mean "table"?`},
		{name: "no variable", script: "expect variable m == 0", err: `x.txtar:1: the program has no variable "m": there are `},
		{name: "text of a function", script: "expect memory note u8 != 0"},
		{name: "states", script: "wait b asleep\nexpect b asleep\nexpect b held\nexpect b in note", failures: []string{
			"x.txtar:3: b is asleep in pl_sleep < work < gate, expected held", "x.txtar:4: b is not in note: it is asleep in pl_sleep",
		}},
		{name: "exited", script: "wait exit\nexpect b exited\nexpect b in work", failures: []string{"x.txtar:3: b is not in work: it is exited"}},
		{name: "log", script: "insmod other\nwait other/transition 0\nexpect log has 'enabling patch'\nexpect log has nothing", failures: []string{`x.txtar:4: the log has no "nothing" in it: its last line is "livepatch: 'other': patching complete"`}},
		{name: "output", script: "wait exit\nexpect output has a", failures: []string{`x.txtar:2: the output has no "a" in it: its last line is ""`}},
		{name: "outside", script: "wait exit\nhold a at note+0x999", err: "x.txtar:2: note+0x999 lies outside of note, which has "},
		{name: "inside of an instruction", script: "run a until work+1", err: "x.txtar:1: work+0x1 lies inside of an instruction: they begin at work+0x0 and work+0x5"},
		{name: "no label", script: "run a until note+notd", err: `x.txtar:1: note has no label "notd": did you mean "noted"?`},
		{name: "label of another", script: "run a until work+noted", err: `x.txtar:1: work has no label "noted": there are none`},
		{name: "a patch that is not there yet", script: "hold a at other_work", err: `x.txtar:1: no function or label "other_work"`},
		{name: "no new body", script: "expect calls worker new == 0", err: `x.txtar:1: no patch replaces a function "worker": did you mean "work"?`},
		{name: "not counted", script: "expect calls worker old == 0", err: "x.txtar:1: calls of worker are not counted: "},
		{name: "another on the stack", script: "wait b asleep\ninsmod other\nexpect b pending on-stack note\nwait other/transition 0", failures: []string{"x.txtar:3: b:2 pending: on stack: work, "}},
		{name: "never on a stack", script: "expect a pending on-stack wrok", err: `x.txtar:1: no patch replaces a function "wrok": did you mean "work"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			script := strings.TrimPrefix(c.script, "\n")
			r, err := build(t, script+ordered).Run(experiment.Options{})
			if r != nil {
				defer r.Lab.Close()
				for i, f := range r.Failures {
					if i >= len(c.failures) || !strings.HasPrefix(f.Error(), c.failures[i]) {
						t.Errorf("failure %v", f)
					}
				}
				if len(r.Failures) < len(c.failures) {
					t.Errorf("failures %v, want %q", r.Failures, c.failures)
				}
			}
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

// TestWaitsForOthers wants a task that is to move alone, and cannot, to be reported as such.
func TestWaitsForOthers(t *testing.T) {
	r, err := build(t, "run sleeper until wake\nwait exit\n-- program.c --\n"+`#include <patchlab.h>
u64 door;
void nap(void) { pl_wait(&door); }
void wake(void) { pl_wake(&door); }
GATE(0x1000, nap);
GATE(0x1001, wake);
__user void first(void) { gate(0x1000); gate(0x1001); user_exit(0); }
__user void second(void) { gate(0x1001); user_exit(0); }
TASK("sleeper", first, 0);
TASK("waker", second, 0);
`).Run(experiment.Options{})
	if r == nil {
		t.Fatal(err)
	}
	defer r.Lab.Close()
	want := "x.txtar:1: not converged: waiting until sleeper is at wake: it is asleep in pl_wait < nap < gate, and nothing will change that while all others stand still"
	if !errors.Is(err, experiment.ErrNotConverged) || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

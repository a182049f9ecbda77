package experiment_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

// small returns a scenario of one task, worker, that passes a gate into work once, and of
// a patch, other, that replaces work.
func small(script, work string) string {
	return script + "\n-- program.c --\n#include <patchlab.h>\n" + work + `
GATE(0x1000, work);
__user void worker(void) { gate(0x1000); user_exit(0); }
TASK("worker", worker, 0);
-- patches/other.c --
#include <livepatch.h>
static void other_work(void) { pl_print("other\n"); }
KLP_FUNC(work, other_work);
MODULE_INFO(livepatch, "Y");
`
}

const (
	plainWork  = `void work(void) { pl_print("work\n"); }`
	asleepWork = `void work(void) { pl_sleep(2 * SEC); }`
)

func build(t *testing.T, text string) *experiment.Built {
	t.Helper()
	s, err := scenario.Parse("x.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRun runs small scenarios: what is not as expected, and how they end.
func TestRun(t *testing.T) {
	undefined := "\n-- patches/broken.c --\n#include <livepatch.h>\nvoid nowhere(void);\n" +
		"static void broken_work(void) { nowhere(); }\nKLP_FUNC(work, broken_work);\nMODULE_INFO(livepatch, \"Y\");\n"
	unmarked := "\n-- patches/unmarked.c --\n#include <livepatch.h>\nstatic void unmarked_work(void) {}\nKLP_FUNC(work, unmarked_work);\n"
	for _, c := range []struct {
		name, script, work, more string
		options                  experiment.Options
		failures                 []string // the beginning of each
		err                      string   // a part
		is                       error
	}{
		{name: "as expected", script: "wait exit\nexpect mixed 0\nexpect calls work old == 1", work: plainWork},
		{name: "calls", script: "wait exit\nexpect calls work new >= 1", work: plainWork, failures: []string{"x.txtar:2: 0 calls of work ran the new body, expected >= 1"}},
		{name: "each failure", script: "expect worker/patch_state 1\nexpect other/enabled 1\nwait exit", work: plainWork, failures: []string{
			"x.txtar:1: worker/patch_state is -1, expected 1", "x.txtar:2: other/enabled: ",
		}},
		{name: "a task that has exited", script: "wait exit\nexpect worker/patch_state 0", work: plainWork, failures: []string{"x.txtar:2: worker/patch_state: worker has exited"}},
		{name: "waiting for a task that has exited", script: "wait exit\nwait worker/patch_state 0", work: plainWork, err: "x.txtar:2: not converged: waiting until worker/patch_state is 0: worker has exited", is: experiment.ErrNotConverged},
		{name: "not pending", script: "wait exit\ninsmod other\nexpect kworker pending", work: plainWork, failures: []string{"x.txtar:3: kworker is not pending: its patch_state is "}},
		{name: "another reason", script: "wait worker asleep\ninsmod other\nexpect worker pending unreliable\nwait other/transition 0", work: asleepWork, failures: []string{"x.txtar:3: worker:1 pending: on stack: work, "}},
		{name: "another function", script: "wait worker asleep\ninsmod other\nexpect worker pending on-stack worker\nwait other/transition 0", work: asleepWork, err: `x.txtar:3: no patch replaces a function "worker": did you mean "work"?`},
		{name: "not switched", script: "expect worker switched attempt\nwait exit", work: plainWork, failures: []string{"x.txtar:1: worker was not switched yet"}},
		{name: "another rule", script: "wait worker asleep\ninsmod other\nexpect operator switched exit-gate\nwait other/transition 0", work: asleepWork, failures: []string{`x.txtar:3: operator was switched by the rule "attempt", expected exit-gate`}},
		{name: "output", script: "wait exit\nexpect output", work: plainWork, more: "-- expect/output --\nplay\n", failures: []string{`x.txtar:16: the output differs in line 1: got "work", expected "play"`}},
		{name: "log", script: "wait exit\nexpect log", work: plainWork, more: "-- expect/log --\nsomething\n", failures: []string{`x.txtar:16: the log differs in line 1: got the end, expected "something"`}},
		{name: "had to fail", script: "wait exit\n! insmod other\nwait other/transition 0", work: plainWork, failures: []string{"x.txtar:2: succeeded, and had to fail"}},
		{name: "failed otherwise", script: "wait exit\n! insmod unmarked\nerror 'No such'", work: plainWork, more: unmarked, failures: []string{"x.txtar:2: failed with \"insmod: ERROR: could not insert module test_modules/unmarked.ko: Invalid parameters"}},
		{name: "must not fail", script: "wait exit\ninsmod unmarked", work: plainWork, more: unmarked, failures: []string{"x.txtar:2: insmod: ERROR: could not insert module test_modules/unmarked.ko: Invalid parameters"}},
		{name: "does not link", script: "insmod broken\nwait exit", work: plainWork, more: undefined, err: "x.txtar:1: insmod: ERROR: could not insert module test_modules/broken.ko: Unknown symbol in module (broken: "},
		{name: "need not link", script: "! insmod broken\nerror 'Unknown symbol'\nwait exit", work: plainWork, more: undefined},
		{name: "no task", script: "hold nobody at work", work: plainWork, err: `x.txtar:1: no task is called "nobody": there are worker, operator, kworker`},
		{name: "no function", script: "wait worker in nowhere", work: plainWork, err: `x.txtar:1: neither program nor patches have a function "nowhere": `},
		{name: "a patch's function", script: "wait worker in other_work", work: plainWork, err: "x.txtar:1: not converged: waiting until worker is in other_work: worker has exited", is: experiment.ErrNotConverged},
		{name: "not held", script: "release worker", work: plainWork, err: "x.txtar:1: worker is not held"},
		{name: "no model", script: "wait exit", work: plainWork, options: experiment.Options{Model: "close"}, err: `x.txtar: no model is called "close": did you mean "closed"?`},
		{name: "no break", script: "wait exit", work: plainWork, options: experiment.Options{Breaks: []string{"wide"}}, err: `x.txtar: no break is called "wide": did you mean "wide-range"?`},
		{name: "time", script: "wait exit", work: asleepWork, options: experiment.Options{MaxTime: guest.Second}, err: "x.txtar:1: not converged: waiting until all tasks have exited: stopped at 2.000", is: experiment.ErrNotConverged},
		{name: "host's time", script: "wait exit", work: "void work(void) { for (;;) ; }", options: experiment.Options{MaxWall: 50 * time.Millisecond}, err: "x.txtar:1: not converged: waiting until all tasks have exited: the bound of 50ms on the host's time is reached", is: experiment.ErrNotConverged},
		{name: "canceled", script: "wait exit", work: "void work(void) { for (;;) ; }", options: experiment.Options{Cancel: closed()}, err: "x.txtar:1: interrupted while waiting until all tasks have exited", is: experiment.ErrCanceled},
		{name: "fault", script: "wait exit", work: "void work(void) { __builtin_trap(); }", err: "x.txtar:1: worker:1 in kernel mode at 0x", is: emu.ErrGuest},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := build(t, small(c.script, c.work+"\n")+c.more).Run(c.options)
			var failures []string
			if r != nil {
				defer r.Lab.Close()
				for _, f := range r.Failures {
					failures = append(failures, f.Error())
				}
				if !errors.Is(r.Err, err) || (err != nil) != (r.Rest != nil) || r.OK() != (err == nil && failures == nil) {
					t.Errorf("the report has the error %v, ok %t, rest %v", r.Err, r.OK(), r.Rest)
				}
			}
			if !slices.EqualFunc(failures, c.failures, strings.HasPrefix) {
				t.Errorf("failures:\n%s\nwant:\n%s", strings.Join(failures, "\n"), strings.Join(c.failures, "\n"))
			}
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			for _, sentinel := range []error{experiment.ErrNotConverged, experiment.ErrCanceled, emu.ErrGuest} {
				if errors.Is(err, sentinel) != (c.is == sentinel) {
					t.Errorf("%v is %q: %t", err, sentinel, c.is != sentinel)
				}
			}
		})
	}
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// TestLines wants output to come line by line, whatever the pieces, and the rest at the
// end.
func TestLines(t *testing.T) {
	work := `void work(void)
{
	pl_print("a ");
	pl_sleep(1 * MSEC);
	pl_print("line\nand another\n\nan");
	pl_print(" unfinished one");
}
GATE(0x1001, work);
__user void second(void) { gate(0x1001); user_exit(0); }
TASK("second", second, 0);
`
	var stream strings.Builder
	r, err := build(t, small("wait exit", work)).Run(experiment.Options{Timeline: &stream})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Lab.Close()
	var got []string
	for _, e := range r.Events {
		got = append(got, fmt.Sprintf("%d %s: %s", e.Time/1e6, e.Name, e.Text))
		if !strings.Contains(stream.String(), strings.TrimRight(e.Name+"  "+e.Text, " ")) {
			t.Errorf("%q is not in the stream:\n%s", e.Text, stream.String())
		}
	}
	want := []string{
		"1 second: a line", "1 second: and another", "1 second: ",
		"1 worker: a line", "1 worker: and another", "1 worker: ",
		"1 second: an unfinished one", "1 worker: an unfinished one",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestPlaces wants the report of a run that stands still to say where everybody is.
func TestPlaces(t *testing.T) {
	r, err := build(t, small("hold worker at work\nwait exit", plainWork)).Run(experiment.Options{})
	if !errors.Is(err, experiment.ErrNotConverged) || !strings.Contains(err.Error(), "nothing moves any more: worker is held") {
		t.Fatal(err)
	}
	defer r.Lab.Close()
	want := []experiment.Place{
		{Name: "worker", Where: "held before work, interrupted in the kernel", Stack: []string{"work+0x0 (x.txtar:5)", "gate"}},
		{Name: "operator", Where: "asleep"},
		{Name: "kworker", Where: "asleep in step W.wait"},
	}
	if !reflect.DeepEqual(r.Rest, want) {
		t.Errorf("%+v, want %+v", r.Rest, want)
	}
}

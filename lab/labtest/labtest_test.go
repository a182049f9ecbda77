package labtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/labtest"
	"patchlab/livepatch"
)

// exampleT is a test that ends when it fails.
type exampleT struct {
	name     string
	failures []string
	cleanups []func()
}

func (t *exampleT) Helper()          {}
func (t *exampleT) Name() string     { return t.name }
func (t *exampleT) Failed() bool     { return len(t.failures) > 0 }
func (t *exampleT) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

func (t *exampleT) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(t)
}

// attempt runs a test as testing does, and returns how it has failed.
func attempt(name string, test func(t labtest.TB)) string {
	t := &exampleT{name: name}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(t) {
				panic(p)
			}
		}()
		test(t)
	}()
	for _, f := range t.cleanups {
		f()
	}
	return strings.Join(t.failures, "\n---\n")
}

// stuck is a program whose task sleeps in the patched function for ever.
const stuck = `#include <patchlab.h>
enum { NAP = 0x1000 };
u64 never;
u64 nap(void) { pl_wait(&never); return 1; }
void gate_nap(void) { nap(); }
GATE(NAP, gate_nap);
__user void user(void) { gate(NAP); user_exit(0); }
TASK("user", user, 0);
`

const napPatch = `#include <livepatch.h>
static u64 new_nap(void) { return 2; }
KLP_FUNC(nap, new_nap);
MODULE_INFO(livepatch, "Y");
`

// TestFailures holds what a test that fails prints.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(t labtest.TB)
		want []string // in this order
	}{
		{"a transition that waits for ever", func(t labtest.TB) {
			l := labtest.New(t, labtest.C(stuck), lab.Config{MaxTime: 5 * guest.Second})
			l.Until("it sleeps", l.Asleep("user"))
			l.Insmod("nap_new", labtest.C(napPatch))
			l.Until("the transition is complete", l.Settled)
		}, []string{
			"waiting until the transition is complete: ", "at 5.0", "user         asleep in pl_wait+",
			" < nap+", " < gate_nap+", "user:1 pending: on stack: nap", "log: livepatch: 'nap_new': starting patching transition",
			"digest ", "; the same again: go test -C ", "-run '^Test/of$/^mine\\(1\\)$' .",
		}},
		{"a model that errs", func(t labtest.TB) {
			l := labtest.New(t, labtest.C(stuck), lab.Config{Model: livepatch.Options{Breaks: []string{livepatch.BreakSkipStackCheck}}})
			l.Until("it sleeps", l.Asleep("user"))
			l.Insmod("nap_new", labtest.C(napPatch))
		}, []string{"clean-switch: user was switched", "at 0.0", "the same again"}},
		{"a source that does not compile", func(t labtest.TB) {
			labtest.New(t, labtest.C("#include <patchlab.h>\nint x = nothing;\n"), lab.Config{})
		}, []string{"labtest_test.go:", "nothing"}},
		{"no such task", func(t labtest.TB) {
			labtest.New(t, labtest.C(stuck), lab.Config{}).Asleep("nobody")
		}, []string{"no task is called nobody"}},
		{"a patch that does not fit", func(t labtest.TB) {
			l := labtest.New(t, labtest.C(stuck), lab.Config{})
			l.Insmod("other", labtest.C(strings.Replace(napPatch, "KLP_FUNC(nap", "KLP_FUNC(missing", 1)))
		}, []string{"could not insert module", "log: livepatch: symbol 'missing' not found"}},
		{"nothing to write to", func(t labtest.TB) {
			labtest.New(t, labtest.C(stuck), lab.Config{}).Echo("0", "gone/enabled")
		}, []string{"echo 0 > gone/enabled: "}},
		{"no handler", func(t labtest.TB) {
			labtest.New(t, labtest.C(stuck), lab.Config{}).HookAt("nap")
		}, []string{"hook of nap: the laboratory has no handler"}},
		{"a task that stays", func(t labtest.TB) {
			labtest.New(t, labtest.C(stuck), lab.Config{}).Finish()
		}, []string{"nothing moves any more, and user has not exited"}},
	} {
		got := attempt("Test/of/mine(1)", c.test)
		rest := got
		for _, want := range c.want {
			want = strings.Replace(want, "^Test/of$", "^Test$/^of$", 1)
			_, after, ok := strings.Cut(rest, want)
			if !ok {
				t.Errorf("%s: no %q in its place in\n%s", c.name, want, got)
				break
			}
			rest = after
		}
	}
}

// TestPasses wants a test that is right to say nothing, and allowed violations to pass.
func TestPasses(t *testing.T) {
	got := attempt("Test", func(t labtest.TB) {
		l := labtest.New(t, labtest.C(stuck), lab.Config{Model: livepatch.Options{Breaks: []string{livepatch.BreakSkipStackCheck}}})
		l.Allow("clean-switch", "done-means-done")
		l.Until("it sleeps", l.Asleep("user"))
		l.Insmod("nap_new", labtest.C(napPatch))
		l.Echo("0", "nap_new/enabled")
		if l.Output() != "" {
			l.Fatalf("output %q", l.Output())
		}
	})
	if got != "" {
		t.Error(got)
	}
}

// TestFailsForTheCommand fails on purpose, in a process of its own.
func TestFailsForTheCommand(t *testing.T) {
	if os.Getenv("LABTEST_FAIL") == "" {
		t.Skip("it fails for TestReplayCommand only")
	}
	labtest.New(t, labtest.C(stuck), lab.Config{}).Finish()
}

// TestReplayCommand wants the command that a failure prints to fail in the same way, to the
// digest.
func TestReplayCommand(t *testing.T) {
	t.Setenv("LABTEST_FAIL", "1")
	first, err := exec.Command("go", "test", "-count=1", "-run", "^TestFailsForTheCommand$", ".").CombinedOutput()
	m := regexp.MustCompile(`digest ([0-9a-f]+); the same again: (.*)`).FindSubmatch(first)
	if err == nil || m == nil {
		t.Fatalf("%v\n%s", err, first)
	}
	again, err := exec.Command("sh", "-c", string(m[2])).CombinedOutput()
	if err == nil || !strings.Contains(string(again), "digest "+string(m[1])) {
		t.Errorf("%s: %v\n%s", m[2], err, again)
	}
}

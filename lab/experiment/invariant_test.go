package experiment_test

import (
	"strings"
	"testing"

	"patchlab/lab/experiment"
)

// counting is a program whose task adds 1 to a counter, four times, with the patch other
// that adds 10.
const counting = `
-- program.c --
#include <patchlab.h>
u64 counter = 0;
unsigned char small = 7;
char text[16] = "x";
void add(void) { counter += 1; pl_print("a\n"); }
void work(void)
{
	for (int i = 0; i < 4; i++) {
		add();
		pl_sleep(SEC);
	}
}
GATE(0x1000, work);
__user void worker(void) { gate(0x1000); gate(0x1000); user_exit(0); }
TASK("worker", worker, 0);
-- patches/other.c --
#include <livepatch.h>
extern u64 counter;
static void other_add(void) { counter += 10; pl_print("b\n"); }
KLP_FUNC(add, other_add);
MODULE_INFO(livepatch, "Y");
`

func TestInvariants(t *testing.T) {
	for _, c := range []struct {
		name, script string
		failures     []string // the beginning of each
		err          string   // a part
	}{
		{name: "hold", script: "always counter <= 80\nalways small == 7\nnever output c\nnever worker runs add new\nwait exit\nexpect variable counter == 8"},
		{name: "always", script: "always counter < 3\nwait exit", failures: []string{"x.txtar:1: counter is 3, and was always to be < 3"}},
		{name: "from there on only", script: "wait 2s\nalways counter >= 2\nwait exit"},
		{name: "a byte", script: "always small == 8\nwait exit", failures: []string{"x.txtar:1: small is 7, and was always to be == 8"}},
		{name: "output", script: "never output \"a\na\"\nwait exit", failures: []string{"x.txtar:1:"}, err: ""},
		{name: "output of a patch", script: "never output b\ninsmod other\nwait exit", failures: []string{`x.txtar:1: the output has "b" in it, and was never to`}},
		{name: "never runs", script: "insmod other\nnever worker runs add new\nwait exit", failures: []string{"x.txtar:2: worker runs the new body of add, and was never to"}},
		{name: "never runs the old", script: "insmod other\nwait other/transition 0\nnever worker runs add old\nwait exit"},
		{name: "now", script: "wait exit\nexpect variable counter == 7", failures: []string{"x.txtar:2: counter is 8, expected == 7"}},
		{name: "no variable", script: "always nothing == 1", err: `x.txtar:1: the program has no variable "nothing"`},
		{name: "a function", script: "always add == 1", err: `x.txtar:1: the program has no variable "add"`},
		{name: "too large", script: "expect variable text == 1", err: `x.txtar:1: the variable "text" has 16 bytes: want 1, 2, 4 or 8`},
		{name: "no task", script: "never nobody runs add old", err: `x.txtar:1: no task is called "nobody"`},
		{name: "not patched", script: "never worker runs work old", err: `x.txtar:1: no patch replaces a function "work"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "output" {
				c.script = "never output aa\nwait exit"
				c.failures = nil // each is on a line of its own
			}
			r, err := build(t, c.script+counting).Run(experiment.Options{})
			if r != nil && r.Lab != nil {
				defer r.Lab.Close()
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if r == nil {
				return
			}
			if len(r.Failures) != len(c.failures) {
				t.Fatalf("failures %v, want %q", r.Failures, c.failures)
			}
			for i, f := range r.Failures {
				if !strings.HasPrefix(f.Error(), c.failures[i]) {
					t.Errorf("failure %v, want %q", f, c.failures[i])
				}
			}
		})
	}
}

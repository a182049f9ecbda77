package explore_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

// twoTasks has two tasks with redirected calls, memory that each has for itself and some
// that they share, and after the patch nothing that waits.
const twoTasks = `
insmod new
wait new/transition 0
explore
wait exit
expect mixed 0
-- program.c --
#include <patchlab.h>
u64 own[64], shared;
u64 f(u64 n)
{
	own[8 * n]++;
	if (n == WRITES)
		shared = n;
	own[8 * n] += shared;
	return 0;
}
u64 quiet(u64 n)
{
	pl_preempt_disable();
	own[8 * n] += 10;
	pl_preempt_enable();
	return n;
}
GATE(0x1000, f);
GATE(0x1001, quiet);
__user void task(u64 n)
{
	gate(GATE_NR, n);
	user_exit(0);
}
TASK("t1", task, 1);
TASK("t2", task, 2);
-- patches/new.c --
#include <livepatch.h>
extern u64 own[64], shared;
static u64 new_f(u64 n)
{
	own[8 * n] += 2;
	if (n == WRITES)
		shared = n;
	own[8 * n] += shared;
	return 0;
}
KLP_FUNC(f, new_f);
MODULE_INFO(livepatch, "Y");
`

// two returns twoTasks with tasks that enter at a gate, the one of that number writing to
// what they share.
func two(gate, writes string) string {
	return strings.NewReplacer("GATE_NR", gate, "WRITES", writes).Replace(twoTasks)
}

// parsed returns a scenario of this text, or of a file of testprogs/seed where it is the
// name of one.
func parsed(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	file := "two.txtar"
	if !strings.Contains(text, "\n") {
		file = filepath.Join("..", "testprogs", "seed", text+".txtar")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = string(data)
	}
	s, err := scenario.Parse(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// outcome is what a run has come to: how it ended, by which rule, and all of the state.
type outcome struct{ end, state, text string }

// recording is a system that holds the runs of each class against each other.
type recording struct {
	search.System
	seen    map[[2]uint64]outcome
	texts   map[string]bool
	merged  *string // the first class whose runs differ
	blinded bool    // all runs are told to be one class
}

func (r *recording) Do(c search.Choice) (search.Status, error) {
	status, err := r.System.Do(c)
	if err != nil || status != search.Done && status != search.Failed {
		return status, err
	}
	text := r.System.(search.ClassTeller).ClassText()
	o := outcome{status.String(), string(r.State(nil)), text}
	if status == search.Failed {
		o.end += " " + r.Failure().Rule
	}
	class := r.Class()
	was, known := r.seen[class]
	if known && was != o && *r.merged == "" {
		*r.merged = "runs of one class end differently:\n" + was.end + "\n" + was.text + "\n" + o.end + "\n" + o.text
	}
	r.seen[class], r.texts[text] = o, true
	return status, err
}

// Class implements [search.Classifier].
func (r *recording) Class() [2]uint64 {
	if r.blinded {
		return [2]uint64{}
	}
	return r.System.(search.Classifier).Class()
}

// record searches with a strategy that tries schedules one by one, and compares.
func record(t *testing.T, text string, interrupts, bound int, blinded bool) (*search.Result, string) {
	t.Helper()
	built, err := experiment.Build(parsed(t, text), nil)
	if err != nil {
		t.Fatal(err)
	}
	sys, err := explore.NewSystem(built, explore.Bounds{Interrupts: interrupts}, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close()
	merged := ""
	r := &recording{sys.Classify(), map[[2]uint64]outcome{}, map[string]bool{}, &merged, blinded}
	result, err := search.Search(context.Background(), func() (search.System, error) { return r, nil },
		search.Options{Strategy: search.Preemptions(bound), All: true})
	if err != nil {
		t.Fatal(err)
	}
	if int(result.Counts.Classes) != len(r.texts) && !blinded {
		t.Errorf("%d classes by hash, %d by text", result.Counts.Classes, len(r.texts))
	}
	return result, merged
}

// TestClasses wants all runs of a class to end in the same state, and in the same way.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		name, text        string
		interrupts, bound int
	}{
		{"one task and the operator", "disable-reschedule", 0, 1},
		{"interrupts", "disable", 1, 1},
		{"nothing shared", two("0x1000", "3"), 0, 2},
		{"one writes", two("0x1000", "2"), 0, 2},
		{"preemption off", two("0x1001", "3"), 0, -1},
		{"with interrupts", two("0x1001", "3"), 1, 2},
	} {
		r, merged := record(t, c.text, c.interrupts, c.bound, false)
		if merged != "" {
			t.Errorf("%s: %s", c.name, merged)
		}
		t.Logf("%s: %s", c.name, r.Sentence())
	}
}

// TestBlind wants the comparison above to notice when runs of several classes are taken
// to be of one.
func TestBlind(t *testing.T) {
	if _, merged := record(t, two("0x1000", "2"), 0, 2, true); merged == "" {
		t.Error("nothing noticed")
	}
}

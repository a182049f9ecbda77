package oracle_test

import (
	"slices"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/testprogs"
)

// open compiles one of the scenarios that come with patchlab.
func open(t testing.TB, name string) *experiment.Built {
	t.Helper()
	s, err := testprogs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, s)
}

// parse compiles a scenario that a test has written.
func parse(t testing.TB, text string) *experiment.Built {
	t.Helper()
	s, err := scenario.Parse("x.txtar", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, s)
}

func compile(t testing.TB, s *scenario.Scenario) *experiment.Built {
	t.Helper()
	b, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run runs a scenario and returns its report.
func run(t testing.TB, b *experiment.Built, o experiment.Options) *experiment.Report {
	t.Helper()
	r, err := b.Run(o)
	if r == nil {
		t.Fatal(err)
	}
	if err := r.Lab.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

// broken returns the names of the rules that were violated, each once, in order.
func broken(found []oracle.Violation) string {
	var names []string
	for _, v := range found {
		if !slices.Contains(names, v.Rule.String()) {
			names = append(names, v.Rule.String())
		}
	}
	return strings.Join(names, " ")
}

// texts returns what the violations say, a line each.
func texts(found []oracle.Violation) string {
	var b strings.Builder
	for _, v := range found {
		b.WriteString(v.String() + "\n")
	}
	return b.String()
}

// bench is a laboratory that a test drives by hand.
type bench struct {
	*lab.Lab
	t testing.TB
	o *oracle.Oracle
	b *experiment.Built
}

// newBench makes a laboratory for a scenario's program. Its script does not count.
func newBench(t testing.TB, text string, c lab.Config) *bench {
	t.Helper()
	built := parse(t, text)
	c.Program = built.Program
	l, err := lab.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &bench{l, t, oracle.Attach(l), built}
}

// until runs until cond holds.
func (b *bench) until(cond func() bool) {
	b.t.Helper()
	if ok, err := b.Run(cond); !ok || err != nil {
		b.t.Fatalf("the run ended at %d ns: %v, %s", b.Now(), err, texts(b.o.Violations()))
	}
}

// insmod loads a patch and begins to enable it.
func (b *bench) insmod(name string) {
	b.t.Helper()
	if err := b.Load(b.b.Patches[name]); err != nil {
		b.t.Fatal(err)
	}
	b.until(b.Done)
	if err := b.Loaded(name); err != nil {
		b.t.Fatal(err)
	}
}

// echo writes to a file of a patch.
func (b *bench) echo(value, path string) {
	b.t.Helper()
	if err := b.Write(path, value); err != nil {
		b.t.Fatal(err)
	}
	b.until(b.Done)
	if err := b.Result(); err != nil {
		b.t.Fatal(err)
	}
}

// settled runs until no transition is left.
func (b *bench) settled() {
	b.t.Helper()
	b.until(func() bool {
		for _, name := range b.Model.Patches() {
			if busy, err := b.Model.ReadAttr(name + "/transition"); busy == "1\n" || err != nil {
				return false
			}
		}
		return true
	})
}

// task returns the id of a task.
func (b *bench) task(name string) guest.TaskID {
	b.t.Helper()
	id, ok := b.Machine.TaskByName(name)
	if !ok {
		b.t.Fatalf("no task %s", name)
	}
	return id
}

// is reports a task's state.
func (b *bench) is(name string, s emu.TaskState) func() bool {
	id := b.task(name)
	return func() bool {
		t, _ := b.Machine.Task(id)
		return t.State == s
	}
}

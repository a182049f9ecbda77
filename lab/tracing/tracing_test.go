package tracing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/lab/tracing"
)

// traced runs a scenario and returns its report and its trace.
func traced(t *testing.T, file string, seed uint64) (*experiment.Report, []byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	built, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := built.Run(experiment.Options{Seed: &seed})
	if plain == nil {
		t.Fatal(err)
	}
	defer plain.Lab.Close()
	var tracer *tracing.Tracer
	r, _ := built.Run(experiment.Options{Seed: &seed, AllCalls: true, Attach: func(l *lab.Lab) { tracer = tracing.Attach(l) }})
	defer r.Lab.Close()
	if r.Digest != plain.Digest || r.Summary(true) != plain.Summary(true) || r.Timeline() != plain.Timeline() {
		t.Errorf("%s: the run is another one when it is traced:\n%s\n%s", file, plain.Summary(true), r.Summary(true))
	}
	var b bytes.Buffer
	if err := tracer.Write(&b); err != nil {
		t.Fatal(err)
	}
	return r, b.Bytes()
}

// TestScenarios wants well-formed traces of all scenarios, and the same runs with them as without.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../../testprogs/*/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, b := traced(t, file, 1)
			if _, err := check(b); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDemo wants to find in a trace what the demonstration does.
func TestDemo(t *testing.T) {
	r, b := traced(t, "../../testprogs/demo/demo.txtar", 0)
	events, err := check(b)
	if err != nil {
		t.Fatal(err)
	}
	count := func(kind, name string) (n int) {
		for _, e := range events {
			if e.Ph == kind && e.Name == name {
				n++
			}
		}
		return n
	}
	for _, f := range r.Functions {
		if old, patched := count("B", f.Name+" (old)"), count("B", f.Name+" (new)"); uint64(old) != f.Old || uint64(patched) != f.New {
			t.Errorf("%s: %d old and %d new slices, the report has %d and %d", f.Name, old, patched, f.Old, f.New)
		}
	}
	for name, n := range map[string]int{"say": 36, "patching evening": 1, "unpatching evening": 1, "initializing": 2, "starting": 2, "completing": 2} {
		if got := count("B", name); got != n {
			t.Errorf("%d slices %q, want %d", got, name, n)
		}
	}
	moved := 0
	for _, tr := range r.Transitions {
		moved += len(tr.Moves)
	}
	if got := count("i", "switch to the new side") + count("i", "switch to the old side"); got != moved {
		t.Errorf("%d marks of switches, the report has %d", got, moved)
	}
	for _, e := range events {
		switch {
		case strings.HasSuffix(e.Name, " (new)") && (e.Cname != "good" || e.Args["body"] == nil),
			strings.HasSuffix(e.Name, " (old)") && (e.Cname != "yellow" || e.Args["body"] != nil),
			strings.HasPrefix(e.Name, "switch to") && e.Args["rule"] == nil:
			t.Errorf("%+v", e)
		}
	}
	open, deepest := map[int]int{}, 0
	for _, e := range events {
		if *e.Pid == 1 {
			open[*e.Tid] += map[string]int{"B": 1, "E": -1}[e.Ph]
			deepest = max(deepest, open[*e.Tid])
		}
	}
	if deepest != 2 { // greet calls whom and say
		t.Errorf("calls are up to %d deep", deepest)
	}
	if again := func() []byte { _, b := traced(t, "../../testprogs/demo/demo.txtar", 0); return b }(); !bytes.Equal(b, again) {
		t.Error("a second run has another trace")
	}
}

// TestRepeated wants steps that the machine has repeated, to find the instruction that faults, to be there once.
func TestRepeated(t *testing.T) {
	r, b := traced(t, "../../cmd/patchlab/testdata/scenarios/divides.txtar", 0)
	events, err := check(b)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range events {
		if e.Ph == "B" {
			count[e.Name]++
		}
	}
	if r.Err == nil || count["work"] != 1 || count["worker"] != 1 {
		t.Errorf("%v, %v", r.Err, count)
	}
}

// traceEvent is an event as the format describes it.
type traceEvent struct {
	Name, Ph, S, Cname string
	Pid, Tid           *int
	Ts                 *float64
	Args               map[string]any
}

// check holds a trace to the format: the keys that an event needs, each thread named, times that never go back,
// and slices that nest and end.
func check(b []byte) ([]traceEvent, error) {
	var file struct {
		DisplayTimeUnit string
		TraceEvents     []traceEvent
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return nil, err
	}
	type thread struct{ pid, tid int }
	named, open, last := map[thread]bool{}, map[thread]int{}, map[thread]float64{}
	for i, e := range file.TraceEvents {
		fail := func(what string) ([]traceEvent, error) { return nil, fmt.Errorf("event %d, %+v: %s", i, e, what) }
		if e.Pid == nil || e.Tid == nil || e.Ts == nil {
			return fail("no pid, tid or ts")
		}
		th := thread{*e.Pid, *e.Tid}
		switch {
		case !slices.Contains([]string{"B", "E", "i", "C", "M"}, e.Ph):
			return fail("no such phase")
		case e.Name == "" && e.Ph != "E":
			return fail("no name")
		case th.pid < 0 || th.tid < 0:
			return fail("a negative number")
		case e.Ph == "M" && e.Name == "thread_name":
			named[th] = true
		case e.Ph != "M" && e.Ph != "C" && !named[th]:
			return fail("a thread without a name")
		case e.Ph == "i" && e.S != "t":
			return fail("an instant without scope")
		case *e.Ts < last[th]:
			return fail(fmt.Sprintf("time goes back from %v", last[th]))
		}
		last[th] = *e.Ts
		switch e.Ph {
		case "B":
			open[th]++
		case "E":
			open[th]--
		}
		if open[th] < 0 {
			return fail("an end without a beginning")
		}
	}
	for th, n := range open {
		if n != 0 {
			return nil, fmt.Errorf("thread %v: %d slices have no end", th, n)
		}
	}
	if len(file.TraceEvents) == 0 {
		return nil, fmt.Errorf("no events")
	}
	return file.TraceEvents, nil
}

// TestCheck wants the checker to see what is wrong.
func TestCheck(t *testing.T) {
	const name = `{"name":"thread_name","ph":"M","pid":1,"tid":1,"ts":0},`
	for _, events := range []string{
		"", `{"name":"x","ph":"B","pid":1,"tid":1,"ts":1},{"ph":"E","pid":1,"tid":1,"ts":2}`, name + `{"name":"x","ph":"B","pid":1,"tid":1,"ts":1}`,
		name + `{"ph":"E","pid":1,"tid":1,"ts":1}`, name + `{"name":"x","ph":"B","pid":1,"tid":1,"ts":2},{"ph":"E","pid":1,"tid":1,"ts":1}`,
		name + `{"name":"x","ph":"i","pid":1,"tid":1,"ts":2}`, name + `{"name":"x","ph":"B","pid":1,"tid":1},{"ph":"E","pid":1,"tid":1,"ts":1}`,
		name + `{"name":"x","ph":"Z","pid":1,"tid":1,"ts":2}`, name + `{"ph":"B","pid":1,"tid":1,"ts":2},{"ph":"E","pid":1,"tid":1,"ts":3}`,
	} {
		if _, err := check([]byte(`{"traceEvents":[` + events + `]}`)); err == nil {
			t.Errorf("nothing is wrong with %s", events)
		}
	}
}

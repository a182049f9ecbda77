package experiment_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchlab/lab/experiment"
	"patchlab/testprogs"
)

var update = flag.Bool("update", false, "write the reports in testdata anew")

// run runs one of the project's scenarios.
func run(t *testing.T, name string, o experiment.Options) *experiment.Report {
	t.Helper()
	s, err := testprogs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	built, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := built.Run(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Lab.Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

// What a compiler decides is not part of a report's shape: times, counts of steps, and
// with them the digest.
var (
	seconds = regexp.MustCompile(`\b\d+\.\d{6}\b`)
	millis  = regexp.MustCompile(`[ \d]*\b\d+\.\d{3} ms\b`)
	steps   = regexp.MustCompile(`\b\d+ steps\b`)
	digest  = regexp.MustCompile(`\b[0-9a-f]{32}\b`)
)

func shape(s string) string {
	s = seconds.ReplaceAllString(s, "N.NNNNNN")
	s = millis.ReplaceAllString(s, " N ms")
	s = steps.ReplaceAllString(s, "N steps")
	return digest.ReplaceAllString(s, "DIGEST")
}

// TestReport compares whole reports with those in testdata.
func TestReport(t *testing.T) {
	for _, name := range []string{"demo", "interrupted-in-stub-after"} {
		file := filepath.Join("testdata", name+".txt")
		t.Run(name, func(t *testing.T) {
			r := run(t, name, experiment.Options{})
			got := shape(r.Timeline() + "\n" + r.Summary(false))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			for line := range strings.Lines(got) {
				if n := len([]rune(line)) - 1; n > 99 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
}

// TestReportsAreEqual wants two runs to have the same report, and another seed another
// digest.
func TestReportsAreEqual(t *testing.T) {
	var reports []string
	for _, seed := range []uint64{7, 7, 8} {
		r := run(t, "calls-each-other", experiment.Options{Seed: &seed})
		reports = append(reports, r.Timeline()+r.Summary(true))
	}
	if reports[0] != reports[1] || reports[1] == reports[2] {
		t.Errorf("the reports of seeds 7, 7 and 8:\n%s", strings.Join(reports, "\n"))
	}
}

// TestDemonstration wants of the report what the demonstration is there to show.
func TestDemonstration(t *testing.T) {
	r := run(t, "demo", experiment.Options{})
	if !r.OK() || r.Expectations == 0 || r.Mixed != 0 || r.Nested[0] == 0 || r.Nested[1] == 0 {
		t.Errorf("ok %t, %d expectations, nested %v, mixed %d", r.OK(), r.Expectations, r.Nested, r.Mixed)
	}
	// One task prints from the new greet while another sleeps in the old one.
	if !slices.ContainsFunc(r.Events, func(e experiment.Event) bool {
		return e.Kind == experiment.Printed && e.Text == "task 3: good evening, moon" &&
			e.Bodies[2] == experiment.NewBody && e.Bodies[3] == experiment.OldBody
	}) {
		t.Error("nobody prints from a new body while another is in an old one")
	}
	if !strings.Contains(r.Both, "visitor-4 (asleep) is in the old greet while visitor-3 ") {
		t.Errorf("both: %q", r.Both)
	}
	if len(r.Transitions) != 2 {
		t.Fatalf("%d transitions", len(r.Transitions))
	}
	for i, want := range []struct{ direction, stack string }{
		{"patching", "pl_sleep < greet < gate"}, {"unpatching", "pl_sleep < evening_greet < gate"},
	} {
		tr := r.Transitions[i]
		if tr.Patch != "evening" || tr.Direction != want.direction || tr.Outcome != "complete" || len(tr.Moves) != 8 {
			t.Errorf("transition %d: %+v", i+1, tr)
		}
		last := tr.Moves[len(tr.Moves)-1]
		if last.Name != "visitor-4" || last.Rule.String() != "exit gate" || last.Time <= tr.Start || last.Time >= tr.End {
			t.Errorf("transition %d: the last to go was %+v", i+1, last)
		}
		if len(tr.Waits) != 2 || tr.Waits[1].Name != "swapper/1" || tr.Waits[0].Reason != "asleep in greet: stack "+want.stack {
			t.Errorf("transition %d: waits %+v", i+1, tr.Waits)
		}
	}
}

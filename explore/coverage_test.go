package explore_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"patchlab/explore"
	"patchlab/explore/coverage"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
)

// covered searches a subject with at most one preemption, and returns what it has visited.
func covered(t *testing.T, s *explore.Subject, o search.Options) *coverage.Report {
	t.Helper()
	if err := s.Cover(); err != nil {
		t.Fatal(err)
	}
	if o.Strategy == nil {
		o.Strategy = search.Merging(1)
	}
	if _, err := explore.Explore(context.Background(), s, o); err != nil {
		t.Fatal(err)
	}
	return s.Coverage()
}

// TestCoverageReasons searches scenarios of every kind: no cell may be visited that is said
// to be out of reach.
func TestCoverageReasons(t *testing.T) {
	for _, c := range []struct {
		script     string
		interrupts int
	}{
		{"insmod new", 0},
		{"insmod new", 1},
		{"insmod new\nwrite new/enabled 0", 0}, // where it comes, it turns the transition back
		{"insmod new\nwait new/transition 0\nwrite new/enabled 0\nwait new/transition 0", 0},
		{"insmod new\nwait new/transition 0\nexplore\nwrite new/enabled 0\nwait new/transition 0", 1},
		{"insmod new\nwait new/transition 0\ninsmod other\nwait other/transition 0\nwrite other/enabled 0", 0},
		{"insmod new\nwait new/transition 0\ninsmod all\nwait all/transition 0", 0},
		{"insmod calls\nwait calls/transition 0\nwrite calls/enabled 0", 0},
		{"! insmod refused\ninsmod new", 0},
		{"insmod new\n! insmod other", 0},
	} {
		t.Run(strings.ReplaceAll(c.script, "\n", "; "), func(t *testing.T) {
			t.Parallel()
			s := scripted(t, c.script, explore.Bounds{Interrupts: c.interrupts})
			r := covered(t, s, search.Options{All: true})
			for _, w := range r.Wrong {
				t.Error(w)
			}
			if r.Visited < 100 || r.Visited > r.Feasible {
				t.Errorf("%s", r.Summary())
			}
		})
	}
}

// scripted makes a subject of testdata/coverage.txtar with a script.
func scripted(t *testing.T, script string, b explore.Bounds) *explore.Subject {
	t.Helper()
	const file = "testdata/coverage.txtar"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(script, "explore\n") {
		data = bytes.Replace(data, []byte("\nexplore\n"), []byte("\n"), 1)
	}
	sc, err := scenario.Parse(file, bytes.Replace(data, []byte("SCRIPT"), []byte(script), 1))
	if err != nil {
		t.Fatal(err)
	}
	built, err := experiment.Build(sc, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := explore.NewSubject(built, b, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCoverageOfBreaks wants a break to lead where the reasons say that nobody comes.
func TestCoverageOfBreaks(t *testing.T) {
	for _, c := range []struct{ scenario, name, why string }{
		{"fork", livepatch.BreakForkCopiesEarly, "in a transition everybody has a side"},
		{"enable", livepatch.BreakSkipSyncComplete, "who reads that a function is in transition has a side"},
	} {
		s := subject(t, c.scenario, explore.Bounds{}, experiment.Options{Breaks: []string{c.name}})
		r := covered(t, s, search.Options{Strategy: search.Merging(2), All: true})
		if !strings.Contains(strings.Join(r.Wrong, "\n"), c.why) {
			t.Errorf("%s: %q, want %q", c.name, r.Wrong, c.why)
		}
	}
}

// TestCoverageGrows wants a search that is cut short to say what it has missed, and the
// rest of the search to visit that; and how many machines search not to matter.
func TestCoverageGrows(t *testing.T) {
	options := search.Options{Strategy: search.Merging(1)}
	few := covered(t, subject(t, "enable", explore.Bounds{}, experiment.Options{}), search.Options{Strategy: search.Merging(1), MaxRuns: 1})
	all := covered(t, subject(t, "enable", explore.Bounds{}, experiment.Options{}), options)
	options.Workers = 3
	again := covered(t, subject(t, "enable", explore.Bounds{}, experiment.Options{}), options)
	if few.Feasible != all.Feasible || few.Visited >= all.Visited {
		t.Errorf("one run: %s\nall: %s", few.Summary(), all.Summary())
	}
	if again.Summary() != all.Summary() || again.NeverVisited() != all.NeverVisited() {
		t.Errorf("3 machines: %s\n%s1 machine: %s\n%s", again.Summary(), again.NeverVisited(), all.Summary(), all.NeverVisited())
	}
	const missed = "patching/moving 1"
	if !strings.Contains(few.NeverVisited(), "H.set_ip") || strings.Contains(all.NeverVisited(), "H.set_ip") {
		t.Errorf("missed by one run:\n%smissed by all:\n%s", few.NeverVisited(), all.NeverVisited())
	}
	if !strings.Contains(all.NeverVisited(), missed) || !strings.Contains(all.CannotBeVisited(), "nobody forks:\n") {
		t.Errorf("missed by all:\n%s", all.NeverVisited())
	}
}

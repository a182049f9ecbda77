package explore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/testprogs"
)

// subject builds a scenario of testprogs/seed.
func subject(t testing.TB, name string, b explore.Bounds, o experiment.Options) *explore.Subject {
	t.Helper()
	file := filepath.Join("..", "testprogs", "seed", name+".txtar")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return subjectOf(t, file, data, b, o)
}

func subjectOf(t testing.TB, file string, data []byte, b explore.Bounds, o experiment.Options) *explore.Subject {
	t.Helper()
	s, err := scenario.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	built, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := explore.NewSubject(built, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// TestFoundingQuestion is the table of docs/founding-question.md, with schedules of at
// most one preemption: that is where the violations are.
func TestFoundingQuestion(t *testing.T) {
	trusted := []string{experiment.TrustInterrupted}
	inHandler := []string{"switch-in-handler"}
	for _, c := range []struct {
		scenario, model string
		breaks          []string
		interrupts      int
		mixes           bool
	}{
		{"enable", "klp-6.12", nil, 0, false},
		{"enable", "klp-6.12", trusted, 1, false},
		{"enable", "klp-6.12", inHandler, 0, true},
		{"disable", "klp-6.12", nil, 0, false},
		{"disable", "klp-6.12", trusted, 1, true},
		{"disable", "closed", trusted, 1, false},
		{"disable", "klp-6.12", inHandler, 0, true},
		{"disable-reschedule", "klp-6.12", nil, 0, true},
		{"disable-reschedule", "closed", nil, 0, false},
	} {
		t.Run(c.scenario+" "+c.model+" "+filepath.Join(c.breaks...), func(t *testing.T) {
			t.Parallel()
			s := subject(t, c.scenario, explore.Bounds{Interrupts: c.interrupts}, experiment.Options{Model: c.model, Breaks: c.breaks})
			r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(1)})
			if err != nil {
				t.Fatal(err)
			}
			if !c.mixes {
				if !r.Complete || len(r.Found) > 0 {
					t.Errorf("%s; found %v", r.Sentence(), r.Found)
				}
				return
			}
			if len(r.Found) == 0 {
				t.Fatalf("nothing found: %s", r.Sentence())
			}
			replayed(t, s, r.Found[0])
		})
	}
}

// TestPageOfFoundingQuestion wants the numbers of states on the page to be those of complete
// searches.
func TestPageOfFoundingQuestion(t *testing.T) {
	if testing.Short() {
		t.Skip("a million states and more: too slow under the race detector")
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "founding-question.md"))
	if err != nil {
		t.Fatal(err)
	}
	trusted := []string{experiment.TrustInterrupted}
	for _, c := range []struct {
		scenario, model string
		breaks          []string
		interrupts      int
		row             string // how its line of the table begins
		cell            int    // from 1, behind that
	}{
		{"enable", "klp-6.12", nil, 0, "| as Linux", 1},
		{"disable", "klp-6.12", nil, 0, "| as Linux", 2},
		{"enable", "klp-6.12", trusted, 1, "| the handler", 1},
		{"disable", "closed", trusted, 1, "| the same, model", 2},
		{"disable-reschedule", "closed", trusted, 1, "| the same, model", 3},
	} {
		t.Run(c.scenario+" "+c.model, func(t *testing.T) {
			t.Parallel()
			s := subject(t, c.scenario, explore.Bounds{Interrupts: c.interrupts}, experiment.Options{Model: c.model, Breaks: c.breaks})
			r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(-1)})
			if err != nil {
				t.Fatal(err)
			}
			cell := ""
			for line := range strings.Lines(string(page)) {
				if strings.HasPrefix(line, c.row) {
					cell = strings.Split(line, "|")[1+c.cell]
				}
			}
			n := strings.ReplaceAll(cell, ",", "")
			if !r.Complete || len(r.Found) > 0 || !strings.Contains(n, fmt.Sprintf("(%d", r.Counts.States)) {
				t.Errorf("%s; the page says %q", r.Sentence(), cell)
			}
		})
	}
}

// replayed wants a schedule to fail again, in another machine, by the same rule and with
// the same digest.
func replayed(t *testing.T, s *explore.Subject, f search.Shrunk) {
	t.Helper()
	word, err := search.ParseCompact(f.Schedule.Compact())
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Replay(f.Schedule)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Replay(word)
	if err != nil {
		t.Fatal(err)
	}
	if first.Failure != f.Failure || second != first {
		t.Errorf("found %+v\nreplayed %+v\nagain %+v", f.Failure, first, second)
	}
}

// TestCountsAgree counts the schedules of the scenario that searches are timed with in two
// ways that have nothing in common: one follows each to its end, the other sums up ways
// through a graph of states.
func TestCountsAgree(t *testing.T) {
	for _, c := range []struct {
		name              string
		bound, interrupts int
	}{{"two-tasks", 0, 0}, {"two-tasks", 1, 0}, {"asleep-beside", 1, 0}, {"asleep-beside", 1, 1}, {"fork", 1, 0}} {
		bound := c.bound
		var n [2]uint64
		for i, strategy := range []search.Strategy{search.Preemptions(bound), search.Merging(bound)} {
			s := subject(t, c.name, explore.Bounds{Interrupts: c.interrupts}, experiment.Options{})
			r, err := explore.Explore(context.Background(), s, search.Options{Strategy: strategy})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Complete || len(r.Found) > 0 {
				t.Errorf("%s; found %v", r.Sentence(), r.Found)
			}
			n[i] = r.Counts.Schedules
		}
		if n[0] != n[1] || n[0] < 20 {
			t.Errorf("%s, at most %d preemptions: %d schedules when each is run, %d when states are merged", c.name, bound, n[0], n[1])
		}
	}
}

// TestInvariants searches for what breaks a line of the script: where one schedule does, it
// is found, and a line that all keep is complete.
func TestInvariants(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "testprogs", "seed", "enable.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"never t1 runs g old", "t1 runs the old body of g, and was never to"},
		{"always calls <= 1", "calls is 2, and was always to be <= 1"},
		{"always calls <= 2", ""},
	} {
		text := strings.Replace(string(data), "wait new/transition 0\n", c.line+"\nwait new/transition 0\n", 1)
		text = strings.Replace(text, "u64 g(u64 x)\n{\n", "u64 calls = 0;\nu64 g(u64 x)\n{\n\tcalls += 2;\n", 1)
		s := subjectOf(t, "x.txtar", []byte(text), explore.Bounds{}, experiment.Options{})
		r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(1)})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case c.want == "" && (!r.Complete || len(r.Found) > 0):
			t.Errorf("%s: %s; found %v", c.line, r.Sentence(), r.Found)
		case c.want != "" && (len(r.Found) != 1 || !strings.HasSuffix(r.Found[0].Failure.Text, c.want)):
			t.Errorf("%s: found %v, want %q", c.line, r.Found, c.want)
		case c.want != "":
			replayed(t, s, r.Found[0])
		}
	}
}

// TestDeadlock wants a search to say so when nobody can go on.
func TestDeadlock(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "testprogs", "seed", "enable.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "{\n\tgate(0x1000, n);", "{\n\tgate(0x1001, n);\n\tgate(0x1000, n);", 1)
	text = strings.Replace(text, "__user void task", "static char door;\nvoid sleep(void)\n{\n\tpl_wait(&door);\n}\nGATE(0x1001, sleep);\n\n__user void task", 1)
	s := subjectOf(t, "x.txtar", []byte(text), explore.Bounds{}, experiment.Options{})
	r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(1)})
	if err != nil {
		t.Fatal(err)
	}
	want := search.Failure{
		Rule: explore.Deadlock,
		Text: "nobody can go on any more: t1 is asleep before pl_wait+0xb, the script waits in line 16",
	}
	if len(r.Found) != 1 || r.Found[0].Failure != want {
		t.Fatalf("found %v, want %v", r.Found, want)
	}
	replayed(t, s, r.Found[0])
}

// TestClosedModel searches every seed under the model without holes: nothing is violated,
// and what the faithful model completes it completes too.
func TestClosedModel(t *testing.T) {
	for _, name := range testprogs.SeedNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var complete [2]bool
			for i, model := range experiment.Models {
				s := subject(t, strings.TrimPrefix(name, "seed/"), explore.Bounds{Interrupts: 1}, experiment.Options{Model: model})
				r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(1)})
				if err != nil {
					t.Fatal(err)
				}
				complete[i] = r.Complete && len(r.Found) == 0
				if model == experiment.ModelClosed && len(r.Found) > 0 {
					t.Errorf("model %s: %v", model, r.Found[0].Failure)
				}
			}
			if complete[0] && !complete[1] {
				t.Error("the faithful model completes everything, and the closed one does not")
			}
		})
	}
}

// TestProgressOfMerging wants a search that merges states to tell where it is: how deep, and
// how much it has left aside on the way there.
func TestProgressOfMerging(t *testing.T) {
	s := subject(t, "enable", explore.Bounds{}, experiment.Options{})
	depth, waiting := 0, 0
	r, err := explore.Explore(context.Background(), s, search.Options{
		Strategy: search.Merging(1), Progress: func(p search.Progress) {
			depth, waiting = max(depth, p.Depth), max(waiting, p.Waiting)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Counts.States < 4096 || depth < 10 || depth > 1000 || waiting < 10 {
		t.Errorf("at most depth %d, %d waiting; %s", depth, waiting, r.Counts)
	}
}

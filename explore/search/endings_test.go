package search

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"patchlab/explore/count"
)

// locks is a program whose threads take two locks in different orders.
func locks(t testing.TB) *code {
	take := func(v string) count.Step { return count.Step{Op: opLock, Var: v} }
	give := func(v string) count.Step { return count.Step{Op: count.Write, Var: v} }
	return compile(t, &count.Program{Name: "locks", Threads: []count.Thread{
		{Name: "one", Steps: []count.Step{take("a"), take("b"), give("b"), give("a")}},
		{Name: "two", Steps: []count.Step{take("b"), take("a"), give("a"), give("b")}},
	}})
}

func TestBlocked(t *testing.T) {
	// Either thread runs through before the other begins; or before it ends, when the
	// second waits for the first one's last lock to be given back. Or each has one lock.
	r := search(t, locks(t), Options{})
	if r.Counts.Blocked != 2 || r.Counts.Done != r.Counts.Runs-2 || !r.Complete {
		t.Errorf("%v, %s", r.Counts, r.Sentence())
	}
	m := search(t, locks(t), Options{Strategy: Merging(-1)})
	if m.Counts.Schedules != r.Counts.Runs || m.Counts.Blocked == 0 {
		t.Errorf("merging: %v, exhaustive: %v", m.Counts, r.Counts)
	}
	p := search(t, locks(t), Options{Strategy: Preemptions(0)})
	if p.Counts.Blocked != 0 || p.Counts.OverBound == 0 || p.Sentence() != "complete: all 2 schedules (2 classes) at 8 points with at most 0 preemptions" {
		t.Errorf("without preemptions: %v, %s", p.Counts, p.Sentence())
	}
}

func TestTruncated(t *testing.T) {
	c := compile(t, parse(t, repeated(2, "atomic x; atomic y; atomic z")))
	for _, s := range []Strategy{Exhaustive(), Preemptions(-1), Merging(-1)} {
		r := search(t, c, Options{Strategy: s, MaxSteps: 4})
		if r.Counts.Truncated == 0 || r.Counts.Done != 0 || r.Complete || !strings.Contains(r.Sentence(), "truncated") {
			t.Errorf("%s: %v, %s", s.Name(), r.Counts, r.Sentence())
		}
	}
	if r := search(t, c, Options{MaxSteps: 6}); r.Counts.Truncated != 0 || r.Counts.Runs != 20 || !r.Complete {
		t.Errorf("six steps: %v, %s", r.Counts, r.Sentence())
	}
}

// wheel is a system of one actor that can go round for ever, or leave at any time.
type wheel struct{ lanes }

func (w *wheel) Choices(dst []Choice) []Choice {
	return append(dst, Choice{Actor: 0, Point: uint32(w.at[0])}, Choice{Actor: 0, Kind: 1, Point: uint32(w.at[0])})
}

func (w *wheel) Preempts(Choice) bool { return false }

func (w *wheel) Do(c Choice) (Status, error) {
	if c.Kind == 1 {
		return Done, nil
	}
	w.at[0] = (w.at[0] + 1) % 5
	return Going, nil
}

func TestGoingRound(t *testing.T) {
	open := func() (System, error) { return &wheel{lanes{n: 1}}, nil }
	r, err := Search(t.Context(), open, Options{Strategy: Merging(-1)})
	// Each of five places can be left, and the way back to the first is one run that
	// could go on for ever.
	if err != nil || r.Counts.Done != 5 || r.Counts.Blocked != 1 || r.Counts.States != 10 || r.Counts.Schedules != 5 || !r.Complete {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = Search(t.Context(), open, Options{MaxSteps: 20})
	if err != nil || r.Counts.Done != 20 || r.Counts.Truncated != 1 || r.Complete {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestOver begins where there is nothing to do.
func TestOver(t *testing.T) {
	c := compile(t, &count.Program{Name: "empty", Threads: []count.Thread{{Name: "a"}}})
	for _, name := range Names() {
		s, err := ByName(name, Params{Bound: 1, Seeds: Seeds{1, 3}})
		if err != nil {
			t.Fatal(err)
		}
		r := search(t, c, Options{Strategy: s})
		runs := uint64(1)
		if !r.Complete {
			runs = 3 // samples
		}
		if r.Counts.Done != runs || r.Counts.Schedules != 1 || r.Counts.Steps != 0 {
			t.Errorf("%s: %v", name, r.Counts)
		}
	}
}

// fickle is a system that does not repeat itself: the value that one step writes grows
// from run to run.
type fickle struct {
	*progSystem
	resets int64
}

func (f *fickle) Do(c Choice) (Status, error) {
	s, err := f.progSystem.Do(c)
	if c.Actor == 1 {
		f.vars[0] = f.resets
	}
	return s, err
}

func (f *fickle) Reset() (Status, error) {
	f.resets++
	return f.progSystem.Reset()
}

func TestNotRepeatable(t *testing.T) {
	c := compile(t, parse(t, threads("atomic x", "read x into r; if r > 1\n    read y\n  end")))
	for _, name := range Names() {
		s, err := ByName(name, Params{Bound: -1, Seeds: Seeds{1, 30}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Search(t.Context(), func() (System, error) {
			return &fickle{progSystem: &progSystem{code: c}}, nil
		}, Options{Strategy: s})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Complete || r.Counts.Infeasible == 0 || !strings.Contains(r.Reason, "not repeatable") {
			t.Errorf("%s: %v, %s", name, r.Counts, r.Sentence())
		}
	}
}

// TestDigestsCompared has runs that differ in nothing but their digests.
func TestDigestsCompared(t *testing.T) {
	c := compile(t, parse(t, repeated(2, "atomic x")))
	r, err := Search(t.Context(), func() (System, error) {
		return &restless{fickle{progSystem: &progSystem{code: c}}}, nil
	}, Options{})
	if err != nil || r.Complete || r.Counts.Infeasible == 0 || !strings.Contains(r.Reason, "two digests") {
		t.Errorf("%+v, %v", r, err)
	}
}

// oneClass has one hash for all classes.
type oneClass struct{ *progSystem }

func (oneClass) Class() [2]uint64    { return [2]uint64{} }
func (o oneClass) ClassText() string { return fmt.Sprint(o.class) }

func TestClassesByText(t *testing.T) {
	c := compile(t, parse(t, repeated(2, "atomic x")))
	_, err := Search(t.Context(), func() (System, error) { return oneClass{&progSystem{code: c}}, nil }, Options{})
	if err == nil || !strings.Contains(err.Error(), "two classes have the hash") {
		t.Errorf("two classes with one hash: %v", err)
	}
}

// broken is a system that fails us.
type broken struct {
	*progSystem
	none, first bool
}

func (b *broken) Choices(dst []Choice) []Choice {
	if b.none {
		return dst
	}
	return b.progSystem.Choices(dst)
}

func (b *broken) Preempts(c Choice) bool { return b.first || b.progSystem.Preempts(c) }

func (b *broken) Do(c Choice) (Status, error) {
	if !b.first && b.steps == 3 {
		return 0, fmt.Errorf("out of order")
	}
	return b.progSystem.Do(c)
}

func TestSystemErrors(t *testing.T) {
	c := compile(t, parse(t, repeated(2, "atomic x; atomic y")))
	for _, name := range Names() {
		for _, tt := range []struct {
			want string
			sys  broken
		}{
			{"step 4 of a run: out of order", broken{}},
			{"offers nothing to choose", broken{none: true}},
			{"first choice takes the CPU", broken{first: true}},
		} {
			s, err := ByName(name, Params{Bound: 0, Seeds: Seeds{1, 30}})
			if err != nil {
				t.Fatal(err)
			}
			if tt.sys.first && name != "preemptions" && name != "merging" {
				continue // they do not ask
			}
			tt.sys.progSystem = &progSystem{code: c}
			r, err := Search(t.Context(), func() (System, error) { return &tt.sys, nil }, Options{Strategy: s, Workers: 1})
			if err == nil || !strings.Contains(err.Error(), tt.want) || r != nil {
				t.Errorf("%s: %v, %v; want %q", name, r, err, tt.want)
			}
		}
	}
	if _, err := Search(t.Context(), func() (System, error) { return nil, fmt.Errorf("no system") }, Options{}); err == nil {
		t.Error("no error from open")
	}
	for _, s := range []Strategy{Random(Seeds{}), Random(Seeds{3, 2}), PCT(0, Seeds{1, 2}), PCT(101, Seeds{1, 2}), PCT(1, Seeds{0, 2})} {
		if r, err := Search(t.Context(), c.open(nil), Options{Strategy: s}); err == nil || r != nil {
			t.Errorf("%s: %v", s.Name(), r)
		}
	}
	if _, err := ByName("best", Params{}); err == nil || !strings.Contains(err.Error(), "there are exhaustive, preemptions,") {
		t.Errorf("the strategy best: %v", err)
	}
}

// TestLimits stops searches in all ways there are.
func TestLimits(t *testing.T) {
	c := compile(t, parse(t, repeated(4, "atomic x; atomic y")))
	for _, name := range Names() {
		s, err := ByName(name, Params{Bound: 3, Seeds: Seeds{1, 10000}})
		if err != nil {
			t.Fatal(err)
		}
		runs := uint64(100)
		if name == "merging" {
			runs = 10
		}
		r := search(t, c, Options{Strategy: s, MaxRuns: runs})
		total := uint64(0)
		for _, l := range r.Levels {
			total += l.Counts.Runs
		}
		if r.Levels == nil {
			total = r.Counts.Runs
		}
		want := "stopped after " + plural(r.Counts.Runs, "run")
		if before := runs - r.Counts.Runs; before > 0 {
			want += fmt.Sprintf(", and %d with lower bounds", before)
		}
		if total != runs || r.Complete || !strings.Contains(r.Reason, want) {
			t.Errorf("%s: %v, %s", name, r.Counts, r.Sentence())
		}
		done, cancel := context.WithCancel(t.Context())
		cancel()
		r, err = Search(done, c.open(nil), Options{Strategy: s})
		if err != nil || r.Complete || r.Counts.Runs > 1 || !strings.Contains(r.Reason, "interrupted") {
			t.Errorf("%s, cancelled: %v, %v", name, r, err)
		}
		late, cancel := context.WithTimeout(t.Context(), 0)
		r, err = Search(late, c.open(nil), Options{Strategy: s})
		cancel()
		if err != nil || r.Complete || !strings.Contains(r.Reason, "out of time") {
			t.Errorf("%s, late: %v, %v", name, r, err)
		}
	}
	big := func() (System, error) { return &lanes{n: 6, steps: 9}, nil }
	r, err := Search(t.Context(), big, Options{Strategy: Merging(-1), MaxMemory: 1 << 20})
	if err != nil || r.Complete || r.Counts.States > 1<<17 || !strings.Contains(r.Reason, "more than 1 MiB") {
		t.Errorf("merging in 1 MiB: %+v, %v", r, err)
	}
	// Between two levels there is something to say.
	r = search(t, c, Options{Strategy: Preemptions(3), MaxRuns: 24})
	if want := "all schedules with at most 0 preemptions were tried"; !strings.Contains(r.Sentence(), want) {
		t.Errorf("%s; want %q", r.Sentence(), want)
	}
}

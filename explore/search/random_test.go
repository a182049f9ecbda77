package search

import (
	"maps"
	"slices"
	"testing"

	"patchlab/explore/count"
)

// outcomes does a search and returns it with the outcomes that the systems saw.
func outcomes(t *testing.T, c *code, o Options) (*Result, []string) {
	t.Helper()
	seen := map[string]int{}
	o.All = true
	r, err := Search(t.Context(), c.open(seen), o)
	if err != nil {
		t.Fatal(err)
	}
	return r, slices.Sorted(maps.Keys(seen))
}

// agree compares all strategies with the plain enumeration of a program.
func agree(t *testing.T, seed uint64) {
	t.Helper()
	p := randomProgram(seed)
	b, c := enumerate(p), compile(t, p)
	runs, classes := uint64(b.runs), uint64(len(b.classes))

	full, all := outcomes(t, c, Options{Workers: 2})
	if full.Counts.Runs != runs || full.Counts.Classes != classes || len(all) != len(b.outcomes) || !full.Complete {
		t.Errorf("exhaustive: %v, %d outcomes; want %d runs, %d classes, %d outcomes",
			full.Counts, len(all), runs, classes, len(b.outcomes))
	}
	again, same := outcomes(t, c, Options{Strategy: Reexecution()})
	if again.Counts != full.Counts || !slices.Equal(same, all) {
		t.Errorf("re-execution: %v, exhaustive: %v", again.Counts, full.Counts)
	}
	for _, s := range []Strategy{Preemptions(-1), Delays(-1)} {
		r, same := outcomes(t, c, Options{Strategy: s})
		if r.Counts.Runs != runs || r.Counts.Classes != classes || !slices.Equal(same, all) {
			t.Errorf("%s: %v", s.Name(), r.Counts)
		}
		for _, l := range r.Levels {
			if want := uint64(b.within(l.Bound)); s.Name() == "preemptions" && l.Counts.Classes != want {
				t.Errorf("%d classes within %d preemptions, want %d", l.Counts.Classes, l.Bound, want)
			}
		}
	}
	m, same := outcomes(t, c, Options{Strategy: Merging(-1)})
	if m.Counts.Schedules != runs || !slices.Equal(same, all) || !m.Complete || m.Counts.States > m.Counts.Steps+1 {
		t.Errorf("merging: %v", m.Counts)
	}
	for bound := range 3 {
		want, wantAll := outcomes(t, c, Options{Strategy: Preemptions(bound)})
		got, gotAll := outcomes(t, c, Options{Strategy: Merging(bound)})
		if got.Counts.Schedules != want.Counts.Runs || !slices.Equal(gotAll, wantAll) || got.Bound != want.Bound {
			t.Errorf("merging within %d: %v (%s), not merging: %v (%s)", bound, got.Counts, got.Bound, want.Counts, want.Bound)
		}
	}
	for _, s := range []Strategy{Random(Seeds{1, 50}), PCT(1, Seeds{1, 50}), PCT(3, Seeds{1, 50})} {
		r, some := outcomes(t, c, Options{Strategy: s})
		if r.Complete || r.Counts.Runs != 50 || r.Counts.Schedules > runs || r.Counts.Classes > classes || r.Counts.Classes == 0 {
			t.Errorf("%s: %v of %d runs, %d classes", s.Name(), r.Counts, runs, classes)
		}
		for _, o := range some {
			if !slices.Contains(all, o) {
				t.Errorf("%s: the outcome %s is not possible", s.Name(), o)
			}
		}
	}
	counted, err := count.Count(p, count.Options{})
	if err != nil || !counted.Complete || counted.Interleavings.Uint64() != runs || counted.Classes.Uint64() != classes {
		t.Errorf("counted otherwise: %+v, %v; want %d, %d", counted, err, runs, classes)
	}
	if t.Failed() {
		t.Logf("seed %d:\n%s", seed, p)
	}
}

func TestRandomPrograms(t *testing.T) {
	for seed := range uint64(150) {
		if agree(t, seed); t.Failed() {
			return
		}
	}
}

// TestMergingInterrupts merges within bounds where not every step is a move.
func TestMergingInterrupts(t *testing.T) {
	for seed := range uint64(40) {
		p := randomProgram(seed)
		if len(p.Threads) > 2 {
			continue
		}
		c := compile(t, p)
		c.interrupts = 1
		for bound := range 4 {
			want, wantAll := outcomes(t, c, Options{Strategy: Preemptions(bound)})
			got, gotAll := outcomes(t, c, Options{Strategy: Merging(bound)})
			if got.Counts.Schedules != want.Counts.Runs || !slices.Equal(gotAll, wantAll) {
				t.Fatalf("within %d: %v, not merging: %v\n%s", bound, got.Counts, want.Counts, p)
			}
		}
	}
}

func FuzzPrograms(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(agree)
}

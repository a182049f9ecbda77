package search

import (
	"slices"
	"strings"
	"testing"
)

// lostUpdate fails when two threads that each count x up by reading and writing it lose
// one, which takes one preemption.
func lostUpdate(t testing.TB, threads int) *code {
	c := compile(t, parse(t, repeated(threads, "atomic y; read x into r; write x r+1; atomic y")))
	c.judge = func(p *progSystem) string {
		for i := range p.threads {
			if !p.ended(i) {
				return ""
			}
		}
		if p.vars[p.varIndex["x"]] != int64(threads) {
			return "lost-update"
		}
		return ""
	}
	return c
}

// busiest returns a failing path with as many preemptions as a random search meets.
func busiest(t *testing.T, c *code) []Choice {
	t.Helper()
	sys := &progSystem{code: c}
	var best []Choice
	most := -1
	for seed := range uint64(300) {
		u := uniform{}
		u.begin(seed + 1)
		r := runner{sys: sys, maxSteps: 1000}
		s, err := r.run(func(_ int, choices []Choice) (int, error) { return u.pick(choices), nil })
		if err != nil {
			t.Fatal(err)
		}
		if s != Failed {
			continue
		}
		_, end, err := Record(sys, slices.Clone(r.path))
		if err != nil {
			t.Fatal(err)
		}
		if end.Preemptions > most {
			most, best = end.Preemptions, slices.Clone(r.path)
		}
	}
	if most < 4 {
		t.Fatalf("no run with more than %d preemptions fails", most)
	}
	return best
}

func TestShrink(t *testing.T) {
	// gate fails only when the first thread is preempted twice: between its writes of
	// x, and again between those of y.
	gate := compile(t, parse(t, threads("write x 1; write x 2; write y 1; write y 2", "read x into r; atomic z; read y into s", "atomic z; atomic z")))
	gate.judge = func(p *progSystem) string {
		if p.regs[1][0] == 1 && p.regs[1][1] == 1 {
			return "gate"
		}
		return ""
	}
	irq := lostUpdate(t, 2)
	irq.interrupts = 2
	for _, tt := range []struct {
		name string
		c    *code
		want int
	}{
		{"lost update of 2", lostUpdate(t, 2), 1},
		{"lost update of 3", lostUpdate(t, 3), 1},
		{"lost update among interrupts", irq, 1},
		{"gate", gate, 3},
	} {
		sys := &progSystem{code: tt.c}
		path := busiest(t, tt.c)
		s, err := Shrink(t.Context(), sys, path, Options{})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if s.Preemptions != tt.want || !s.Minimal || s.Tried == 0 {
			t.Errorf("%s: %d preemptions after %d runs, minimal %v (%s); want %d",
				tt.name, s.Preemptions, s.Tried, s.Minimal, s.Reason, tt.want)
		}
		// The plain search from below knows how few are enough.
		r := search(t, tt.c, Options{Strategy: Preemptions(-1)})
		if len(r.Found) != 1 || r.Found[0].Preemptions != tt.want {
			t.Errorf("%s: found %+v, want %d preemptions", tt.name, r.Found, tt.want)
		}
		if end, err := Replay(sys, s.Schedule); err != nil || end.Failure.Rule != s.Failure.Rule || end.Status != Failed {
			t.Errorf("%s: replayed: %+v, %v", tt.name, end, err)
		}
	}
}

// TestDropAlone wants the first half of shrinking to do most of the work by itself.
func TestDropAlone(t *testing.T) {
	c := lostUpdate(t, 3)
	path := busiest(t, c)
	s, err := Shrink(t.Context(), &progSystem{code: c}, path, Options{MaxRuns: 1})
	if err != nil || s.Preemptions > 2 {
		t.Fatalf("%+v, %v", s, err)
	}
	// With one run nothing can be said about the least number, unless nothing is less.
	if s.Preemptions > 0 && (s.Minimal || !strings.Contains(s.Reason, "stopped after 1 run")) {
		t.Errorf("minimal %v, because %s", s.Minimal, s.Reason)
	}
}

// TestShrinkKeepsRule has a second failure that is easier to come by.
func TestShrinkKeepsRule(t *testing.T) {
	c := lostUpdate(t, 2)
	judge := c.judge
	c.judge = func(p *progSystem) string {
		if rule := judge(p); rule != "" {
			return rule
		}
		if p.ended(1) && p.pc[0] == 0 {
			return "easy"
		}
		return ""
	}
	s, err := Shrink(t.Context(), &progSystem{code: c}, busiest(t, c), Options{})
	if err != nil || s.Failure.Rule != "lost-update" || s.Preemptions != 1 || !s.Minimal {
		t.Errorf("%+v, %v", s, err)
	}
	passing := search(t, lostUpdate(t, 1), Options{})
	if len(passing.Found) != 0 {
		t.Fatal(passing.Found)
	}
	if _, err := Shrink(t.Context(), &progSystem{code: lostUpdate(t, 1)}, []Choice{{Point: 0}}, Options{}); err == nil ||
		!strings.Contains(err.Error(), "nothing to shrink: the run is going") {
		t.Errorf("a run that does not fail: %v", err)
	}
}

func TestNearestPassing(t *testing.T) {
	c := lostUpdate(t, 2)
	sys := &progSystem{code: c}
	r := search(t, c, Options{Strategy: Preemptions(-1)})
	path := r.Found[0].Path
	near, err := NearestPassing(t.Context(), sys, path)
	if err != nil || near == nil {
		t.Fatalf("%v, %v", near, err)
	}
	end, err := Replay(sys, near.Schedule)
	if err != nil || end.Status != Done {
		t.Errorf("%+v, %v", end, err)
	}
	failing, _, err := Record(sys, path)
	if err != nil {
		t.Fatal(err)
	}
	if failing[near.FirstAt] != near.First || failing[near.SecondAt] != near.Second || near.FirstAt >= near.SecondAt {
		t.Errorf("%q at %d and %q at %d are not those of %q", near.First, near.FirstAt, near.Second, near.SecondAt, failing)
	}
	at := func(want Step) int {
		return slices.IndexFunc(near.Schedule, func(s Step) bool { return s.String() == want.String() })
	}
	if at(near.First) < at(near.Second) {
		t.Errorf("%q and %q are not swapped in %q", near.First, near.Second, near.Schedule)
	}
	if near.First.String() != "t1 t1+1" || near.Second.String() != "t0 t0+2" {
		t.Errorf("swapped are %q and %q: want the read of one and the write of the other", near.First, near.Second)
	}
	// Whatever the order, nothing passes.
	always := compile(t, parse(t, repeated(2, "atomic x")))
	always.judge = func(p *progSystem) string {
		if p.vars[0] == 2 {
			return "always"
		}
		return ""
	}
	r = search(t, always, Options{})
	near, err = NearestPassing(t.Context(), &progSystem{code: always}, r.Found[0].Path)
	if err != nil || near != nil {
		t.Errorf("%v, %v", near, err)
	}
}

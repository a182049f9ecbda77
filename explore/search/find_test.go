package search

import (
	"math"
	"strings"
	"testing"
)

// twice fails when the first thread is preempted between its writes of x, by the second,
// and that one before it has looked at y: three things in order.
func twice(t testing.TB) *code {
	c := compile(t, parse(t, threads("write x 1; write x 2; write y 1", "read x into r; read y into s")))
	c.judge = func(p *progSystem) string {
		if p.regs[1][0] == 1 && p.regs[1][1] == 1 {
			return "twice"
		}
		return ""
	}
	return c
}

// first fails when the last of four threads moves before all others.
func first(t testing.TB) *code {
	c := compile(t, parse(t, threads("atomic x; atomic x", "atomic x; atomic x", "atomic x; atomic x", "write y 1; atomic x")))
	c.judge = func(p *progSystem) string {
		if p.pc[3] > 0 && p.vars[p.varIndex["x"]] == 0 {
			return "first"
		}
		return ""
	}
	return c
}

// TestEveryStrategyFinds gives each strategy a bug within its reach.
func TestEveryStrategyFinds(t *testing.T) {
	for _, bug := range []struct {
		name  string
		c     *code
		depth int
	}{
		{"first", first(t), 1},
		{"lost update", lostUpdate(t, 2), 2},
		{"twice", twice(t), 3},
	} {
		for _, name := range Names() {
			s, err := ByName(name, Params{Bound: -1, Seeds: Seeds{1, 2000}})
			if err != nil {
				t.Fatal(err)
			}
			r := search(t, bug.c, Options{Strategy: s})
			if d, ok := s.(pct); ok && d.depth < bug.depth && len(r.Found) == 0 {
				continue
			}
			if len(r.Found) != 1 {
				t.Errorf("%s: %s found %v in %v", bug.name, name, r.Found, r.Counts)
				continue
			}
			f := r.Found[0]
			if f.Failure.Rule != strings.ReplaceAll(bug.name, " ", "-") || f.Runs == 0 || len(f.Schedule) != len(f.Path) {
				t.Errorf("%s: %s found %+v", bug.name, name, f)
			}
			// The run that failed is the last one.
			total := r.Counts.Runs
			for _, l := range r.Levels[:max(0, len(r.Levels)-1)] {
				total += l.Counts.Runs
			}
			if total != f.Runs || f.Seed != 0 && f.Seed != f.Runs {
				t.Errorf("%s: %s found it in run %d of %d, seed %d", bug.name, name, f.Runs, total, f.Seed)
			}
			end, err := Check(&progSystem{code: bug.c}, f.Schedule)
			if err != nil || end.Status != Failed || end.Preemptions != f.Preemptions || end.Failure != f.Failure {
				t.Errorf("%s: %s: replayed: %+v, %v", bug.name, name, end, err)
			}
		}
	}
}

// TestPCTBound counts how many runs find a bug of a known depth. Seeds are fixed; were
// they drawn, a count four standard deviations below the promise would be one in
// thirty thousand.
func TestPCTBound(t *testing.T) {
	const runs = 4000
	for _, tt := range []struct {
		c               *code
		depth, n, steps int
	}{
		{first(t), 1, 4, 8},
		{lostUpdate(t, 2), 2, 2, 8},
		{lostUpdate(t, 3), 2, 3, 12},
		{twice(t), 3, 2, 5},
	} {
		r := search(t, tt.c, Options{Strategy: PCT(tt.depth, Seeds{1, runs}), All: true})
		b := r.PCT
		if b.Actors != tt.n || b.Steps != tt.steps || b.Depth != tt.depth || b.Runs != runs {
			t.Errorf("n %d, k %d, d %d, %d runs; want %d, %d, %d, %d", b.Actors, b.Steps, b.Depth, b.Runs, tt.n, tt.steps, tt.depth, runs)
		}
		p := 1 / float64(tt.n) / math.Pow(float64(tt.steps), float64(tt.depth-1))
		if math.Abs(b.PerRun-p) > 1e-12 || math.Abs(b.Miss-math.Pow(1-p, runs)) > 1e-12 {
			t.Errorf("%v, want %g in a run", b, p)
		}
		if least := p*runs - 4*math.Sqrt(runs*p*(1-p)); float64(r.Counts.Failed) < least {
			t.Errorf("%v: found in %d runs, want %g at least", b, r.Counts.Failed, least)
		}
		t.Logf("%d of %d found it; %v", r.Counts.Failed, runs, b)
	}
}

// TestPCTLearns has runs much longer than the one that nobody disturbs.
func TestPCTLearns(t *testing.T) {
	c := compile(t, parse(t, threads("write x 1; write x 2", "read x into r\n  if r == 1\n  read y\n  read y\n  read y\n  read y\n  end")))
	r := search(t, c, Options{Strategy: PCT(3, Seeds{1, 1000})})
	if b := r.PCT; b.Steps != 7 || b.Runs == 0 || b.Runs >= 1000 {
		t.Errorf("%v: want 7 steps, and those runs alone that chose among 7", b)
	}
}

// TestEstimate compares Knuth's estimate with the tree.
func TestEstimate(t *testing.T) {
	for _, tt := range []struct {
		open func() (System, error)
		runs float64
		l    limit
	}{
		{openLanes(3, 3), 1680, limit{}},
		{openLanes(2, 6), 924, limit{}},
		{lostUpdate(t, 3).open(nil), 34650, limit{}},
		{openLanes(2, 5), 42, limit{kind: preemptionCost, max: 2}},
	} {
		sys, err := tt.open()
		if err != nil {
			t.Fatal(err)
		}
		e := newExplorer(sys, 1000)
		var g guess
		for range 4000 {
			leaves, err := e.walk(&tt.l, &g.random)
			if err != nil {
				t.Fatal(err)
			}
			g.add(leaves)
		}
		mean, stderr := g.mean()
		if math.Abs(mean-tt.runs) > 4*stderr || stderr > tt.runs/10 {
			t.Errorf("estimated %g, with an error of %g; there are %g", mean, stderr, tt.runs)
		}
	}
}

func TestProgress(t *testing.T) {
	c := compile(t, parse(t, repeated(4, "atomic x; atomic y")))
	var last Progress
	calls := 0
	r := search(t, c, Options{Workers: 2, Progress: func(p Progress) {
		if p.Counts.Runs < last.Counts.Runs || p.Share < last.Share || p.Share > 1 {
			t.Errorf("%+v, after %+v", p, last)
		}
		last, calls = p, calls+1
	}})
	if calls < 3 || last.Counts.Runs != r.Counts.Runs || math.Abs(last.Share-1) > 1e-9 || last.Error <= 0 ||
		math.Abs(last.Runs-2520) > 6*last.Error {
		t.Errorf("%d calls, the last %+v", calls, last)
	}
	states := uint64(0)
	big, err := Search(t.Context(), openLanes(6, 3), Options{Strategy: Merging(-1), Progress: func(p Progress) {
		if p.Counts.States < states {
			t.Errorf("%d states after %d", p.Counts.States, states)
		}
		states = p.Counts.States
	}})
	if err != nil || states != big.Counts.States || states != 4096 {
		t.Errorf("%d states in the last report, %v, %v", states, big.Counts, err)
	}
}

package search

import (
	"slices"
	"testing"
)

// costs counts the runs of a system by how much they cost, with no help from what is
// tested: by going through all of them recursively, each from the start.
func costs(t *testing.T, sys System, cost func(index int, c Choice) int) []uint64 {
	t.Helper()
	var counts []uint64
	var visit func(path []Choice, total int)
	visit = func(path []Choice, total int) {
		again := func() Status {
			s, err := sys.Reset()
			for _, c := range path {
				if err == nil {
					s, err = sys.Do(c)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if again() != Going {
			for len(counts) <= total {
				counts = append(counts, 0)
			}
			counts[total]++
			return
		}
		for i, c := range sys.Choices(nil) {
			again()
			visit(append(slices.Clip(path), c), total+cost(i, c))
		}
	}
	visit(nil, 0)
	return counts
}

// TestBounds counts the runs within each bound.
func TestBounds(t *testing.T) {
	irq := compile(t, parse(t, repeated(2, "atomic x; atomic y")))
	irq.interrupts = 1
	for _, tt := range []struct {
		name string
		open func() (System, error)
	}{
		{"lanes", openLanes(3, 2)},
		{"pairs", openLanes(2, 5)},
		{"conditions", compile(t, randomProgram(4)).open(nil)},
		{"locks", locks(t).open(nil)},
		{"interrupts", irq.open(nil)},
	} {
		sys, err := tt.open()
		if err != nil {
			t.Fatal(err)
		}
		preempts := costs(t, sys, func(_ int, c Choice) int {
			if sys.Preempts(c) {
				return 1
			}
			return 0
		})
		delayed := costs(t, sys, func(i int, _ Choice) int { return i })
		for _, s := range []struct {
			Strategy
			want []uint64
		}{{Preemptions(-1), preempts}, {Delays(-1), delayed}} {
			r, err := Search(t.Context(), tt.open, Options{Strategy: s.Strategy})
			if err != nil {
				t.Fatal(err)
			}
			var got []uint64
			sum := uint64(0)
			for i, l := range r.Levels {
				got = append(got, l.Counts.Runs)
				if i < len(s.want) {
					sum += s.want[i]
				}
				if l.Counts.Runs != sum || l.Bound != i {
					t.Errorf("%s: %s: %d runs within %d, want %d", tt.name, s.Name(), l.Counts.Runs, l.Bound, sum)
				}
			}
			if len(got) != len(s.want) {
				t.Errorf("%s: %s: levels %d, want %d", tt.name, s.Name(), got, s.want)
			}
			// A search up to a bound ends there.
			for most := range s.want {
				o := Options{Strategy: Preemptions(most)}
				if s.Name() == "delays" {
					o.Strategy = Delays(most)
				}
				r, err := Search(t.Context(), tt.open, o)
				if err != nil || len(r.Levels) != most+1 || !r.Complete || (r.Bound == "") != (most == len(s.want)-1) {
					t.Errorf("%s: %s up to %d: %+v, %v", tt.name, s.Name(), most, r, err)
				}
			}
		}
	}
}

// TestLimitPoints leaves out preemptions at other points without counting them.
func TestLimitPoints(t *testing.T) {
	var points pointSet
	points.add(1)
	l := limit{kind: preemptionCost, max: 1, points: &points}
	sys := &lanes{n: 2, steps: 3}
	for _, tt := range []struct {
		at, cost   int32
		kept, over int
	}{{1, 0, 2, 0}, {1, 1, 1, 1}, {2, 0, 1, 0}, {2, 1, 1, 0}} {
		sys.laneState = laneState{at: [8]uint8{uint8(tt.at)}, last: 0}
		choices := sys.Choices(nil)
		kept, over := l.keep(sys, tt.cost, choices)
		if kept != tt.kept || over != tt.over || choices[0].Actor != 0 {
			t.Errorf("at %d after %d: %d kept, %d over the bound; want %d, %d", tt.at, tt.cost, kept, over, tt.kept, tt.over)
		}
	}
}

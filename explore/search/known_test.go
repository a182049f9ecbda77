package search

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// threads writes a program of threads with these steps, separated by "; ".
func threads(bodies ...string) string {
	var b strings.Builder
	b.WriteString("program p\n")
	for i, body := range bodies {
		fmt.Fprintf(&b, "thread t%d\n  %s\n", i, strings.ReplaceAll(body, "; ", "\n  "))
	}
	return b.String()
}

func repeated(n int, body string) string {
	return threads(slices.Repeat([]string{body}, n)...)
}

// known are programs with numbers that were counted by others: interleavings, classes,
// and classes within 0, 1, 2, ... preemptions.
var known = []struct {
	name, text    string
	runs, classes uint64
	within        []uint64
}{
	{"MP", threads("write x 1; write y 1", "read y; read x"), 6, 3, []uint64{2, 3}},
	{"SB", threads("write x 1; read y", "write y 1; read x"), 6, 3, []uint64{2, 3}},
	{"LB", threads("read x; write y 1", "read y; write x 1"), 6, 3, []uint64{2, 3}},
	{"2+2W", threads("write x 1; write y 2", "write y 1; write x 2"), 6, 3, []uint64{2, 3}},
	{"WRC", threads("write x 1", "read x; write y 1", "read y; read x"), 30, 7, []uint64{6, 7}},
	{"RWC", threads("write x 1", "read x; read y", "write y 1; read x"), 30, 7, []uint64{6, 7}},
	{"ISA2", threads("write x 1; write y 1", "read y; write z 1", "read z; read x"), 90, 7, []uint64{6, 7}},
	{"3-SB", threads("write x 1; read y", "write y 1; read z", "write z 1; read x"), 90, 7, []uint64{6, 7}},
	{"IRIW", threads("write x 1", "write y 1", "read x; read y", "read y; read x"), 180, 15, []uint64{14, 15}},
	{"disjoint", threads("write x 1; write x 1; write x 1; write x 1", "write y 1; write y 1; write y 1; write y 1"), 70, 1, []uint64{1}},
	{"same 2x2", repeated(2, "write x 1; write x 2"), 6, 6, []uint64{2, 4, 6}},
	{"same 2x3", repeated(2, "write x 1; write x 2; write x 3"), 20, 20, []uint64{2, 6, 14, 18, 20}},
	{"same 2x4", repeated(2, "write x 1; write x 2; write x 3; write x 4"), 70, 70, []uint64{2, 8, 26, 44, 62, 68, 70}},
	{
		"same 2x5", repeated(2, "write x 1; write x 2; write x 3; write x 4; write x 5"),
		252, 252,
		[]uint64{2, 10, 42, 90, 162, 210, 242, 250, 252},
	},
	{"ainc 4", repeated(4, "atomic x"), 24, 24, []uint64{24}},
	{"ainc 5", repeated(5, "atomic x"), 120, 120, []uint64{120}},
	{"binc 2", repeated(2, "atomic x; atomic y"), 6, 4, []uint64{2, 4}},
	{"binc 3", repeated(3, "atomic x; atomic y"), 90, 36, []uint64{6, 24, 36}},
	{"binc 4", repeated(4, "atomic x; atomic y"), 2520, 576, []uint64{24, 168, 432, 576}},
	{"cinc 2", repeated(2, "atomic x; atomic y; atomic z"), 20, 8, []uint64{2, 6, 8}},
	{"cinc 3", repeated(3, "atomic x; atomic y; atomic z"), 1680, 216, []uint64{6, 42, 120, 192, 216}},
	{"readers 4", threads("write x 1", "read x", "read x", "read x", "read x"), 120, 16, []uint64{16}},
}

// levels returns the classes of a bounded search's levels, up to the first that has as
// many as all.
func levels(r *Result, all uint64) []uint64 {
	var list []uint64
	for _, l := range r.Levels {
		list = append(list, l.Counts.Classes)
		if l.Counts.Classes == all {
			break
		}
	}
	return list
}

func TestKnownPrograms(t *testing.T) {
	for _, tt := range known {
		t.Run(tt.name, func(t *testing.T) {
			c := compile(t, parse(t, tt.text))
			r := search(t, c, Options{})
			if r.Counts.Runs != tt.runs || r.Counts.Done != tt.runs || r.Counts.Classes != tt.classes || !r.Complete {
				t.Errorf("exhaustive: %v, %s; want %d runs, %d classes", r.Counts, r.Sentence(), tt.runs, tt.classes)
			}
			again := search(t, c, Options{Strategy: Reexecution()})
			if again.Counts != r.Counts {
				t.Errorf("by re-execution: %v\nby snapshots: %v", again.Counts, r.Counts)
			}
			for _, s := range []Strategy{Preemptions(-1), Delays(-1)} {
				b := search(t, c, Options{Strategy: s})
				if b.Counts.Runs != tt.runs || b.Counts.Classes != tt.classes || !b.Complete || b.Bound != "" {
					t.Errorf("%s: %v, %s", s.Name(), b.Counts, b.Sentence())
				}
				if got := levels(b, tt.classes); s.Name() == "preemptions" && !slices.Equal(got, tt.within) {
					t.Errorf("classes within bounds: %d, want %d", got, tt.within)
				}
			}
			m := search(t, c, Options{Strategy: Merging(-1)})
			if m.Counts.Schedules != tt.runs || !m.Complete || m.Counts.Infeasible != 0 {
				t.Errorf("merging: %v, %s", m.Counts, m.Sentence())
			}
		})
	}
}

// TestWorkers wants results that do not depend on how many work.
func TestWorkers(t *testing.T) {
	c := compile(t, parse(t, repeated(3, "atomic x; read y; atomic z; write y 2")))
	// What fails lies in the middle of the tree, and far inside of a part of it.
	c.judge = func(p *progSystem) string {
		if p.trail == 0o23311123 {
			return "middle"
		}
		return ""
	}
	seeds := Seeds{1, 20000}
	for _, o := range []Options{
		{All: true},
		{},
		{MaxRuns: 777, All: true},
		{Strategy: Preemptions(4), All: true},
		{Strategy: Preemptions(-1)},
		{Strategy: Delays(-1)},
		{Strategy: Random(seeds), All: true},
		{Strategy: Random(seeds)},
		{Strategy: PCT(6, seeds), All: true},
		{Strategy: PCT(6, seeds)},
		{Strategy: Random(seeds), All: true, MaxRuns: 1000},
	} {
		o.Workers = 1
		want := search(t, c, o)
		if want.Counts.Runs == 0 || want.Counts.Infeasible > 0 || len(want.Found) == 0 && o.MaxRuns == 0 {
			t.Fatalf("%s: %v, found %v", want.Strategy, want.Counts, want.Found)
		}
		last := uint64(0)
		for _, l := range want.Levels[:max(0, len(want.Levels)-1)] {
			last += l.Counts.Runs
		}
		if last += want.Counts.Runs; !o.All && last != want.Found[0].Runs {
			t.Errorf("%s: found in run %d, and %d done", want.Strategy, want.Found[0].Runs, last)
		}
		for _, n := range []int{2, 4} {
			o.Workers = n
			got := search(t, c, o)
			// What is left is compared by going on from it, elsewhere.
			got.Rest, want.Rest = nil, nil
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, all %v: %d workers: %+v\none: %+v", o.Strategy, o.All, n, got, want)
			}
		}
	}
}

// forgetful is a system that does not offer a choice that it has, once in many times.
type forgetful struct {
	*progSystem
	asked, every int
	again        bool // the system is going a way that has been gone before, maybe
}

func (f *forgetful) Reset() (Status, error) {
	f.again = true
	return f.progSystem.Reset()
}

func (f *forgetful) Restore(slot int) error {
	f.again = false
	return f.progSystem.Restore(slot)
}

func (f *forgetful) Choices(dst []Choice) []Choice {
	n := len(dst)
	dst = f.progSystem.Choices(dst)
	if len(dst)-n > 1 && !f.again {
		if f.asked++; f.asked%f.every == 0 {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

// TestLostBranch loses one branch in about a thousand, and wants the totals to tell.
func TestLostBranch(t *testing.T) {
	c := compile(t, parse(t, repeated(4, "atomic x; atomic y")))
	for every := 990; every < 1000; every++ {
		r, err := Search(t.Context(), func() (System, error) {
			return &forgetful{progSystem: &progSystem{code: c}, every: every}, nil
		}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Counts.Runs == 2520 {
			t.Errorf("one branch in %d lost, and still %d runs", every, r.Counts.Runs)
		}
	}
}

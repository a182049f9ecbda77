package coverage

import (
	"strings"
	"testing"

	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/livepatch"
	"patchlab/testprogs"
)

// laboratory makes one of a scenario, in which nothing runs.
func laboratory(t *testing.T) *lab.Lab {
	t.Helper()
	s, err := testprogs.Open("demo")
	if err != nil {
		t.Fatal(err)
	}
	b, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := b.Directed(experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Lab.Close() })
	return d.Lab
}

// everything is the facts of a search in which all kinds of things can happen.
var everything = Facts{
	Enables: true, Writes: true, Reverses: true, Cancels: true, Patching: true, Unpatching: true,
	Interrupts: true, Patches: 2, Replaces: true, Callbacks: true, Users: true, Forks: true, Rescheds: true, Sleeps: true,
}

// TestEachReason wants each reason to be why some cell cannot be visited, in one search or
// another, and a visit of any of its cells to be told with the reason.
func TestEachReason(t *testing.T) {
	l := laboratory(t)
	one := everything
	one.Patches, one.Reverses, one.Cancels, one.Replaces, one.Interrupts, one.Alone = 1, false, false, false, false, true
	spaces := []*Space{New(l, everything), New(l, one), New(l, Facts{})}
	for i := range reasons {
		found := 0
		for _, s := range spaces {
			for c, why := range s.why {
				if why != uint8(i+1) {
					continue
				}
				found++
				v := s.Set()
				v.bits[c/64] |= 1 << (c % 64)
				if found > 3 {
					break // a report looks at all cells
				}
				r := s.Report(v)
				if len(r.Wrong) != 1 || !strings.HasSuffix(r.Wrong[0], ": "+reasons[i].text) || r.Visited != 0 {
					t.Errorf("visited %s: %q", s.cellName(c), r.Wrong)
				}
			}
		}
		if found == 0 {
			t.Errorf("nothing has the reason %q", reasons[i].text)
		}
	}
}

// TestLimitsNameSteps wants the limits of phases to be of steps that there are, in the
// order of their tables.
func TestLimitsNameSteps(t *testing.T) {
	s := New(laboratory(t), everything)
	for table, limits := range held {
		at := 0
		for i := range s.positions {
			if p := &s.positions[i]; p.table == table && at < len(limits) && p.name == limits[at].step {
				at++
			}
		}
		if at < len(limits) {
			t.Errorf("%s: there is no step %s, or an earlier one comes behind it", table, limits[at].step)
		}
	}
}

// TestCells wants every cell to have a name of its own that its parts can be told from.
func TestCells(t *testing.T) {
	s := New(laboratory(t), everything)
	names := map[string]bool{}
	for c := range s.cells {
		p, ph, state := split(c)
		if cell(p, ph, state) != c || p >= len(s.positions) || state < -1 || state > 1 {
			t.Fatalf("cell %d is %d, %d, %d", c, p, ph, state)
		}
		names[s.cellName(c)] = true
	}
	if len(names) != s.cells {
		t.Errorf("%d cells have %d names", s.cells, len(names))
	}
	for _, target := range []uint64{livepatch.Unpatched, livepatch.Patched} {
		for stage := range livepatch.Complete {
			if st, to := stageOf(phase(stage, target)); st != stage || to != target {
				t.Errorf("%s towards %d comes back as %s towards %d", stage, target, st, to)
			}
		}
	}
	if phase(livepatch.Complete, livepatch.Idle) != outside {
		t.Error("a transition that is complete is not over")
	}
}

// TestNote wants a set to have the cells of all tasks, and reports to name what is left.
func TestNote(t *testing.T) {
	l := laboratory(t)
	s := New(l, everything)
	v, all := s.Set(), s.Set()
	v.Note(l)
	want := []int{cell(inUser, outside, -1)}
	for i := range s.positions {
		if s.positions[i].full == "W.wait" {
			want = append(want, cell(i, outside, -1))
		}
	}
	r := s.Report(v)
	if r.Visited != len(want) || len(r.Wrong) > 0 || r.Feasible+r.Infeasible != s.cells {
		t.Fatalf("%s; %q", r.Summary(), r.Wrong)
	}
	for _, c := range want {
		if !v.has(c) {
			t.Errorf("not visited: %s", s.cellName(c))
		}
	}
	if !strings.HasPrefix(r.NeverVisited(), "  outside -1: stub not-woken-yet kernel original ") {
		t.Errorf("%.200s", r.NeverVisited())
	}
	for c := range s.why {
		if s.why[c] == 0 {
			all.bits[c/64] |= 1 << (c % 64)
		}
	}
	all.Add(v)
	if r := s.Report(all); r.NeverVisited() != "" || r.Visited != r.Feasible {
		t.Errorf("%s; never: %s", r.Summary(), r.NeverVisited())
	}
	if n := testing.AllocsPerRun(10, func() { v.Note(l) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

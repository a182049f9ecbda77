package breaks

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/testprogs"
)

// TestAll wants every break to be in the list, in order, each with a scenario that differs.
func TestAll(t *testing.T) {
	var names []string
	seen := map[string]bool{}
	for _, b := range append(All(), InRuns()...) {
		if !slices.Contains(names, b.Name) {
			names = append(names, b.Name)
		}
		if key := b.Name + b.Scenario; seen[key] || b.Does == "" {
			t.Errorf("%+v", b)
		} else {
			seen[key] = true
		}
	}
	slices.Sort(names)
	if want := experiment.BreakNames(); !slices.Equal(names, want) {
		t.Errorf("the list has %q, there are %q", names, want)
	}
}

// TestFound wants each break to be found as the list says, and as soon as the page says;
// and nothing without it, with at most one preemption.
func TestFound(t *testing.T) {
	const page = "../../docs/breaks.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range All() {
		t.Run(b.Name+" on "+b.Scenario, func(t *testing.T) {
			t.Parallel()
			row := &Row{Break: b}
			if err := row.unbroken(t.Context(), search.Merging(1)); err != nil {
				t.Error(err)
			}
			cell, err := b.cell(t.Context(), "preemptions", false)
			if err != nil || !cell.Found {
				t.Fatalf("%+v, %v", cell, err)
			}
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, row.start()) && strings.Split(line, " | ")[6] == number(cell) {
					return
				}
			}
			t.Errorf("%s is out of date: preemptions finds it after %s: 'make breaks' makes it again (a few minutes)", page, number(cell))
		})
	}
}

// TestInRuns wants a run to show each break that no search does, and nothing without it.
func TestInRuns(t *testing.T) {
	for _, b := range InRuns() {
		s, err := testprogs.Open(strings.TrimPrefix(b.Scenario, "scenarios/"))
		if err != nil {
			t.Fatal(err)
		}
		built, err := experiment.Build(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []experiment.Options{{}, {Breaks: []string{b.Name}}} {
			r, err := built.Run(o)
			if r == nil {
				t.Fatal(err)
			}
			if err := r.Lab.Close(); err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, v := range r.Violations {
				rules = append(rules, string(v.Rule.String()))
			}
			if broken := o.Breaks != nil; broken != slices.Contains(rules, b.Rule) || broken == r.OK() {
				t.Errorf("%s, broken %v: violated %q", b.Scenario, broken, rules)
			}
		}
	}
}

// TestOtherRule wants a break that is found by another rule than the list says, or not at
// all, to be an error.
func TestOtherRule(t *testing.T) {
	for _, b := range []Break{
		{Name: "first-symbol", Scenario: "seed/ambiguous", Rule: "quiet"},
		{Name: "wide-range", Scenario: "seed/ambiguous", Rule: "quiet"},
	} {
		if _, err := b.cell(t.Context(), "merging", false); err == nil || !strings.Contains(err.Error(), "not found by the rule quiet") {
			t.Errorf("%+v: %v", b, err)
		}
	}
	row := &Row{Break: Break{Name: "none", Scenario: "seed/disable-reschedule"}}
	if err := row.unbroken(t.Context(), search.Merging(1)); err == nil {
		t.Error("a scenario that is not clean with the model as it is: no error")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		runs  []uint64
		tries int
		want  uint64 // MaxUint64 for none
	}{
		{[]uint64{7}, 1, 7},
		{nil, 1, math.MaxUint64},
		{[]uint64{9, 1, 4}, 3, 4},
		{[]uint64{9, 1}, 3, 9},
		{[]uint64{1}, 3, math.MaxUint64},
		{[]uint64{1, 4}, 2, 3},
		{[]uint64{4, 1, 8}, 4, 6},
		{[]uint64{4, 1}, 4, math.MaxUint64},
	} {
		got, found := median(slices.Clone(c.runs), c.tries)
		if !found {
			got = math.MaxUint64
		}
		if got != c.want {
			t.Errorf("%v of %d: %d, want %d", c.runs, c.tries, got, c.want)
		}
	}
}

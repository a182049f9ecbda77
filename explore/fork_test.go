package explore_test

import (
	"context"
	"strings"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/livepatch"
)

// TestFork searches the schedules of a fork during a transition, with at most one
// preemption: none goes wrong, and one does when the child keeps what was copied early.
// The steps of the fork must be among those that are ordered.
func TestFork(t *testing.T) {
	options := search.Options{Strategy: search.Merging(1)}
	for _, scenario := range []string{"fork", "fork-disable"} {
		s := subject(t, scenario, explore.Bounds{}, experiment.Options{})
		r, err := explore.Explore(context.Background(), s, options)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Complete || len(r.Found) > 0 {
			t.Errorf("%s: %s; %s; found %v", scenario, r.Sentence(), r.Counts, r.Found)
		}
		s = subject(t, scenario, explore.Bounds{}, experiment.Options{Breaks: []string{livepatch.BreakForkCopiesEarly}})
		if r, err = explore.Explore(context.Background(), s, options); err != nil {
			t.Fatal(err)
		}
		if len(r.Found) != 1 || r.Found[0].Failure.Rule != "quiet" {
			t.Fatalf("%s: nothing found: %s", scenario, r.Sentence())
		}
		replayed(t, s, r.Found[0])
		child, between := false, false
		for i, step := range r.Found[0].Schedule {
			child = child || step.Actor == "t1-1"
			between = between || i > 0 && step.Actor == "operator" && strings.HasPrefix(r.Found[0].Schedule[i-1].Point, "F.")
		}
		if !child || !between {
			t.Errorf("%s: no child moves, or nobody between a fork's steps:\n%s", scenario, r.Found[0].Schedule)
		}
	}
}

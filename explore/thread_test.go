package explore_test

import (
	"context"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/livepatch"
)

// TestKernelThread searches the schedules of a kernel thread during a transition: none goes
// wrong, and one does when an interrupted stack is not looked at.
func TestKernelThread(t *testing.T) {
	s := subject(t, "kernel-thread", explore.Bounds{}, experiment.Options{})
	if r := covered(t, s, search.Options{}); len(r.Wrong) > 0 {
		t.Errorf("%q", r.Wrong)
	}
	for _, breaks := range [][]string{nil, {livepatch.BreakSkipStackCheck}} {
		s := subject(t, "kernel-thread", explore.Bounds{Interrupts: 1}, experiment.Options{Breaks: breaks})
		r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(2)})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case breaks == nil && (!r.Complete || len(r.Found) > 0):
			t.Errorf("%s; found %v", r.Sentence(), r.Found)
		case breaks != nil && (len(r.Found) != 1 || r.Found[0].Failure.Rule != "clean-switch"):
			t.Errorf("%s; found %v", r.Sentence(), r.Found)
		}
	}
}

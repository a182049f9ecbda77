package explore_test

import (
	"context"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
)

// TestInterruptedPrologue wants interrupts inside windows to find what those at the points
// of protocols do not: a function without its frame that hides its caller.
func TestInterruptedPrologue(t *testing.T) {
	for _, c := range []struct {
		name   string
		points explore.Points
		breaks []string
		rule   string
	}{
		{"protocol, trusted", explore.Protocol, []string{experiment.TrustInterrupted}, ""},
		{"windows, as it stands", explore.Windows, nil, ""},
		{"prologue, trusted", explore.Prologue, []string{experiment.TrustInterrupted}, "reliable-means-complete"},
		{"return, trusted", explore.Return, []string{experiment.TrustInterrupted}, "reliable-means-complete"},
		{"calls, trusted", explore.Call, []string{experiment.TrustInterrupted}, ""}, // the frame is complete there
		{"all, trusted", explore.Protocol | explore.Windows, []string{experiment.TrustInterrupted}, "reliable-means-complete"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := explore.Bounds{Interrupts: 1, Points: c.points, Paranoid: true}
			s := subject(t, "interrupted-prologue", b, experiment.Options{Breaks: c.breaks})
			r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(1)})
			if err != nil {
				t.Fatal(err)
			}
			if c.rule == "" {
				if !r.Complete || len(r.Found) > 0 {
					t.Errorf("%s; found %v", r.Sentence(), r.Found)
				}
				return
			}
			if len(r.Found) == 0 || r.Found[0].Failure.Rule != c.rule {
				t.Fatalf("%s; found %v", r.Sentence(), r.Found)
			}
			replayed(t, s, r.Found[0])
		})
	}
}

// TestSharedPage wants tasks that share memory between two points to be noticed, the
// instructions that do so to become points, and what is wrong there to be found.
func TestSharedPage(t *testing.T) {
	for _, workers := range []int{1, 2} {
		o := search.Options{Strategy: search.Merging(-1), Workers: workers}
		s := subject(t, "shared-page", explore.Bounds{}, experiment.Options{})
		r, err := explore.Explore(context.Background(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Complete || len(r.Found) > 0 || r.Memory != nil {
			t.Errorf("without the check: %s, %v", r.Sentence(), r.Memory)
		}
		s = subject(t, "shared-page", explore.Bounds{Paranoid: true}, experiment.Options{})
		if r, err = explore.Explore(context.Background(), s, o); err != nil {
			t.Fatal(err)
		}
		if len(r.Found) != 1 || r.Found[0].Failure.Rule != "guest-fault" {
			t.Fatalf("%s; found %v", r.Sentence(), r.Found)
		}
		if m := r.Memory; m.Searches != 2 || len(m.Pages) != 1 || len(m.Points) != 3 || !m.Settled || len(r.At) != 3 {
			t.Errorf("%+v, %s", m, m)
		}
		replayed(t, s, r.Found[0])

		// Who knows the instructions finds it without the check.
		s = subject(t, "shared-page", explore.Bounds{At: r.At}, experiment.Options{})
		if r, err = explore.Explore(context.Background(), s, o); err != nil || len(r.Found) != 1 {
			t.Errorf("%v, %v", r, err)
		}
	}
}

// TestPrivatePages wants tasks that share nothing to be found to do so.
func TestPrivatePages(t *testing.T) {
	s := subject(t, "disable", explore.Bounds{Paranoid: true, Points: explore.Windows}, experiment.Options{})
	r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(1)})
	if err != nil {
		t.Fatal(err)
	}
	const want = "memory: no page is accessed by more than one task and written"
	if !r.Complete || r.Memory.Searches != 1 || !r.Memory.Settled || r.Memory.String() != want {
		t.Errorf("%s; %+v, %s", r.Sentence(), r.Memory, r.Memory)
	}
}

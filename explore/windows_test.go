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

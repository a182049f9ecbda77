package experiment

import (
	"fmt"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/livepatch"
)

// TestFollow makes transitions of the stages that the model reports.
func TestFollow(t *testing.T) {
	const p, u = livepatch.Patched, livepatch.Unpatched
	type told struct {
		stage  livepatch.Stage
		target uint64
	}
	for _, c := range []struct {
		name string
		told []told
		want string
	}{
		{"complete", []told{{livepatch.Initializing, p}, {livepatch.Starting, p}, {livepatch.Completing, p}, {livepatch.Complete, p}}, "patching 0-3 complete"},
		{"runs still", []told{{livepatch.Initializing, u}, {livepatch.Starting, u}}, "unpatching 0-0 "},
		{"there and back", []told{{livepatch.Initializing, p}, {livepatch.Complete, p}, {livepatch.Initializing, u}, {livepatch.Complete, u}}, "patching 0-1 complete, unpatching 2-3 complete"},
		{"canceled", []told{{livepatch.Initializing, p}, {livepatch.Canceling, p}, {livepatch.Completing, u}, {livepatch.Complete, u}}, "patching 0-3 canceled"},
		{"reversed", []told{{livepatch.Initializing, p}, {livepatch.Starting, p}, {livepatch.Reversing, p}, {livepatch.Starting, u}, {livepatch.Complete, u}}, "patching 0-2 reversed, unpatching 2-4 complete"},
		{"reversed twice", []told{{livepatch.Initializing, u}, {livepatch.Reversing, u}, {livepatch.Reversing, p}, {livepatch.Complete, u}}, "unpatching 0-1 reversed, patching 1-2 reversed, unpatching 2-3 complete"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ts []Transition
			for i, s := range c.told {
				ts = follow(ts, s.stage, livepatch.Transition{Name: "p", Target: s.target}, guest.Time(i))
			}
			var got []string
			for _, tr := range ts {
				got = append(got, fmt.Sprintf("%s %d-%d %s", tr.Direction, tr.Start, tr.End, tr.Outcome))
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("%q, want %q", s, c.want)
			}
		})
	}
}

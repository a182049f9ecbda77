package explore_test

import (
	"context"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
)

// BenchmarkExplore searches testprogs/seed/two-tasks.txtar: depth first from snapshots, the
// same by running each schedule from the start (the yardstick), and with equal states
// merged. It reports what one second of a core gives.
func BenchmarkExplore(b *testing.B) {
	const runs = 200000
	for _, c := range []struct {
		name     string
		strategy search.Strategy
		max      uint64
	}{
		{"depth first", search.Exhaustive(), runs},
		{"from the start", search.Reexecution(), runs},
		{"merging", search.Merging(-1), 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := subject(b, "two-tasks", explore.Bounds{}, experiment.Options{})
			var schedules, steps, states float64
			for b.Loop() {
				r, err := explore.Explore(context.Background(), s, search.Options{Strategy: c.strategy, MaxRuns: c.max})
				if err != nil {
					b.Fatal(err)
				}
				schedules += float64(r.Counts.Runs)
				steps += float64(r.Counts.Steps)
				states += float64(r.Counts.States)
			}
			per := b.Elapsed().Seconds()
			b.ReportMetric(schedules/per, "schedules/s")
			b.ReportMetric(steps/per, "steps/s")
			if states > 0 {
				b.ReportMetric(states/per, "states/s")
			}
		})
	}
}

package explore_test

import (
	"context"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
)

// BenchmarkExplore searches testprogs/seed/two-tasks.txtar: depth first from snapshots with
// one worker and with two, the same by running each schedule from the start (the
// yardstick), and with equal states merged. It reports what one second gives. No
// schedule is run twice but for those that are checked; TestCountsAgree confirms how many
// there are.
func BenchmarkExplore(b *testing.B) {
	for _, c := range []struct {
		name     string
		strategy search.Strategy
		workers  int
		max      uint64
	}{
		{"depth first", search.Exhaustive(), 1, 300_000},
		{"depth first, two workers", search.Exhaustive(), 2, 300_000},
		{"from the start", search.Reexecution(), 1, 20_000},
		{"merging", search.Merging(2), 1, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := subject(b, "two-tasks", explore.Bounds{}, experiment.Options{})
			var sum search.Counts
			for b.Loop() {
				r, err := explore.Explore(context.Background(), s,
					search.Options{Strategy: c.strategy, Workers: c.workers, MaxRuns: c.max})
				if err != nil {
					b.Fatal(err)
				}
				sum.Schedules += r.Counts.Schedules
				sum.Steps += r.Counts.Steps
				sum.States += r.Counts.States
			}
			per := b.Elapsed().Seconds()
			b.ReportMetric(float64(sum.Steps)/per, "steps/s")
			b.ReportMetric(float64(sum.Schedules)/per, "schedules/s")
			if sum.States > 0 {
				b.ReportMetric(float64(sum.States)/per, "states/s")
				b.ReportMetric(float64(sum.Schedules)/float64(sum.States), "schedules/state")
			}
		})
	}
}

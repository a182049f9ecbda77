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
// there are. Instructions are those of the guest that such a search executes, the second
// runs of what is checked included, and classes those of its schedules: both are counted
// once, by searches that are not timed.
func BenchmarkExplore(b *testing.B) {
	counted := map[string][2]uint64{}
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
			o := search.Options{Strategy: c.strategy, Workers: c.workers, MaxRuns: c.max}
			what := c.strategy.Name()
			if counted[what] == [2]uint64{} {
				counted[what] = aside(b, o)
			}
			instructions, classes := counted[what][0], counted[what][1]
			var sum search.Counts
			searches := 0.0
			for b.Loop() {
				r, err := explore.Explore(context.Background(), s, o)
				if err != nil {
					b.Fatal(err)
				}
				sum.Schedules += r.Counts.Schedules
				sum.Steps += r.Counts.Steps
				sum.States += r.Counts.States
				searches++
			}
			per := b.Elapsed().Seconds()
			b.ReportMetric(float64(sum.Steps)/per, "steps/s")
			b.ReportMetric(float64(sum.Schedules)/per, "schedules/s")
			b.ReportMetric(float64(instructions)*searches/per, "instructions/s")
			b.ReportMetric(float64(instructions)*searches/float64(sum.Schedules), "instructions/schedule")
			if classes > 0 {
				b.ReportMetric(float64(classes), "classes")
				b.ReportMetric(float64(sum.Schedules)/searches, "schedules")
			}
			if sum.States > 0 {
				b.ReportMetric(float64(sum.States)/per, "states/s")
				b.ReportMetric(float64(sum.Schedules)/float64(sum.States), "schedules/state")
			}
		})
	}
}

// aside counts the instructions that a search of the scenario executes and, where it tries
// schedules one by one, their classes.
func aside(b *testing.B, o search.Options) [2]uint64 {
	b.Helper()
	s := subject(b, "two-tasks", explore.Bounds{}, experiment.Options{})
	instructions, err := s.InstructionsOf(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	if o.Strategy.Name() == "merging" {
		return [2]uint64{instructions}
	}
	s.WantClasses()
	r, err := explore.Explore(context.Background(), s, o)
	if err != nil {
		b.Fatal(err)
	}
	return [2]uint64{instructions, r.Counts.Classes}
}

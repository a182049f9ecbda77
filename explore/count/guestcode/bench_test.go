package guestcode_test

import (
	"context"
	"testing"

	"patchlab/explore/count"
	"patchlab/explore/count/guestcode"
	"patchlab/explore/search"
)

// BenchmarkSearch runs the 90 schedules of three threads that each count up two
// variables, and reports what one second gives.
func BenchmarkSearch(b *testing.B) {
	programs, err := count.Parse("b.count", "thread t[3]\n atomic x\n atomic y\n")
	if err != nil {
		b.Fatal(err)
	}
	sys, err := guestcode.NewSystem(programs[0])
	if err != nil {
		b.Fatal(err)
	}
	defer sys.Close()
	var runs, steps float64
	for b.Loop() {
		r, err := search.Search(context.Background(), func() (search.System, error) { return kept{sys}, nil }, search.Options{})
		if err != nil {
			b.Fatal(err)
		}
		runs += float64(r.Counts.Runs)
		steps += float64(r.Counts.Steps)
	}
	b.ReportMetric(runs/b.Elapsed().Seconds(), "schedules/s")
	b.ReportMetric(steps/b.Elapsed().Seconds(), "steps/s")
}

// kept is a system that a search does not close.
type kept struct{ *guestcode.System }

// Close does nothing.
func (kept) Close() error { return nil }

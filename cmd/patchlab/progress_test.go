package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchlab/explore/search"
)

func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		p         search.Progress
		seeds     uint64
		perSecond float64
		want      string
	}{
		{
			search.Progress{Counts: search.Counts{Runs: 5, States: 4096}, Depth: 30, Waiting: 41},
			0, 10, "4096 states found, 5 runs; at depth 30, 41 choices wait; how many states there are is not known",
		},
		{search.Progress{Counts: search.Counts{Runs: 250000}}, 1000000, 5000, "25.0%: 250000 of 1000000 runs, 2m30s left"},
		{search.Progress{Counts: search.Counts{Runs: 0}}, 1000000, 0, "0.0%: 0 of 1000000 runs, ? left"},
		{search.Progress{Counts: search.Counts{Runs: 1000}, Share: 0.125, Runs: 11000, Error: 500}, 0, 100, "12.5%: 1000 of about 1.1e+04 +- 5e+02 runs, 1m40s +- 5s left"},
		{
			search.Progress{Counts: search.Counts{Runs: 1000}, Share: 0.5, Runs: 2000, Error: 10, Bound: "with at most 1 preemption"},
			0, 100,
			"50.0%: 1000 of about 2e+03 +- 10 runs with at most 1 preemption, 10s +- 0s left",
		},
		{search.Progress{Counts: search.Counts{Runs: 1000}, Share: 0.9, Runs: 900, Error: 100}, 0, 100, "90.0%: 1000 runs, more than were estimated"},
	} {
		if got := progressLine(c.p, c.seeds, c.perSecond); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.p, got, c.want)
		}
	}
}

// TestMeter wants a line only after a second, not too often, and none left behind; and
// nothing where nobody looks.
func TestMeter(t *testing.T) {
	var out bytes.Buffer
	var now time.Time
	a := &app{errs: &out, terminal: true, now: func() time.Time { return now }}
	m := a.progress(&exploreCommand{Strategy: "random"})
	at := func(d time.Duration, runs uint64) string {
		out.Reset()
		now = time.Time{}.Add(d)
		m.show(search.Progress{Counts: search.Counts{Runs: runs}})
		return out.String()
	}
	const resumed = 400
	if got := at(900*time.Millisecond, resumed); got != "" {
		t.Errorf("after 0.9 s: %q", got)
	}
	if got, want := at(2*time.Second, resumed+200), "\r60.0%: 600 of 1000 runs, 4s left"; got != want {
		t.Errorf("after 2 s: %q, want %q", got, want)
	}
	if got := at(2100*time.Millisecond, 700); got != "" {
		t.Errorf("at once again: %q", got)
	}
	m.clear()
	if got := out.String(); strings.Trim(got, "\r ") != "" || strings.Count(got, "\r") != 2 {
		t.Errorf("cleared by %q", got)
	}
	a.terminal = false
	if m := a.progress(&exploreCommand{}); m.update() != nil {
		t.Error("progress without a terminal")
	} else {
		m.clear()
	}
}

// TestInterruptSearch wants Ctrl-C in the middle of a search to print the counts so far,
// as inconclusive, and to leave the rest in the checkpoint.
func TestInterruptSearch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rest")
	args := []string{"explore", "-strategy", "exhaustive", "-checkpoint", file, "../../testprogs/seed/enable.txtar"}
	ctx, cancel := context.WithCancel(context.Background())
	var out bytes.Buffer
	errs := &canceler{text: "runs", cancel: cancel}
	tick := time.Time{}
	a := &app{ctx: ctx, out: &out, errs: errs, terminal: true, now: func() time.Time {
		tick = tick.Add(patience)
		return tick
	}}
	s, err := a.parseAndRun(args)
	if s != interrupted || err != nil {
		t.Errorf("status %d, %v", s, err)
	}
	for _, want := range []string{"\ninconclusive: ", "; interrupted\n", "\nruns ", "the rest is in " + file} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\nruns 0 ") {
		t.Errorf("no runs were counted:\n%s", out.String())
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("no checkpoint: %v", err)
	}
}

package main

import (
	"fmt"
	"time"

	"patchlab/lab/experiment"
)

// writeStats shows what a machine has done in a run that took so long on the host.
func (a *app) writeStats(r *experiment.Report, took time.Duration) {
	s := r.Stats
	fmt.Fprintln(a.out)
	table(a.out, func(row func(...any)) {
		row("steps", r.Steps)
		row("runs of guest code", s.Turns)
		row("instructions counted", s.Instructions)
		row("tasks put on a CPU", s.Switches)
		row("redirected calls", s.Redirected)
		row("  answered by the handler", s.Decided)
		row("  answered from its memo", s.Redirected-min(s.Decided, s.Redirected))
		row("snapshots", s.Snapshots)
		row("time on the host", took.Round(10*time.Microsecond))
		if sec := took.Seconds(); sec > 0 {
			row("counted instructions there", fmt.Sprintf("%.3g million a second", float64(s.Instructions)/sec/1e6))
		}
	})
}

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"patchlab/explore/search"
)

// meter shows how far a search has come, in one line that it writes over and over. A nil
// meter shows nothing.
type meter struct {
	to         io.Writer
	now        func() time.Time
	start      time.Time
	last       time.Time
	seeds      uint64 // the seeds that are to be run; 0 when the strategy has none
	seen, runs uint64 // of the last update, and since the start
	first      bool   // there was an update
	width      int    // of the line that stands there
}

// A line is shown when the search has lasted for patience, and then this often.
const (
	patience = time.Second
	pause    = 200 * time.Millisecond
)

// progress returns the meter of an explore command: nil unless standard error is a
// terminal.
func (a *app) progress(c *exploreCommand) *meter {
	if !a.terminal {
		return nil
	}
	m := &meter{to: a.errs, now: a.now}
	m.start = m.now()
	if strings.HasPrefix(c.Strategy, "pct-") || c.Strategy == "random" {
		s := c.seeds()
		m.seeds = s.Last - s.First + 1
	}
	return m
}

// isTerminal reports whether somebody may be looking at what is written to a file.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// update returns the function that a search tells its progress.
func (m *meter) update() func(search.Progress) {
	if m == nil {
		return nil
	}
	return m.show
}

func (m *meter) show(p search.Progress) {
	switch {
	case !m.first: // what a checkpoint had counted was not done now
		m.first = true
	case p.Counts.Runs >= m.seen:
		m.runs += p.Counts.Runs - m.seen
	default: // another bound: the counts begin again
		m.runs += p.Counts.Runs
	}
	m.seen = p.Counts.Runs
	now := m.now()
	if now.Sub(m.start) < patience || now.Sub(m.last) < pause {
		return
	}
	m.last = now
	m.write(progressLine(p, m.seeds, float64(m.runs)/now.Sub(m.start).Seconds()))
}

// write replaces the line.
func (m *meter) write(line string) {
	fmt.Fprintf(m.to, "\r%-*s", m.width, line)
	m.width = len(line)
}

// clear removes the line.
func (m *meter) clear() {
	if m != nil && m.width > 0 {
		fmt.Fprintf(m.to, "\r%*s\r", m.width, "")
		m.width = 0
	}
}

// progressLine says how far a search has come, that does so many runs a second.
func progressLine(p search.Progress, seeds uint64, perSecond float64) string {
	c, bound := p.Counts, ""
	if p.Bound != "" {
		bound = " " + p.Bound
	}
	left := func(runs float64) string {
		if perSecond == 0 {
			return "?"
		}
		return time.Duration(runs / perSecond * float64(time.Second)).Round(time.Second).String()
	}
	switch {
	case c.States > 0:
		// From what waits nothing follows for the number of states: it may all be known.
		return fmt.Sprintf("%d states found, %d runs; at depth %d, %d choices wait; how many states there are is not known",
			c.States, c.Runs, p.Depth, p.Waiting)
	case seeds > 0:
		return fmt.Sprintf("%.1f%%: %d of %d runs, %s left", 100*float64(c.Runs)/float64(seeds), c.Runs, seeds, left(float64(seeds-min(seeds, c.Runs))))
	case p.Runs <= float64(c.Runs):
		return fmt.Sprintf("%.1f%%: %d runs%s, more than were estimated", 100*p.Share, c.Runs, bound)
	}
	return fmt.Sprintf("%.1f%%: %d of about %.3g +- %.2g runs%s, %s +- %s left",
		100*p.Share, c.Runs, p.Runs, p.Error, bound, left(p.Runs-float64(c.Runs)), left(p.Error))
}

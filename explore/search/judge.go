package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// leave notes what is left of a search.
func (d *driver) leave(jobs []*job) {
	if len(jobs) > 0 {
		d.result.Rest = d.checkpoint(jobs)
	}
}

// judge decides whether the search is complete, within which bound, and why not.
func (d *driver) judge() {
	r := &d.result
	if d.unit != "" && !d.unbounded {
		r.Bound = "with at most " + plural(uint64(d.bound), d.unit)
	}
	var why []string
	if d.unfinished || r.Rest != nil {
		why = append(why, d.interruption())
	}
	if r.Counts.Truncated > 0 {
		why = append(why, fmt.Sprintf("%s truncated", plural(r.Counts.Truncated, "run")))
	}
	if r.Counts.Infeasible > 0 {
		why = append(why, fmt.Sprintf("%s not repeatable (%v)", plural(r.Counts.Infeasible, "run"), d.differ))
	}
	if r.Counts.Checked == 0 && len(why) == 0 {
		why = append(why, "no run was done twice")
	}
	if d.sampled {
		why = append(why, "a sample of the schedules")
	}
	if d.enough {
		why = append(why, "all schedules "+r.Bound+" were tried")
	}
	r.Reason = strings.Join(why, "; ")
	r.Complete = len(why) == 0
}

// interruption says why a search ended that had something left to do.
func (d *driver) interruption() string {
	switch {
	case d.stopped():
		return "stopped at the first failure"
	case d.outOfMemory:
		return fmt.Sprintf("the states need more than %d MiB", d.o.MaxMemory>>20)
	case errors.Is(d.ctx.Err(), context.DeadlineExceeded):
		return "out of time"
	case d.ctx.Err() != nil:
		return "interrupted"
	default:
		s := "stopped after " + plural(d.result.Counts.Runs, "run")
		if d.before > 0 {
			s += fmt.Sprintf(", and %d with lower bounds", d.before)
		}
		return s
	}
}

// Sentence says in one line what the search covered. It claims to be complete only when
// it is, and then names the bound.
func (r *Result) Sentence() string {
	c := r.Counts
	what := plural(c.Schedules, "schedule")
	if c.Schedules == math.MaxUint64 {
		what = "more than 10^19 schedules"
	}
	if c.States > 0 {
		what = fmt.Sprintf("%s (%s)", plural(c.States, "state"), what)
	} else if c.Classes > 0 {
		what = fmt.Sprintf("%s (%s)", what, plural(c.Classes, "class"))
	}
	if !r.Complete {
		return fmt.Sprintf("inconclusive: %s at %s; %s", what, plural(uint64(r.Points), "point"), r.Reason)
	}
	s := fmt.Sprintf("complete: all %s at %s", what, plural(uint64(r.Points), "point"))
	if r.Bound != "" {
		s += " " + r.Bound
	}
	return s
}

// String lists the counts in one line; those of merged states only where there are any.
func (c Counts) String() string {
	s := fmt.Sprintf("runs %d (done %d, failed %d), schedules %s, classes %d, blocked %d, over bound %d, truncated %d, infeasible %d, done twice %d, steps %d",
		c.Runs, c.Done, c.Failed, amount(c.Schedules), c.Classes, c.Blocked, c.OverBound, c.Truncated, c.Infeasible, c.Checked, c.Steps)
	if c.States > 0 {
		s += fmt.Sprintf(", states %d, merged %d", c.States, c.Merged)
	}
	return s
}

// amount writes a number that stays at the largest when there are more.
func amount(n uint64) string {
	if n == math.MaxUint64 {
		return "more than 10^19"
	}
	return strconv.FormatUint(n, 10)
}

// plural puts a number before a word.
func plural(n uint64, word string) string {
	switch {
	case n == 1:
		return "1 " + word
	case strings.HasSuffix(word, "s"):
		word += "e"
	}
	return fmt.Sprintf("%d %ss", n, word)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/lab/experiment"
)

// explore carries out "patchlab explore".
func (a *app) explore(c *exploreCommand) (status, error) {
	if err := experiment.CheckBreaks(c.Break); err != nil {
		return badInput, fmt.Errorf("-break: %w", err)
	}
	strategy, err := search.ByName(c.Strategy, search.Params{Bound: c.Bound, Seeds: c.seeds()})
	if err != nil {
		return badInput, fmt.Errorf("-strategy: %w", err)
	}
	points, at, err := explore.ParsePoints(c.Points)
	if err != nil {
		return badInput, fmt.Errorf("-points: %w", err)
	}
	built, err := build(c.File)
	if err != nil {
		return badInput, err
	}
	s, err := c.subject(built, points, at)
	if err != nil {
		return badInput, err
	}
	fmt.Fprint(a.out, heading(built))
	if c.Replay != "" {
		return a.replay(c, s)
	}
	ctx, cancel := context.WithTimeout(a.ctx, c.MaxTime)
	defer cancel()
	r, err := explore.Explore(ctx, s, search.Options{Strategy: strategy, Workers: c.Workers, MaxRuns: c.Runs})
	if err != nil {
		return badInput, err
	}
	return a.reportSearch(c, r)
}

func (c *exploreCommand) seeds() search.Seeds {
	if !c.Seeds.given {
		return search.Seeds{First: 1, Last: 1000}
	}
	return search.Seeds{First: c.Seeds.first, Last: c.Seeds.last}
}

// subject is what is searched.
func (c *exploreCommand) subject(built *experiment.Built, points explore.Points, at []guest.Addr) (*explore.Subject, error) {
	b := explore.Bounds{
		Retries: c.Retries, Interrupts: c.Interrupts, Points: points, At: at, Paranoid: c.Paranoid,
	}
	return explore.NewSubject(built, b, experiment.Options{Model: c.Model, Breaks: c.Break})
}

// reportSearch prints what a search came to.
func (a *app) reportSearch(c *exploreCommand, r *explore.Result) (status, error) {
	c.Points = explore.WritePoints(r.Points, r.At)
	fmt.Fprintf(a.out, "%s\nbounds: %s\n%s\n", r.Sentence(), c.within(r), r.Counts)
	if r.Memory != nil {
		fmt.Fprintln(a.out, r.Memory)
	}
	for _, f := range r.Found {
		fmt.Fprintf(a.out, "\nVIOLATION %s: %s\n", f.Failure.Rule, f.Failure.Text)
		fmt.Fprintf(a.out, "the smallest schedule found has %d steps and %d preemptions", len(f.Schedule), f.Preemptions)
		if f.Minimal {
			fmt.Fprint(a.out, ", and none with fewer fails at its points")
		}
		fmt.Fprintf(a.out, ":\n\n%s", legs(f.Schedule))
		fmt.Fprintf(a.out, "\nsee it again: patchlab explore %s-replay '%s' %s\n", c.again(), f.Schedule.Compact(), c.File)
	}
	switch {
	case len(r.Found) > 0:
		return unexpected, nil
	case a.ctx.Err() != nil:
		return interrupted, nil
	case !r.Complete:
		return inconclusive, nil
	}
	return asExpected, nil
}

// within says what limits a search besides its strategy.
func (c *exploreCommand) within(r *explore.Result) string {
	points := strings.ReplaceAll(r.Points.String(), ",", ", ")
	if len(r.At) > 0 {
		points += " and at " + plural(len(r.At), "instruction")
	}
	return fmt.Sprintf("tasks switch at points of %s; at most %s in a schedule; operator and worker look again %s while nothing changes",
		points, plural(c.Interrupts, "interrupt"), plural(c.Retries, "time"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// The defaults of -retries and -points.
const (
	defaultRetries = 1
	defaultPoints  = "protocol"
)

// again is the flags that a replay needs, each with a blank behind it.
func (c *exploreCommand) again() string {
	var b strings.Builder
	if c.Interrupts != 0 {
		fmt.Fprintf(&b, "-interrupts %d ", c.Interrupts)
	}
	if c.Points != defaultPoints {
		fmt.Fprintf(&b, "-points %s ", c.Points)
	}
	if c.Paranoid {
		b.WriteString("-paranoid ")
	}
	if c.Retries != defaultRetries {
		fmt.Fprintf(&b, "-retries %d ", c.Retries)
	}
	if c.Model != "" {
		fmt.Fprintf(&b, "-model %s ", c.Model)
	}
	for _, name := range c.Break {
		fmt.Fprintf(&b, "-break %s ", name)
	}
	return b.String()
}

// legs writes a schedule with one line for each run of steps of one actor.
func legs(s search.Schedule) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j+1 < len(s) && s[j+1].Actor == s[i].Actor && s[j+1].Kind == "" {
			j++
		}
		line := fmt.Sprintf("  %-10s %s", s[i].Actor, s[i].Point)
		if s[i].Kind != "" {
			line += " (" + s[i].Kind + ")"
		}
		if j > i {
			line += fmt.Sprintf(" ... %s (%d steps)", s[j].Point, j-i+1)
		}
		b.WriteString(line + "\n")
		i = j + 1
	}
	return b.String()
}

// replay runs one schedule and shows its steps.
func (a *app) replay(c *exploreCommand, s *explore.Subject) (status, error) {
	schedule, err := search.ParseCompact(c.Replay)
	if err != nil {
		return badInput, fmt.Errorf("-replay: %w", err)
	}
	end, err := s.Replay(schedule)
	var differs *search.Difference
	if err != nil && !errors.As(err, &differs) {
		return badInput, err
	}
	fmt.Fprint(a.out, schedule)
	if differs != nil {
		fmt.Fprintf(a.out, "\nthe run does not follow the schedule: %v\n", differs)
		return unexpected, nil
	}
	fmt.Fprintf(a.out, "\n%d steps, %d preemptions, digest %016x: %s\n", end.Steps, end.Preemptions, end.Digest, end.Status)
	if end.Status == search.Failed {
		fmt.Fprintf(a.out, "VIOLATION %s: %s\n", end.Failure.Rule, end.Failure.Text)
		return unexpected, nil
	}
	return asExpected, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

// explore carries out "patchlab explore".
func (a *app) explore(c *exploreCommand) (status, error) {
	if err := c.checkValues(); err != nil {
		return badInput, err
	}
	strategy, err := search.ByName(c.Strategy, search.Params{Bound: c.Bound, Seeds: c.seeds()})
	if err != nil {
		return badInput, fmt.Errorf("-strategy: %w", err)
	}
	if c.Classes && c.Strategy == "merging" {
		return badInput, errors.New("-classes: where equal states are merged schedules have no classes; with -strategy exhaustive or preemptions they have")
	}
	if err := c.checkSave(); err != nil {
		return badInput, err
	}
	built, err := build(c.File)
	if err != nil {
		return badInput, err
	}
	s, err := c.subject(built)
	if err != nil {
		return badInput, err
	}
	if c.Classes {
		s.WantClasses()
	}
	file, err := c.checkpoint(built, s, strategy)
	if err != nil {
		return badInput, err
	}
	fmt.Fprint(a.out, heading(built))
	if c.Replay != "" {
		return a.replayString(c.Replay, s)
	}
	if err := s.Cover(); err != nil {
		return badInput, err
	}
	ctx, cancel := context.WithTimeout(a.ctx, c.MaxTime)
	defer cancel()
	r, err := a.search(ctx, c, s, file, strategy)
	if err != nil {
		return badInput, c.defect(s, err)
	}
	end, err := a.reportSearch(c, s, r)
	if !a.reportCoverage(c, s.Coverage(), end) {
		end = unexpected
	}
	if file != nil && r.Rest != nil {
		fmt.Fprintf(a.out, "\nthe rest is in %s: the same command goes on from there\n", file.name)
	}
	return end, err
}

// maxWorkers bounds -workers: more machines than any host has CPUs are a slip of the hand.
const maxWorkers = 256

// checkValues says which flag has a value that means nothing.
func (c *exploreCommand) checkValues() error {
	if names := search.Names(); !slices.Contains(names, c.Strategy) {
		return fmt.Errorf("-strategy: no strategy is called %q: %s", c.Strategy, scenario.Suggest(c.Strategy, names))
	}
	bounded := c.Strategy == "merging" || c.Strategy == "preemptions" || c.Strategy == "delays"
	switch {
	case c.Bound < -1:
		return fmt.Errorf("-bound: %d: want 0 or more", c.Bound)
	case c.Bound >= 0 && !bounded:
		return fmt.Errorf("-bound: the strategy %s has none; merging, preemptions and delays have", c.Strategy)
	case c.Workers < 1 || c.Workers > maxWorkers:
		return fmt.Errorf("-workers: %d: want 1 to %d", c.Workers, maxWorkers)
	case c.MaxTime <= 0:
		return fmt.Errorf("-max-time: %s: want more than 0", c.MaxTime)
	case c.Strategy == "merging" && c.Seeds.given:
		return errors.New("-seeds: the strategy merging has none; random and pct-1 to pct-3 have")
	}
	return c.searched.checkValues()
}

func (c *exploreCommand) seeds() search.Seeds {
	if !c.Seeds.given {
		return search.Seeds{First: 1, Last: 1000}
	}
	return search.Seeds{First: c.Seeds.first, Last: c.Seeds.last}
}

// subject is a built scenario as it is searched.
func (c *searched) subject(built *experiment.Built) (*explore.Subject, error) {
	points, at, err := explore.ParsePoints(c.Points)
	if err != nil {
		return nil, fmt.Errorf("-points: %w", err)
	}
	b := explore.Bounds{
		Retries: c.Retries, Interrupts: c.Interrupts, Points: points, At: at, Paranoid: c.Paranoid,
	}
	s, err := explore.NewSubject(built, b, experiment.Options{Model: c.Model, Breaks: c.Break})
	if address := (*lab.AddressError)(nil); errors.As(err, &address) {
		return nil, fmt.Errorf("-points: %w", err)
	}
	return s, err
}

// checkValues says which flag has a value that means nothing.
func (c *searched) checkValues() error {
	switch {
	case c.Interrupts < 0:
		return fmt.Errorf("-interrupts: %d: want 0 or more", c.Interrupts)
	case c.Retries < 1:
		return fmt.Errorf("-retries: %d: want 1 or more", c.Retries)
	}
	if err := checkModel(c.Model, c.Break); err != nil {
		return err
	}
	if _, _, err := explore.ParsePoints(c.Points); err != nil {
		return fmt.Errorf("-points: %w", err)
	}
	return nil
}

// reportSearch prints what a search came to.
func (a *app) reportSearch(c *exploreCommand, s *explore.Subject, r *explore.Result) (status, error) {
	fmt.Fprintf(a.out, "%s\nbounds: %s\n%s\n", r.Sentence(), c.within(r), r.Counts)
	if r.Memory != nil {
		fmt.Fprintln(a.out, r.Memory)
	}
	for i, f := range r.Found {
		fmt.Fprintf(a.out, "\n%s %s: %s\n", word(r.Expected, f.Failure.Rule), f.Failure.Rule, f.Failure.Text)
		fmt.Fprintf(a.out, "the smallest schedule found has %s and %s", plural(len(f.Schedule), "step"), plural(f.Preemptions, "preemption"))
		if f.Minimal {
			fmt.Fprint(a.out, ", and none with fewer fails at its points")
		}
		fmt.Fprintf(a.out, ":\n\n%s", explore.Legs(f.Schedule))
		if err := a.sayAgain(c, s, i, f); err != nil {
			return badInput, err
		}
	}
	if c.Save != "" && len(r.Found) == 0 {
		fmt.Fprintf(a.out, "%s was not written: no schedule goes wrong\n", c.Save)
	}
	if r.Complete {
		for _, rule := range r.Missing() {
			fmt.Fprintf(a.out, "\nno schedule violates %s, which the scenario expects\n", rule)
		}
	}
	switch {
	case len(r.Unexpected()) > 0, r.Complete && len(r.Missing()) > 0:
		return unexpected, nil
	case a.ctx.Err() != nil:
		return interrupted, nil
	case !r.Complete:
		return inconclusive, nil
	}
	return asExpected, nil
}

// word is what a failure by a rule is called in a report.
func word(expected []string, rule string) string {
	if slices.Contains(expected, rule) {
		return "EXPECTED VIOLATION"
	}
	return "VIOLATION"
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

// defaultRetries is the default of -retries.
const defaultRetries = 1

// defaultPoints is the default of -points.
const defaultPoints = "protocol"

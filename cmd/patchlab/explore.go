package main

import (
	"context"
	"fmt"
	"strings"

	"patchlab/explore"
	"patchlab/explore/search"
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
	fmt.Fprint(a.out, heading(built))
	if c.Replay != "" {
		return a.replayString(c.Replay, s)
	}
	ctx, cancel := context.WithTimeout(a.ctx, c.MaxTime)
	defer cancel()
	r, err := explore.Explore(ctx, s, search.Options{Strategy: strategy, Workers: c.Workers, MaxRuns: c.Runs, Twice: c.Check})
	if err != nil {
		return badInput, c.defect(s, err)
	}
	return a.reportSearch(c, s, r)
}

func (c *exploreCommand) seeds() search.Seeds {
	if !c.Seeds.given {
		return search.Seeds{First: 1, Last: 1000}
	}
	return search.Seeds{First: c.Seeds.first, Last: c.Seeds.last}
}

// subject is what is searched.
func (c *exploreCommand) subject(built *experiment.Built) (*explore.Subject, error) {
	return explore.NewSubject(built, explore.Bounds{Retries: c.Retries, Interrupts: c.Interrupts},
		experiment.Options{Model: c.Model, Breaks: c.Break})
}

// reportSearch prints what a search came to.
func (a *app) reportSearch(c *exploreCommand, s *explore.Subject, r *explore.Result) (status, error) {
	fmt.Fprintf(a.out, "%s\nbounds: %s\n%s\n", r.Sentence(), c.within(), r.Counts)
	for i, f := range r.Found {
		fmt.Fprintf(a.out, "\nVIOLATION %s: %s\n", f.Failure.Rule, f.Failure.Text)
		fmt.Fprintf(a.out, "the smallest schedule found has %s and %s", plural(len(f.Schedule), "step"), plural(f.Preemptions, "preemption"))
		if f.Minimal {
			fmt.Fprint(a.out, ", and none with fewer fails at its points")
		}
		fmt.Fprintf(a.out, ":\n\n%s", legs(f.Schedule))
		if err := a.sayAgain(c, s, i, f); err != nil {
			return badInput, err
		}
	}
	if c.Save != "" && len(r.Found) == 0 {
		fmt.Fprintf(a.out, "%s was not written: no schedule goes wrong\n", c.Save)
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
func (c *exploreCommand) within() string {
	return fmt.Sprintf("at most %s in a schedule; operator and worker look again %s while nothing changes",
		plural(c.Interrupts, "interrupt"), plural(c.Retries, "time"))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// defaultRetries is the default of -retries.
const defaultRetries = 1

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

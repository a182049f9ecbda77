package main

import (
	"errors"
	"fmt"
	"slices"

	"patchlab/explore"
	"patchlab/explore/search"
)

// replay carries out "patchlab replay".
func (a *app) replay(c *replayCommand) (status, error) {
	built, err := build(c.File)
	if err != nil {
		return badInput, err
	}
	s, schedule, err := explore.NewSavedSubject(built)
	if err != nil {
		return badInput, err
	}
	fmt.Fprint(a.out, heading(built))
	return a.showReplay(s, schedule, func(step int) string {
		return fmt.Sprintf("%s:%d: ", c.File, built.Scenario.Schedule.Steps[step].Number)
	})
}

// replayString runs the schedule that a string stands for.
func (a *app) replayString(word string, s *explore.Subject) (status, error) {
	schedule, err := search.ParseCompact(word)
	if err != nil {
		return badInput, fmt.Errorf("-replay: %w", err)
	}
	return a.showReplay(s, schedule, func(int) string { return "" })
}

// showReplay runs one schedule and shows the steps in which it is followed. where says in which line a step stands.
func (a *app) showReplay(s *explore.Subject, schedule search.Schedule, where func(step int) string) (status, error) {
	end, err := s.Replay(schedule)
	var differs *search.Difference
	if err != nil && !errors.As(err, &differs) {
		return badInput, err
	}
	if differs != nil {
		fmt.Fprintf(a.out, "%s\n%sthe run does not follow the schedule: %v\n", schedule[:differs.Index], where(differs.Index), differs)
		return unexpected, nil
	}
	fmt.Fprintf(a.out, "%s\n%s, %s, digest %016x: %s (%s)\n", schedule, plural(end.Steps, "step"), plural(end.Preemptions, "preemption"), end.Digest, end.Status, end.Where)
	if end.Status == search.Failed {
		fmt.Fprintf(a.out, "%s %s: %s\n", word(s.Expected(), end.Failure.Rule), end.Failure.Rule, end.Failure.Text)
		if !slices.Contains(s.Expected(), end.Failure.Rule) {
			return unexpected, nil
		}
	}
	if end.Status == search.Going {
		fmt.Fprintln(a.out, "inconclusive: the schedule ends before the run does")
		return inconclusive, nil
	}
	return asExpected, nil
}

package main

import (
	"fmt"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
)

// narrowest is the smallest width that reports can keep to.
const narrowest = 60

// explainRun carries out "patchlab explain".
func (a *app) explainRun(c *explainCommand) (status, error) {
	if c.Width < narrowest {
		return badInput, fmt.Errorf("-width %d: want %d or more", c.Width, narrowest)
	}
	if err := c.checkValues(); err != nil {
		return badInput, err
	}
	built, err := build(c.File)
	if err != nil {
		return badInput, err
	}
	s, schedule, err := c.follows(built)
	if err != nil {
		return badInput, err
	}
	e, err := s.Explain(a.ctx, schedule)
	switch {
	case a.ctx.Err() != nil:
		return interrupted, nil
	case err != nil:
		return badInput, err
	}
	fmt.Fprint(a.out, heading(built), e.Text(c.Width))
	if d := e.Difference; d != nil && c.Replay == "" {
		fmt.Fprintf(a.out, "the step is in %s:%d\n", c.File, built.Scenario.Schedule.Steps[d.Index].Number)
	}
	if e.Near != nil {
		fmt.Fprintf(a.out, "see it pass: patchlab explain %s-replay '%s' %s\n", s.Flags(), e.Near.Schedule.Compact(), shellWord(c.File))
	}
	if e.Difference != nil || e.Ending.Status == search.Failed {
		return unexpected, nil
	}
	return asExpected, nil
}

// follows is what is to follow which schedule.
func (c *explainCommand) follows(built *experiment.Built) (*explore.Subject, search.Schedule, error) {
	if c.Replay == "" {
		if c.Interrupts != 0 || c.Retries != defaultRetries || c.Points != defaultPoints || c.Paranoid || c.Model != "" || c.Break != nil {
			return nil, nil, fmt.Errorf("-interrupts, -retries, -points, -paranoid, -model and -break go with -replay: the schedule in %s has its own", c.File)
		}
		return explore.NewSavedSubject(built)
	}
	schedule, err := search.ParseCompact(c.Replay)
	if err != nil {
		return nil, nil, fmt.Errorf("-replay: %w", err)
	}
	s, err := c.subject(built)
	return s, schedule, err
}

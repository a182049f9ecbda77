package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

// run carries out "patchlab run".
func (a *app) run(c *runCommand) (status, error) {
	if err := c.check(); err != nil {
		return badInput, err
	}
	if isProgram(c.File) {
		return a.runProgram(c)
	}
	if err := c.checkScenario(); err != nil {
		return badInput, err
	}
	built, err := build(c.File)
	switch {
	case a.ctx.Err() != nil:
		return interrupted, errInterrupted
	case err != nil:
		return badInput, err
	case c.Seed.many():
		return a.runSeeds(c, built)
	}
	return a.runOne(c, built)
}

var errInterrupted = errors.New("interrupted before the run began")

// check says what is wrong with the flags.
func (c *runCommand) check() error {
	switch {
	case c.CPUs != nil && *c.CPUs < 1:
		return fmt.Errorf("-cpus %d: want 1 or more", *c.CPUs)
	case c.MaxTime != nil && *c.MaxTime <= 0:
		return fmt.Errorf("-max-time %v: want a time like 5m or 300ms", *c.MaxTime)
	case c.Timeout <= 0:
		return fmt.Errorf("-timeout %v: want a time like 1m or 300ms", c.Timeout)
	case c.Seed.many() && c.Check:
		return errors.New("-check goes with one seed only")
	case c.Seed.many() && c.Verbose:
		return errors.New("-v goes with one seed only")
	}
	if err := experiment.CheckBreaks(c.Break); err != nil {
		return fmt.Errorf("-break: %w", err)
	}
	return nil
}

// maxScenarioTime is when a scenario is given up unless -max-time says otherwise.
const maxScenarioTime = 5 * time.Minute

// checkScenario says what is wrong with the flags where a scenario is to be run.
func (c *runCommand) checkScenario() error {
	switch {
	case len(c.Args) > 0:
		return fmt.Errorf("unexpected argument %s", c.Args[0])
	case c.Strace, len(c.Env) > 0, len(c.Mount) > 0, c.Stdin != "":
		return fmt.Errorf("%s: -strace, -env, -stdin and -mount are for programs, and this is none", c.File)
	}
	return nil
}

// build reads a scenario and compiles its sources.
func build(file string) (*experiment.Built, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	s, err := scenario.Parse(file, data)
	if err != nil {
		return nil, err
	}
	return experiment.Build(s, nil)
}

// options returns the options of a run.
func (a *app) options(c *runCommand) experiment.Options {
	maxTime := maxScenarioTime
	if c.MaxTime != nil {
		maxTime = *c.MaxTime
	}
	o := experiment.Options{
		CPUs: c.CPUs, Model: c.Model, Breaks: c.Break, MaxTime: guest.Time(maxTime.Nanoseconds()), MaxWall: c.Timeout, Cancel: a.ctx.Done(),
	}
	if c.Seed.given {
		o.Seed = &c.Seed.first
	}
	return o
}

// runOne runs a scenario once, or twice with -check, and reports it.
func (a *app) runOne(c *runCommand, built *experiment.Built) (status, error) {
	o := a.options(c)
	if c.Verbose {
		fmt.Fprint(a.out, heading(built))
		o.Timeline = a.out
	}
	first, err := runOnce(built, o)
	s := judge(first, err)
	if s == badInput {
		return s, err
	}
	if !c.Verbose {
		fmt.Fprint(a.out, heading(built), first.Timeline())
	}
	fmt.Fprintf(a.out, "\n%s", first.Summary(c.Verbose))
	if !c.Check || s == interrupted {
		return s, nil
	}
	o.Timeline = nil
	second, err := runOnce(built, o)
	if s2 := judge(second, err); s2 == badInput || s2 == interrupted {
		return s2, err
	}
	return a.compare(s, first, second)
}

// heading returns the first lines of a report: the scenario's title.
func heading(built *experiment.Built) string {
	if built.Scenario.Title == "" {
		return ""
	}
	return built.Scenario.Title + "\n\n"
}

// runOnce runs a scenario and closes its laboratory.
func runOnce(built *experiment.Built, o experiment.Options) (*experiment.Report, error) {
	r, err := built.Run(o)
	if r == nil {
		return nil, err
	}
	if left := r.Lab.Close(); err == nil && left != nil {
		err = left
	}
	return r, err
}

// judge returns the status of a run.
func judge(r *experiment.Report, err error) status {
	switch {
	case errors.Is(err, experiment.ErrCanceled):
		return interrupted
	case errors.Is(err, experiment.ErrNotConverged):
		return notConverged
	case errors.Is(err, emu.ErrGuest):
		return unexpected
	case err != nil:
		return badInput
	case !r.OK():
		return unexpected
	}
	return asExpected
}

// compare says whether a second run was the same as the first, whose status is s.
func (a *app) compare(s status, first, second *experiment.Report) (status, error) {
	switch {
	case second.Digest != first.Digest:
		fmt.Fprintf(a.out, "second run: FAILED: another digest, %s\n", second.Digest)
	case second.Timeline() != first.Timeline() || second.Summary(true) != first.Summary(true):
		fmt.Fprintln(a.out, "second run: FAILED: the same digest, but another report")
	default:
		fmt.Fprintln(a.out, "second run: the same digest, log and output")
		return s, nil
	}
	return max(s, unexpected), nil
}

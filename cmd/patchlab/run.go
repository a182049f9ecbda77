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
	case c.CPUs != nil && (*c.CPUs < 1 || *c.CPUs > scenario.MaxCPUs):
		return fmt.Errorf("-cpus %d: want 1 to %d", *c.CPUs, scenario.MaxCPUs)
	case c.MaxTime != nil && *c.MaxTime <= 0:
		return fmt.Errorf("-max-time %v: want a time like 5m or 300ms", *c.MaxTime)
	case c.Timeout <= 0:
		return fmt.Errorf("-timeout %v: want a time like 1m or 300ms", c.Timeout)
	case c.Seed.many() && c.Check:
		return errors.New("-check goes with one seed only")
	case c.Seed.many() && c.Verbose:
		return errors.New("-v goes with one seed only")
	case c.Seed.many() && (c.Trace != "" || c.Profile != "" || c.Stats || c.JSON):
		return errors.New("-trace, -profile, -stats and -json go with one seed only")
	case c.JSON && (c.Verbose || c.Check || c.Stats):
		return errors.New("-json has all in it: -v, -check and -stats do not go with it")
	}
	return checkModel(c.Model, c.Break)
}

// checkModel says what is wrong with -model and -break.
func checkModel(model string, breaks []string) error {
	if err := experiment.CheckModel(model); err != nil {
		return fmt.Errorf("-model: %w", err)
	}
	if err := experiment.CheckBreaks(breaks); err != nil {
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
		if _, err := read(c.File); err != nil {
			return err
		}
		return fmt.Errorf("%s is no ELF program, and scenarios take no arguments: unexpected %s", c.File, c.Args[0])
	case c.Strace, len(c.Env) > 0, len(c.Mount) > 0, c.Stdin != "":
		return fmt.Errorf("%s: -strace, -env, -stdin and -mount are for programs, and this is none", c.File)
	}
	return nil
}

// read returns what is in a file.
func read(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return data, nil
}

// build reads a scenario and compiles its sources.
func build(file string) (*experiment.Built, error) {
	data, err := read(file)
	if err != nil {
		return nil, err
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
	looks, err := c.openLooks(&o)
	if err != nil {
		return badInput, err
	}
	if c.Verbose {
		fmt.Fprint(a.out, heading(built))
		o.Timeline = a.out
	}
	stop := a.watchRun(c, &o)
	began := a.now()
	first, err := runOnce(built, o, looks)
	took := a.now().Sub(began)
	stop()
	s := judge(first, err)
	if s == badInput {
		return s, err
	}
	if c.JSON {
		return s, writeJSON(a.out, newRunJSON(first, s))
	}
	if !c.Verbose {
		fmt.Fprint(a.out, heading(built), first.Timeline())
	}
	fmt.Fprintf(a.out, "\n%s", first.Summary(c.Verbose))
	if c.Stats {
		a.writeStats(first, took)
	}
	if !c.Check || s == interrupted {
		return s, nil
	}
	return a.again(s, first, built, o)
}

// again runs a scenario for a second time, and compares; s is the status of the first run.
func (a *app) again(s status, first *experiment.Report, built *experiment.Built, o experiment.Options) (status, error) {
	o.Timeline, o.Attach = nil, nil
	second, err := runOnce(built, o, nil)
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

// runOnce runs a scenario, has those who looked on write what they have seen, and closes its
// laboratory.
func runOnce(built *experiment.Built, o experiment.Options, looks *looks) (*experiment.Report, error) {
	r, err := built.Run(o)
	if r == nil {
		return nil, errors.Join(err, looks.close())
	}
	left := errors.Join(looks.write(), r.Lab.Close())
	if left != nil {
		return r, left
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

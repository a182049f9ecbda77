package experiment

import (
	"errors"
	"fmt"
	"time"

	"patchlab/emu"
	"patchlab/emu/cpu"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/build"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
)

// TrustInterrupted is the one break that is not the model's but the unwinder's: an
// interrupted stack is walked from the interrupted registers as if its frame were
// complete.
const TrustInterrupted = "trust-preempted-fp"

// Options change how a scenario is run. The zero value runs it as it says.
type Options struct {
	// Builder compiles. Default: the zero builder.
	Builder *build.Builder
	// Seed and CPUs replace what the scenario sets, where not nil.
	Seed *uint64
	CPUs *int
	// Breaks are added to those of the scenario.
	Breaks []string
	// Open opens the backend that executes guest code. Default: the fast one.
	Open func(cpu.Options) (cpu.CPU, error)
	// MaxTime bounds the virtual time of the run. Default: five minutes.
	MaxTime guest.Time
	// MaxWall bounds how long the host may run it. Default: one minute.
	MaxWall time.Duration
	// Observer is told of log and output as they come; nil for nobody.
	Observer emu.Observer
}

// Built is a scenario with its sources compiled.
type Built struct {
	Scenario *scenario.Scenario
	Program  *image.Image
	Patches  map[string]*image.Object
}

// Build compiles the sources of a scenario.
func Build(s *scenario.Scenario, b *build.Builder) (*Built, error) {
	if b == nil {
		b = &build.Builder{}
	}
	elf, err := b.Program(s.Program)
	if err != nil {
		return nil, err
	}
	out := &Built{Scenario: s, Patches: map[string]*image.Object{}}
	if out.Program, err = image.Parse(s.File, elf); err != nil {
		return nil, err
	}
	for _, p := range s.Patches {
		object, err := b.Patch(p.Name, p.Sources)
		if err != nil {
			return nil, err
		}
		if out.Patches[p.Name], err = image.ParseObject(p.Name, object); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Failure is an expectation of a scenario that was not met.
type Failure struct {
	File string
	Line int
	Text string
}

// Error returns "file:line: text".
func (f *Failure) Error() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// ErrNotConverged says that something that the script waits for did not come within
// the bounds of the run.
var ErrNotConverged = errors.New("not converged")

// Report is what came of a run.
type Report struct {
	Lab      *lab.Lab // still open; the caller closes it
	Switches []livepatch.Switched
	Failures []*Failure
}

// Run runs a built scenario. It returns a report, whose laboratory the caller closes,
// even with an error, unless the laboratory could not be made. An error says why the
// script could not be carried on: one that is [ErrNotConverged], an *emu.Fault, or
// another failure; failed expectations are in the report.
func (b *Built) Run(o Options) (*Report, error) {
	c := b.config(o)
	r := &runner{built: b, report: &Report{}}
	c.Observer = r
	l, err := lab.New(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Scenario.File, err)
	}
	r.lab, r.report.Lab = l, l
	l.Machine.Observe(o.Observer)
	wall := o.MaxWall
	if wall == 0 {
		wall = time.Minute
	}
	stop := time.AfterFunc(wall, l.Interrupt)
	defer stop.Stop()
	return r.report, r.run()
}

// config makes the laboratory's configuration of a scenario's settings.
func (b *Built) config(o Options) lab.Config {
	set := b.Scenario.Settings
	c := lab.Config{
		Program: b.Program, CPUs: set.CPUs, Scheduler: set.Scheduler, Seed: set.Seed,
		Open: o.Open, MaxTime: o.MaxTime,
	}
	if o.Seed != nil {
		c.Seed = *o.Seed
	}
	if o.CPUs != nil {
		c.CPUs = *o.CPUs
	}
	if c.MaxTime == 0 {
		c.MaxTime = 300 * guest.Second
	}
	for _, name := range set.Options {
		if name == "unlock-may-reschedule" {
			c.Model.UnlockMayReschedule = true
		}
	}
	for _, name := range append(append([]string{}, set.Breaks...), o.Breaks...) {
		if name == TrustInterrupted {
			c.TrustInterrupted = true
		} else {
			c.Model.Breaks = append(c.Model.Breaks, name)
		}
	}
	return c
}

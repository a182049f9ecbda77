package experiment

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"patchlab/emu/cpu"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/build"
	"patchlab/lab/scenario"
	"patchlab/unwind"
)

// Options change how a scenario is run. The zero value runs it as it says.
type Options struct {
	// Builder compiles. Default: the zero builder.
	Builder *build.Builder
	// Seed and CPUs replace what the scenario sets, where not nil.
	Seed *uint64
	CPUs *int
	// Model replaces the scenario's model, where not empty: one of [Models].
	Model string
	// Breaks are added to those of the scenario.
	Breaks []string
	// Windows has windows found, as of [lab.Config].
	Windows bool
	// Stops are the kinds of windows at which tasks of a directed laboratory stop, and
	// StopsAt other instructions at which they do.
	Stops   []unwind.WindowKind
	StopsAt []guest.Addr
	// AllCalls has the calls of all functions with a patch site recorded, not only those that matter to
	// the scenario. It costs time and changes nothing else.
	AllCalls bool
	// Attach is called with the laboratory before anything has run, to look on; nil for nobody.
	Attach func(*lab.Lab)
	// Progress is kept up to date while the scenario runs; nil for nobody.
	Progress *Progress
	// Open opens the backend that executes guest code. Default: the fast one.
	Open func(cpu.Options) (cpu.CPU, error)
	// MaxTime bounds the virtual time of the run. Default: five minutes.
	MaxTime guest.Time
	// MaxWall bounds how long the host may run it. Default: one minute.
	MaxWall time.Duration
	// Cancel ends the run when it is closed; nil for never.
	Cancel <-chan struct{}
	// Timeline takes all that happens as it comes, as text, also the checks of single
	// tasks; nil for nothing. What it fails to take is lost.
	Timeline io.Writer
}

// Built is a scenario with its sources compiled.
type Built struct {
	Scenario *scenario.Scenario
	Program  *image.Image
	Patches  map[string]*image.Object
}

// Build compiles the sources of a scenario. The error has all that is wrong with them: of
// the program and of each patch.
func Build(s *scenario.Scenario, b *build.Builder) (*Built, error) {
	if b == nil {
		b = &build.Builder{}
	}
	out := &Built{Scenario: s, Patches: map[string]*image.Object{}}
	var errs []error
	program, patch := b.Program, b.Patch
	if s.Settings.User {
		program, patch = b.Process, b.ProcessPatch
	}
	elf, err := program(s.Program)
	if err == nil {
		out.Program, err = image.Parse("program", elf)
		err = located(s, err)
	}
	errs = append(errs, err)
	for _, p := range s.Patches {
		elf, err := patch(p.Name, p.Sources)
		if err == nil {
			out.Patches[p.Name], err = image.ParseObject(p.Name, elf)
			err = located(s, err)
		}
		if errors.Is(err, build.ErrNoCompiler) {
			return nil, err
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

// located adds a scenario's file to what is wrong with an ELF file made of it.
func located(s *scenario.Scenario, err error) error {
	if err != nil {
		err = fmt.Errorf("%s: %w", s.File, err)
	}
	return err
}

// Failure is an expectation of a scenario that was not met.
type Failure struct {
	File string
	Line int
	Text string
}

// Error returns "file:line: text".
func (f *Failure) Error() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// Run runs a built scenario. It returns a report, whose laboratory the caller closes,
// even with an error, unless the laboratory could not be made. An error says why the
// script could not be carried on: one that is [ErrNotConverged] or [ErrCanceled], an
// *emu.Fault, or another failure; failed expectations are in the report. So is what the
// oracle has found: each violation that the scenario does not expect is a failure.
func (b *Built) Run(o Options) (*Report, error) {
	c, breaks, err := b.config(o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Scenario.File, err)
	}
	report := &Report{Scenario: b.Scenario, Breaks: breaks, Scheduler: c.Scheduler, Seed: c.Seed}
	r := &runner{built: b, report: report, recorder: newRecorder(report), progress: o.Progress}
	c.Observer = r
	if r.lab, err = lab.New(c); err != nil {
		return nil, fmt.Errorf("%s: %w", b.Scenario.File, err)
	}
	if err := newChecker(b, r.lab).first(); err != nil {
		return nil, errors.Join(err, r.lab.Close())
	}
	r.oracle, r.stays = oracle.Attach(r.lab), newInvariants(r)
	if o.Attach != nil {
		o.Attach(r.lab)
	}
	report.begin(r.lab, b.replaced())
	r.recorder.begin(o.Timeline)
	r.bounds.wall = o.MaxWall
	if r.bounds.wall == 0 {
		r.bounds.wall = time.Minute
	}
	stop := r.bounds.watch(r.lab, o.Cancel)
	err = r.run()
	stop()
	r.judgeEnd(err)
	r.recorder.flush()
	report.end(err)
	return report, err
}

// config makes the laboratory's configuration of a scenario's settings, and says which
// breaks are in it.
func (b *Built) config(o Options) (c lab.Config, breaks []string, err error) {
	set := b.Scenario.Settings
	c = lab.Config{
		Program: b.Program, CPUs: set.CPUs, Scheduler: set.Scheduler, Seed: set.Seed,
		Open: o.Open, MaxTime: o.MaxTime,
	}
	if c.Scheduler == "" {
		c.Scheduler = "rr"
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
	model := set.Model
	if o.Model != "" {
		model = o.Model
	}
	if err := CheckModel(model); err != nil {
		return c, nil, err
	}
	c.Record = b.recorded(o.AllCalls)
	c.Model.CheckDecided, c.Model.CheckParts = model == ModelClosed, model == ModelClosed
	c.Model.UnlockMayReschedule = slices.Contains(set.Options, "unlock-may-reschedule")
	for _, name := range slices.Concat(set.Breaks, o.Breaks) {
		switch {
		case slices.Contains(breaks, name):
			continue
		case name == TrustInterrupted:
			c.TrustInterrupted = true
		default:
			c.Model.Breaks = append(c.Model.Breaks, name)
		}
		breaks = append(breaks, name)
	}
	return c, breaks, CheckBreaks(breaks)
}

package process

import (
	"errors"

	"patchlab/emu"
	"patchlab/emu/cpu"
	"patchlab/emu/cpu/unicorn"
	"patchlab/emu/kernel"
	"patchlab/emu/sched"
	"patchlab/emu/trace"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lines"
	"patchlab/protocol"
	"patchlab/trampoline"
)

// Config says what to run. Program must be given.
type Config struct {
	Program *image.Image
	// Kernel says what the process is given: arguments, environment, streams, a seed.
	Kernel kernel.Config
	// CPUs is the number of virtual CPUs. Default: 1.
	CPUs int
	// Scheduler is the name of the policy that makes the choices of the run. Default: "rr".
	Scheduler string
	// MaxTime ends the run when virtual time reaches it. Default: as of [emu.Config].
	MaxTime guest.Time
	// Open opens the backend that executes guest code. Default: the fast one.
	Open func(cpu.Options) (cpu.CPU, error)
}

// Process is a process on a machine of its own.
type Process struct {
	// Machine and Kernel are to look at.
	Machine *emu.Machine
	Kernel  *kernel.Kernel

	lines   *lines.Table
	symbols *image.Symtab
}

// New makes a process that is ready to run. Close it.
func New(c Config) (*Process, error) {
	if c.Program == nil {
		return nil, errors.New("process: no program")
	}
	if c.Open == nil {
		c.Open = unicorn.New
	}
	if c.Scheduler == "" {
		c.Scheduler = "rr"
	}
	policy, err := sched.ByName(c.Scheduler, c.Kernel.Seed)
	if err != nil {
		return nil, err
	}
	k, err := kernel.New(c.Kernel)
	if err != nil {
		return nil, err
	}
	p := &Process{Kernel: k, lines: lines.Of(c.Program), symbols: &c.Program.Symtab}
	p.Machine, err = emu.New(emu.Config{
		Image: c.Program, Process: k, CPUs: c.CPUs, Policy: policy, Open: c.Open, MaxTime: c.MaxTime, Locate: p.line,
		Program: protocol.NewProgram(protocol.NewStore()), Arena: trampoline.NewArena(emu.ArenaBase), Patcher: emu.NoPatches{},
	})
	if err != nil {
		return nil, errors.Join(err, k.Close())
	}
	if err := p.Machine.Boot(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Close frees the machine and what is open of the host.
func (p *Process) Close() error { return errors.Join(p.Machine.Close(), p.Kernel.Close()) }

// ErrDeadlock says that no thread can ever run again.
var ErrDeadlock = errors.New("every thread waits for something that nobody is left to bring about")

// Run runs the process to its end, and returns its status as shells tell it: what it has
// passed to exit, or 128 and the number of the signal that has ended it. The error is as
// of [emu.Machine.Step], or [ErrDeadlock].
func (p *Process) Run() (status int, err error) {
	for {
		s, err := p.Machine.Step()
		switch {
		case err != nil:
			return 0, err
		case s == emu.Finished:
			return p.Machine.ExitCode(), nil
		case s == emu.Stuck:
			return 0, ErrDeadlock
		}
	}
}

// Digest returns the digest of the run so far.
func (p *Process) Digest() trace.Digest { return p.Machine.Digest() }

package emu

import (
	"errors"
	"fmt"

	"patchlab/emu/cpu"
	"patchlab/emu/kernel"
	"patchlab/emu/sched"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/protocol"
	"patchlab/trampoline"
)

// Config says what machine to make. Image, Open, Program, Arena and Patcher must be
// given.
type Config struct {
	Image *image.Image
	// Process is the kernel of a program of user style, nil for one of kernel style.
	Process *kernel.Kernel
	// CPUs is the number of virtual CPUs, from 1 to 64. Default: 1.
	CPUs int
	// Policy makes the choices of the run. Default: round robin.
	Policy sched.Policy
	// Directed makes a machine that moves by [Machine.MoveTask] only. It has a CPU for
	// each task, also for those that are born later; Policy and CPUs do not count.
	Directed bool
	// Open opens the backend that executes guest code.
	Open func(cpu.Options) (cpu.CPU, error)
	// Program holds the protocols that tasks run; the machine declares its own
	// variables in the program's store.
	Program *protocol.Program
	// Arena is the stub that sites call.
	Arena   *trampoline.Arena
	Patcher Patcher
	// Companion is saved and restored with the machine; nil for none.
	Companion Companion
	// Symbolize writes where an address lies, such as "f+0x4", or "". Default: by
	// the program's symbols.
	Symbolize func(guest.Addr) string
	// MaxTime ends the run when virtual time reaches it. Default: one hour.
	MaxTime guest.Time
	// MaxOutput bounds output and log together, in bytes. Default: 16 MiB.
	MaxOutput int
}

// directedExtra is how many CPUs a directed machine has beyond those of the program's
// tasks, for tasks that run protocols only.
const directedExtra = 2

// maxCPUs and maxTasks bound what a program can ask for.
const (
	maxCPUs  = 64
	maxTasks = 1024
)

// complete checks c and fills in the defaults.
func (c *Config) complete() error {
	if c.Image == nil || c.Open == nil || c.Program == nil || c.Arena == nil || c.Patcher == nil {
		return errors.New("a machine needs an image, a backend, protocols, an arena and a patcher")
	}
	if (c.Image.Style == image.UserStyle) != (c.Process != nil) {
		return fmt.Errorf("%s: a program of %s style, made to run as the other", c.Image.Name, c.Image.Style)
	}
	if c.Process != nil && c.Directed {
		return fmt.Errorf("%s: a program of user style cannot be directed", c.Image.Name)
	}
	if c.CPUs == 0 {
		c.CPUs = 1
	}
	if c.Directed {
		c.CPUs = len(c.Image.Tasks) + directedExtra
	}
	if c.CPUs < 1 || c.CPUs > maxCPUs {
		return fmt.Errorf("%d CPUs: a machine has 1 to %d", c.CPUs, maxCPUs)
	}
	if n := len(c.Image.Tasks); n > maxTasks {
		return fmt.Errorf("%s: %d tasks: a machine has at most %d", c.Image.Name, n, maxTasks)
	}
	if c.Policy == nil {
		c.Policy = sched.NewRoundRobin()
	}
	if c.Symbolize == nil {
		t := &c.Image.Symtab
		c.Symbolize = func(a guest.Addr) string { return symbolize(t, a) }
	}
	if c.MaxTime == 0 {
		c.MaxTime = 3600 * guest.Second
	}
	if c.MaxOutput == 0 {
		c.MaxOutput = 16 << 20
	}
	return nil
}

// symbolize writes an address by a symbol table.
func symbolize(t *image.Symtab, a guest.Addr) string {
	s, off, ok := t.Lookup(a)
	switch {
	case !ok:
		return ""
	case off == 0:
		return s.Name
	}
	return fmt.Sprintf("%s+%#x", s.Name, off)
}

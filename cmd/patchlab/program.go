package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"patchlab/emu"
	"patchlab/emu/kernel"
	"patchlab/emu/vfs"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab/process"
)

// isProgram reports whether a file is an ELF file.
func isProgram(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [4]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && string(magic[:]) == "\x7fELF"
}

// runProgram runs a static program: its standard streams are patchlab's own, and its exit
// status becomes patchlab's.
func (a *app) runProgram(c *runCommand) (status, error) {
	config, err := a.program(c)
	if err != nil {
		return badInput, err
	}
	if c.Stdin != "" {
		f, err := os.Open(c.Stdin)
		if err != nil {
			return badInput, fmt.Errorf("-stdin: %w", err)
		}
		defer f.Close()
		config.Kernel.Stdin = f
	}
	p, err := process.New(config)
	if err != nil {
		return badInput, err
	}
	s, err := a.finish(p, c.Timeout)
	a.unanswered(p)
	return s, err
}

// program says what process to make.
func (a *app) program(c *runCommand) (process.Config, error) {
	var config process.Config
	data, err := os.ReadFile(c.File)
	if err != nil {
		return config, err
	}
	if config.Program, err = image.Parse(c.File, data); err != nil {
		return config, err
	}
	if config.Program.Style != image.UserStyle {
		return config, fmt.Errorf("%s: a program of kernel style runs in a scenario only", c.File)
	}
	if c.Seed.many() || c.Model != "" || len(c.Break) > 0 || c.Check || c.Verbose {
		return config, fmt.Errorf("%s: -model, -break, -check, -v and a range of seeds are for scenarios, and this is a program", c.File)
	}
	k := &config.Kernel
	k.Args, k.Env, k.Exe = append([]string{c.File}, c.Args...), c.Env, "/bin/"+filepath.Base(c.File)
	k.Stdin, k.Stdout, k.Stderr = os.Stdin, a.out, a.errs
	if c.Seed.given {
		k.Seed, config.Scheduler = c.Seed.first, "random"
	}
	if c.CPUs != nil {
		config.CPUs = *c.CPUs
	}
	if c.MaxTime != nil {
		config.MaxTime = guest.Time(c.MaxTime.Nanoseconds())
	} else {
		config.MaxTime = 1 << 62
	}
	if c.Strace {
		k.Trace = a.errs
	}
	if k.Memory, err = size(c.Memory); err != nil {
		return config, fmt.Errorf("-memory: %w", err)
	}
	k.Mounts, err = mounts(c.Mount)
	return config, err
}

// size reads a number of bytes such as 64M.
func size(text string) (uint64, error) {
	digits, shift := text, 0
	if i := strings.IndexAny(text, "KMG"); i >= 0 && i == len(text)-1 {
		digits, shift = text[:i], 10*(1+strings.IndexByte("KMG", text[i]))
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 || n<<shift > kernel.Area.Size() {
		return 0, fmt.Errorf("%q: want a size like 64M, of less than 2G", text)
	}
	return n << shift, nil
}

// mounts reads what -mount names.
func mounts(texts []string) ([]vfs.Mount, error) {
	var all []vfs.Mount
	for _, text := range texts {
		text, writable := strings.CutSuffix(text, ",rw")
		host, path, ok := strings.Cut(text, "=")
		if !ok || host == "" || !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("-mount %q: want DIR=PATH, with an absolute PATH for the program", text)
		}
		all = append(all, vfs.Mount{Host: host, Guest: path, Writable: writable})
	}
	return all, nil
}

// finish runs a process to its end, or until it is interrupted or its time is up.
func (a *app) finish(p *process.Process, timeout time.Duration) (status, error) {
	ctx, cancel := context.WithTimeout(a.ctx, timeout)
	defer cancel()
	type result struct {
		status int
		err    error
	}
	ended := make(chan result, 1)
	go func() {
		s, err := p.Run()
		ended <- result{s, err}
	}()
	select {
	case r := <-ended:
		defer p.Close()
		return judgeProgram(p, r.status, r.err)
	case <-ctx.Done():
	}
	// A process that waits for its standard input cannot be interrupted, and is left.
	p.Machine.Interrupt()
	select {
	case <-ended:
		defer p.Close()
	case <-time.After(time.Second):
	}
	if a.ctx.Err() != nil {
		return interrupted, errors.New("interrupted")
	}
	return notConverged, fmt.Errorf("stopped after %v on the host (-timeout)", timeout)
}

// judgeProgram returns the exit status of a program that has ended.
func judgeProgram(p *process.Process, s int, err error) (status, error) {
	var limit *emu.LimitError
	switch {
	case errors.As(err, &limit):
		return notConverged, err
	case errors.Is(err, emu.ErrGuest), errors.Is(err, process.ErrDeadlock):
		return unexpected, err
	case err != nil:
		return badInput, err
	case p.Machine.Death() != nil:
		return status(s), fmt.Errorf("killed by signal %d: %w", s-signalled, p.Machine.Death())
	}
	if _, signal, _ := p.Kernel.Ended(); signal != 0 {
		return status(s), fmt.Errorf("killed by signal %d", signal)
	}
	return status(s), nil
}

// signalled is what shells add to the number of the signal that has ended a program.
const signalled = 128

// unanswered lists the system calls that the program has made in vain.
func (a *app) unanswered(p *process.Process) {
	var list []string
	for _, u := range p.Kernel.Unknown() {
		list = append(list, fmt.Sprintf("%s (%d)", u.Name, u.Times))
	}
	if len(list) > 0 {
		fmt.Fprintln(a.errs, "patchlab: system calls that are not answered, and how often:", strings.Join(list, ", "))
	}
}

// syscalls carries out "patchlab syscalls".
func (a *app) syscalls() (status, error) {
	for _, r := range kernel.Table() {
		line := fmt.Sprintf("%4d  %-24s %-8s %s", r.Number, r.Name, r.Support, r.Note)
		fmt.Fprintln(a.out, strings.TrimRight(line, " "))
	}
	return asExpected, nil
}

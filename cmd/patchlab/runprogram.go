package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"patchlab/emu"
	"patchlab/emu/kernel"
	"patchlab/emu/trace"
	"patchlab/lab/process"
)

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
	switch {
	case c.Check:
		return a.runTwice(config, c.Timeout)
	case c.JSON:
		return a.runProgramJSON(c, config)
	}
	r, err := a.once(config, c.Timeout)
	if err != nil {
		return badInput, err
	}
	defer r.close()
	a.unanswered(r)
	if c.Stats {
		a.programStats(r)
	}
	return r.status, r.err
}

// programRun is what came of a run of a program.
type programRun struct {
	p      *process.Process // nil if it could not be stopped
	status status
	err    error
	took   time.Duration // on the host
}

func (r *programRun) close() {
	if r.p != nil {
		_ = r.p.Close() // what it has written is known to have arrived, or not, when it wrote
	}
}

// once runs a process. The error says why it could not begin.
func (a *app) once(config process.Config, timeout time.Duration) (*programRun, error) {
	start := a.now()
	p, err := process.New(config)
	if err != nil {
		return nil, err
	}
	r := a.finish(p, timeout)
	r.took = a.now().Sub(start)
	return r, nil
}

// finish runs a process to its end, or until it is interrupted or its time is up.
func (a *app) finish(p *process.Process, timeout time.Duration) *programRun {
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
		s, err := judgeProgram(p, r.status, r.err)
		return &programRun{p: p, status: s, err: err}
	case <-ctx.Done():
	}
	// A process that waits for its standard input cannot be interrupted, and is left.
	p.Machine.Interrupt()
	select {
	case <-ended:
	case <-time.After(time.Second):
		p = nil
	}
	if a.ctx.Err() != nil {
		return &programRun{p: p, status: interrupted, err: errors.New("interrupted")}
	}
	return &programRun{p: p, status: notConverged, err: fmt.Errorf("stopped after %v on the host (-timeout)", timeout)}
}

// judgeProgram returns the exit status of a program that has ended.
func judgeProgram(p *process.Process, s int, err error) (status, error) {
	var limit *emu.LimitError
	switch {
	case errors.As(err, &limit):
		return notConverged, err
	case errors.Is(err, emu.ErrGuest):
		return unexpected, fmt.Errorf("%w%s", err, stackOf(p, err))
	case errors.Is(err, process.ErrDeadlock):
		return unexpected, err
	case err != nil:
		return badInput, err
	case p.Machine.Death() != nil:
		return status(s), fmt.Errorf("killed by signal %d: %w%s", s-signalled, p.Machine.Death(), stackOf(p, p.Machine.Death()))
	}
	if _, signal, _ := p.Kernel.Ended(); signal != 0 {
		return status(s), fmt.Errorf("killed by signal %d", signal)
	}
	return status(s), nil
}

// signalled is what shells add to the number of the signal that has ended a program.
const signalled = 128

// stackOf writes what the thread that has made a fault was in, a line each; nothing where
// that is no more than the fault says itself.
func stackOf(p *process.Process, err error) string {
	var f *emu.Fault
	if !errors.As(err, &f) {
		return ""
	}
	if stack := p.Stack(f); len(stack) > 1 {
		return "\n  " + strings.Join(stack, "\n  ")
	}
	return ""
}

// unanswered lists the system calls that the program has made in vain.
func (a *app) unanswered(r *programRun) {
	if r.p == nil {
		return
	}
	if list := countsText(r.p.Kernel.Unknown()); list != "" {
		fmt.Fprintln(a.errs, "patchlab: system calls that are not answered, and how often:", list)
	}
}

// countsText writes how often calls were made: "read (2), write (1)".
func countsText(counts []kernel.Count) string {
	var list []string
	for _, c := range counts {
		list = append(list, fmt.Sprintf("%s (%d)", c.Name, c.Times))
	}
	return strings.Join(list, ", ")
}

// programStats shows on standard error what a run has done: standard output is the program's.
func (a *app) programStats(r *programRun) {
	if r.p == nil {
		return
	}
	m, s := r.p.Machine, r.p.Machine.Stats()
	fmt.Fprintln(a.errs)
	table(a.errs, func(row func(...any)) {
		row("virtual time", time.Duration(m.Now()))
		row("steps", m.Steps())
		row("runs of guest code", s.Turns)
		row("instructions counted", s.Instructions)
		row("threads put on a CPU", s.Switches)
		row("memory to write to, at most", fmt.Sprintf("%d KiB", r.p.Kernel.Peak()>>10))
		total := uint64(0)
		for _, c := range r.p.Kernel.Calls() {
			total += uint64(c.Times)
		}
		row("system calls", total)
		for _, c := range r.p.Kernel.Calls() {
			row("  "+c.Name, c.Times)
		}
		row("time on the host", r.took.Round(10*time.Microsecond))
		row("digest", r.p.Digest())
	})
}

// seen is what shows of a run besides its digest.
type seen struct{ out, errs hash.Hash }

func (s seen) equal(t seen) bool {
	return string(s.out.Sum(nil)) == string(t.out.Sum(nil)) && string(s.errs.Sum(nil)) == string(t.errs.Sum(nil))
}

// runTwice carries out -check: the second run is given what the first has read, and what
// it writes is compared only.
func (a *app) runTwice(config process.Config, timeout time.Duration) (status, error) {
	input := process.Record(config.Kernel.Stdin)
	var runs [2]*programRun
	var digests [2]trace.Digest
	var shown [2]seen
	for i := range runs {
		shown[i] = seen{sha256.New(), sha256.New()}
		k := config.Kernel
		if i == 0 {
			k.Stdin, k.Stdout, k.Stderr = input, io.MultiWriter(k.Stdout, shown[0].out), io.MultiWriter(k.Stderr, shown[0].errs)
		} else {
			k.Stdin, k.Stdout, k.Stderr, k.Trace = input.Again(), shown[1].out, shown[1].errs, nil
		}
		of := config
		of.Kernel = k
		r, err := a.once(of, timeout)
		if err != nil {
			return badInput, err
		}
		defer r.close()
		if r.status == interrupted || r.status == notConverged && r.err != nil {
			return r.status, r.err
		}
		runs[i], digests[i] = r, r.p.Digest()
	}
	if digests[0] != digests[1] || runs[0].status != runs[1].status || !shown[0].equal(shown[1]) {
		return unexpected, fmt.Errorf("run twice: the second run is different: digest %s and status %d, then %s and %d",
			digests[0], runs[0].status, digests[1], runs[1].status)
	}
	a.unanswered(runs[0])
	fmt.Fprintf(a.errs, "patchlab: run twice: the same output, the same status, the same digest %s\n", digests[0])
	return runs[0].status, runs[0].err
}

package main

import (
	"fmt"
	"strings"

	"patchlab/lab/experiment"
)

// tally is what came of the runs of a range of seeds.
type tally struct {
	runs, failed, open int
	nested             [2]uint64
	mixed              int
	digests            map[string]bool
	worst              status
	example            uint64 // the first seed that was not as expected
	scheduler          string
}

// runSeeds runs a scenario with each seed of a range: a line for each run that is not as
// expected, and a summary.
func (a *app) runSeeds(c *runCommand, built *experiment.Built) (status, error) {
	t := tally{digests: map[string]bool{}}
	o := a.options(c)
	stop := a.watchRun(c, &o)
	defer stop()
	for seed := c.Seed.first; ; seed++ {
		o.Seed = &seed
		r, err := runOnce(built, o, nil)
		s := judge(r, err)
		if s == badInput {
			return s, err
		}
		if s == interrupted || a.ctx.Err() != nil {
			t.worst = interrupted
			break
		}
		t.add(seed, s, r)
		if s != asExpected {
			fmt.Fprintf(a.out, "seed %d: %s\n", seed, firstProblem(r))
		}
		if seed == c.Seed.last {
			break
		}
	}
	a.summarize(&t, c)
	return t.worst, nil
}

func (t *tally) add(seed uint64, s status, r *experiment.Report) {
	t.runs++
	t.scheduler = r.Scheduler
	t.nested[0] += r.Nested[0]
	t.nested[1] += r.Nested[1]
	t.mixed += r.Mixed
	t.digests[r.Digest.String()] = true
	if s != asExpected && t.failed+t.open == 0 {
		t.example = seed
	}
	switch s {
	case unexpected:
		t.failed++
		t.worst = unexpected
	case notConverged:
		t.open++
		if t.worst == asExpected {
			t.worst = notConverged
		}
	}
}

// firstProblem is the first thing that was not as expected in a run.
func firstProblem(r *experiment.Report) string {
	switch {
	case len(r.Failures) == 0:
		return r.Err.Error()
	case len(r.Failures) == 1 && r.Err == nil:
		return r.Failures[0].Error()
	case r.Err != nil:
		return fmt.Sprintf("%v (and %v)", r.Failures[0], r.Err)
	}
	return fmt.Sprintf("%v (and %d more)", r.Failures[0], len(r.Failures)-1)
}

// summarize prints what came of the runs.
func (a *app) summarize(t *tally, c *runCommand) {
	fmt.Fprintf(a.out, "seeds %d-%d: %d runs, %d as expected, %d failed, %d not converged; %d different digests\n",
		c.Seed.first, c.Seed.last, t.runs, t.runs-t.failed-t.open, t.failed, t.open, len(t.digests))
	fmt.Fprintf(a.out, "during transitions, nested calls of patched functions: %d by tasks on the old side (state 0), "+
		"%d by tasks on the new side (state 1); mixed: %d\n", t.nested[0], t.nested[1], t.mixed)
	if t.runs > 1 && t.scheduler == "rr" {
		fmt.Fprintln(a.out, "the scheduler of this scenario is rr, which makes no choice by the seed: \"scheduler random\" does")
	}
	if t.failed+t.open > 0 {
		fmt.Fprintf(a.out, "to see one: patchlab run -seed %d%s %s\n", t.example, c.sameFlags(), c.File)
	}
	if t.worst == interrupted {
		fmt.Fprintln(a.out, "interrupted: the rest of the seeds was not run")
	}
}

// sameFlags writes the flags, but the seed, that a run was made with.
func (c *runCommand) sameFlags() string {
	var b strings.Builder
	if c.CPUs != nil {
		fmt.Fprintf(&b, " -cpus %d", *c.CPUs)
	}
	if c.Model != "" {
		b.WriteString(" -model " + c.Model)
	}
	for _, name := range c.Break {
		b.WriteString(" -break " + name)
	}
	return b.String()
}

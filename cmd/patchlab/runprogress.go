package main

import (
	"fmt"
	"sync"
	"time"

	"patchlab/lab/experiment"
)

// watchRun shows how far a run has come, once it has lasted for a second, in a line on standard error if that is
// a terminal. stop removes the line; nothing is shown from then on.
func (a *app) watchRun(c *runCommand, o *experiment.Options) (stop func()) {
	if !a.terminal || c.Verbose { // with -v the reader sees it move
		return func() {}
	}
	o.Progress = &experiment.Progress{}
	over := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		m := &meter{to: a.errs}
		defer m.clear()
		began := a.now()
		next := time.NewTimer(patience)
		defer next.Stop()
		for {
			select {
			case <-over:
				return
			case <-next.C:
				m.write(runLine(o.Progress, a.now().Sub(began)))
				next.Reset(pause)
			}
		}
	})
	return func() {
		close(over)
		wait.Wait()
	}
}

// runLine says how far a run has come in so long a time.
func runLine(p *experiment.Progress, took time.Duration) string {
	return fmt.Sprintf("%.6f s of virtual time, %s, in %s", float64(p.Time())/1e9, plural(int(p.Steps()), "step"), took.Round(time.Second))
}

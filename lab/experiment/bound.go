package experiment

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"patchlab/emu"
	"patchlab/lab"
)

// ErrNotConverged says that something that the script waits for did not come within
// the bounds of the run.
var ErrNotConverged = errors.New("not converged")

// ErrCanceled says that [Options.Cancel] ended the run.
var ErrCanceled = errors.New("interrupted")

// bounds end a run from outside of the machine.
type bounds struct {
	wall     time.Duration
	canceled atomic.Bool
	cut      bool // the run was ended from outside, or by the script before it was over
}

// watch interrupts the laboratory when the host's time is over or cancel is closed,
// until stop is called.
func (b *bounds) watch(l *lab.Lab, cancel <-chan struct{}) (stop func()) {
	over := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		timer := time.NewTimer(b.wall)
		defer timer.Stop()
		select {
		case <-over:
			return
		case <-cancel:
			b.canceled.Store(true)
		case <-timer.C:
		}
		l.Interrupt()
	})
	return func() {
		close(over)
		wait.Wait()
	}
}

// judge returns the error of a run that the machine ended with err while the script
// waited for something.
func (b *bounds) judge(what string, err error) error {
	var limit *emu.LimitError
	switch {
	case errors.As(err, &limit):
		return fmt.Errorf("%w: waiting until %s: %w", ErrNotConverged, what, err)
	case !errors.Is(err, emu.ErrInterrupted):
		return err
	}
	b.cut = true
	if b.canceled.Load() {
		return fmt.Errorf("%w while waiting until %s", ErrCanceled, what)
	}
	return fmt.Errorf("%w: waiting until %s: the bound of %s on the host's time is reached", ErrNotConverged, what, b.wall)
}

package emu

import (
	"errors"
	"fmt"
	"math"

	"patchlab/guest"
)

const (
	// InstructionTime is how long an instruction takes: the CPUs run at 1 MHz, so
	// that a second of a transition's patience is a million instructions. Where
	// instructions are not counted, a system call takes as long.
	InstructionTime guest.Time = 1000
	// TickTime is how often the timer interrupts a CPU, as of a kernel with
	// CONFIG_HZ=250. In user mode the way back from that interrupt is an exit gate,
	// so that a task that computes in user mode passes one even when nobody else
	// wants its CPU. It comes at the end of the turn in which it is due. In kernel
	// mode it changes nothing: who may run there is the policy's choice.
	TickTime guest.Time = 4_000_000

	noTimer guest.Time = math.MaxInt64
)

// tick returns the number of the timer's last interrupt.
func (m *Machine) tick() guest.Time { return m.now / TickTime }

// wakeSleepers makes the tasks runnable whose time has come, in the order of their
// times and then their ids.
func (m *Machine) wakeSleepers() error {
	for m.timer <= m.now {
		if rang, err := m.ring(); rang || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		for i := range m.tasks {
			if t := &m.tasks[i]; t.sleepsUntil(m.timer) {
				m.wake(t)
				if m.isThread(t) {
					m.kernel.Expired(t.id)
				}
				break
			}
		}
	}
	return nil
}

// ring lets the timer of a process ring if it is due.
func (m *Machine) ring() (rang bool, err error) {
	if !m.isProcess() {
		return false, nil
	}
	at, set := m.kernel.Alarm()
	if !set || at > m.now {
		return false, nil
	}
	if m.kernel.Ring() {
		err = m.endProcess()
	}
	m.findTimer()
	return true, err
}

// sleepsUntil reports whether a task sleeps for its time, which is at.
func (t *task) sleepsUntil(at guest.Time) bool {
	return t.state == Asleep && t.waits == sleepTime && t.wakeAt == at
}

// findTimer derives the earliest time that a task sleeps until.
func (m *Machine) findTimer() {
	m.timer = noTimer
	if m.isProcess() {
		if at, set := m.kernel.Alarm(); set {
			m.timer = at
		}
	}
	for i := range m.tasks {
		t := &m.tasks[i]
		if t.state == Asleep && t.waits == sleepTime {
			m.timer = min(m.timer, t.wakeAt)
		}
	}
}

// ErrInterrupted is returned by [Machine.Step] after [Machine.Interrupt].
var ErrInterrupted = errors.New("interrupted")

// Interrupt ends a step in progress, from any goroutine: [Machine.Step] returns
// [ErrInterrupted], and the machine cannot go on.
func (m *Machine) Interrupt() {
	m.interrupt.Store(true)
	m.cpu.Interrupt()
}

// LimitError says that a run reached one of its bounds.
type LimitError struct {
	What string // what was bounded
	At   guest.Time
}

// Error names the bound.
func (e *LimitError) Error() string {
	return fmt.Sprintf("stopped at %.6f s of virtual time: %s", float64(e.At)/float64(guest.Second), e.What)
}

// limits checks the bounds of the run.
func (m *Machine) limits() error {
	switch {
	case m.interrupt.Load():
		return ErrInterrupted
	case m.now >= m.config.MaxTime:
		return &LimitError{"the bound on virtual time is reached", m.now}
	case m.outBytes > m.config.MaxOutput:
		return &LimitError{fmt.Sprintf("more than %d bytes of output", m.config.MaxOutput), m.now}
	}
	return nil
}

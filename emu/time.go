package emu

import (
	"fmt"
	"slices"

	"patchlab/guest"
)

// InstructionTime is how long an instruction takes: the CPUs run at 1 MHz, so that
// a second of a transition's patience is a million instructions.
const InstructionTime guest.Time = 1000

// wakeSleepers makes the tasks runnable whose time has come, in the order of their
// times and then their ids.
func (m *Machine) wakeSleepers() {
	for {
		best := -1
		for i := range m.tasks {
			t := &m.tasks[i]
			if t.state == Asleep && t.waits == sleepTime && t.wakeAt <= m.now &&
				(best < 0 || t.wakeAt < m.tasks[best].wakeAt) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		m.wake(&m.tasks[best])
	}
}

// nextTimer returns the earliest time that a sleeper waits for.
func (m *Machine) nextTimer() (at guest.Time, ok bool) {
	for i := range m.tasks {
		t := &m.tasks[i]
		if t.state == Asleep && t.waits == sleepTime && (!ok || t.wakeAt < at) {
			at, ok = t.wakeAt, true
		}
	}
	return at, ok
}

// wake ends a task's sleep.
func (m *Machine) wake(t *task) {
	t.waits = sleepNot
	m.enqueue(t)
}

// sleepUntil, sleepOn and sleepFor put the current task to sleep.
func (m *Machine) sleepUntil(t *task, at guest.Time) error {
	t.waits, t.wakeAt = sleepTime, at
	return m.schedule(t, Asleep)
}

func (m *Machine) sleepOn(t *task, channel guest.Addr) error {
	t.waits, t.channel = sleepChannel, channel
	return m.schedule(t, Asleep)
}

// schedule takes a task off its CPU by its own will.
func (m *Machine) schedule(t *task, s TaskState) error {
	if m.atomic(t.cpu) {
		return m.wrong(t, "scheduling while atomic: preemption is off")
	}
	w := inKernel
	if t.exiting || t.mode == guest.UserMode || (t.kernel && !t.inGuest) {
		w = inUser
	}
	m.leaveCPU(t, s, w)
	return nil
}

// Kick prods a task: an interruptible sleeper is woken, a running one is asked to
// pass the scheduler.
func (m *Machine) Kick(id guest.TaskID) {
	t := m.task(id)
	switch {
	case t == nil:
	case t.state == Asleep && t.waits != sleepVar:
		m.wake(t)
	case t.cpu != guest.NoCPU:
		m.needResched[t.cpu] = true
	}
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

// unqueue takes a task out of the queue of runnable tasks.
func (m *Machine) unqueue(t *task) {
	if i := slices.Index(m.queue, t.id); i >= 0 {
		m.queue = slices.Delete(m.queue, i, i+1)
	}
}

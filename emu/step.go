package emu

import (
	"errors"
	"fmt"

	"patchlab/guest"
)

// Status says whether a machine can go on.
type Status uint8

// The statuses.
const (
	Running  Status = iota
	Finished        // every task with a user mode has exited
	Stuck           // nobody can run, and no time will wake anybody
)

// errInexact asks for the repetition of a step.
var errInexact = errors.New("step must be repeated")

// A checkpoint is taken every so many steps, from which an inexact step can be
// repeated; a step that something outside has prepared takes its own.
const (
	checkpointEvery = 4096
	noCheckpoint    = ^uint64(0)
)

// memoryEvery is after how many steps the content of memory enters the digest.
const memoryEvery = 1024

// Step lets one CPU move: its task runs some instructions, or one step of the
// protocol it is in. The error is a *[Fault] when the guest did what it must not, a
// *[LimitError] when a bound was reached, [ErrInterrupted], or a failure of the
// engine; the machine can be looked at then, but not go on.
func (m *Machine) Step() (Status, error) {
	if !m.isProcess() && (m.checkAt == noCheckpoint || m.steps >= m.checkAt+checkpointEvery) {
		m.Save(&m.checkpoint)
		m.checkAt = m.steps
	}
	status, err := m.step()
	if !errors.Is(err, errInexact) {
		return status, err
	}
	return m.repeat(m.steps)
}

// repeat runs again from the checkpoint, up to the step that was inexact, which is
// now made one instruction at a time.
func (m *Machine) repeat(last uint64) (Status, error) {
	if err := m.Restore(&m.checkpoint); err != nil {
		return Running, err
	}
	m.checkAt = m.steps
	m.repeating = true
	defer func() { m.repeating, m.exact = false, false }()
	for m.steps < last {
		if _, err := m.step(); errors.Is(err, ErrInterrupted) {
			return Running, err
		} else if err != nil {
			return Running, fmt.Errorf("BUG: a repeated step went another way: %w", err)
		}
	}
	m.exact = true
	status, err := m.step()
	if errors.Is(err, errInexact) {
		panic("BUG: an exact step was inexact")
	}
	return status, err
}

// touched tells that something changes the machine that a repetition of steps would
// not do again: none must start before it.
func (m *Machine) touched() { m.checkAt = noCheckpoint }

func (m *Machine) step() (Status, error) {
	m.config.Policy.SetState(m.run.policy)
	if err := m.wakeSleepers(); err != nil {
		return Running, err
	}
	for !m.findReady() {
		if m.timer == noTimer {
			return m.rest(), nil
		}
		m.now = m.timer
		if err := m.wakeSleepers(); err != nil {
			return Running, err
		}
	}
	if err := m.limits(); err != nil {
		return Running, err
	}
	c := m.config.Policy.CPU(m.ready)
	err := m.moveCPU(c)
	if errors.Is(err, errInexact) {
		return Running, err
	}
	m.run.policy = m.config.Policy.State()
	m.steps++
	if m.hashesMemory() {
		m.digest.Add(m.mem.Hash())
	}
	return Running, err
}

// moveCPU lets the CPU's task do its turn; an idle CPU takes one from the queue, if there
// is one.
func (m *Machine) moveCPU(c guest.CPUID) error {
	t := m.task(m.current[c])
	switch {
	case t == nil && len(m.queue) == 0:
		m.digest.Add(uint64(c))
		m.idlePass(c)
		return nil
	case t == nil:
		t = m.dispatch(c)
	}
	m.digest.Add(uint64(t.id)<<32 | uint64(c))
	if err := m.move(t); err != nil {
		return err
	}
	return m.endTurn(t)
}

// rest says why nobody moves.
func (m *Machine) rest() Status {
	for i := range m.tasks {
		if t := &m.tasks[i]; !t.kernel && t.state != Exited {
			return Stuck
		}
	}
	return Finished
}

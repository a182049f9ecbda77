package emu

import (
	"slices"

	"patchlab/guest"
)

// Only has nobody move but one task, until it is called again; 0 lets everybody move, as
// at the start. Time goes on, and who has slept long enough can run, but does not. When
// the task can run and has no CPU, it gets an idle one, or one from a task that is taken
// off as by an interrupt. Where preemption is off on all of them, their tasks go on until
// it is switched on.
func (m *Machine) Only(id guest.TaskID) {
	m.touched()
	m.only = id
}

// findReadyOnly lists the CPU of the only task that is to move, or one for it.
func (m *Machine) findReadyOnly() bool {
	t := m.task(m.only)
	m.ready = m.ready[:0]
	switch {
	case t.state == OnCPU:
		m.ready = append(m.ready, t.cpu)
	case t.state == Runnable:
		m.findRoom()
	}
	return len(m.ready) > 0
}

// findRoom lists a CPU that a task can have: an idle one, else one whose task can be taken
// off. If there is none it lists those whose tasks can move.
func (m *Machine) findRoom() {
	taken := guest.CPUID(guest.NoCPU)
	for c := range guest.CPUID(m.config.CPUs) {
		switch id := m.current[c]; {
		case id == 0:
			m.ready = append(m.ready[:0], c)
			return
		case m.task(id).state != OnCPU:
		case !m.atomic(c) && taken == guest.NoCPU:
			taken = c
		default:
			m.ready = append(m.ready, c)
		}
	}
	if taken != guest.NoCPU {
		m.ready = append(m.ready[:0], taken)
	}
}

// onCPU returns the task that is to move on a CPU, nil for an idle one. Where only one task
// is to move, another is taken off, if it can be.
func (m *Machine) onCPU(c guest.CPUID) (*task, error) {
	t := m.task(m.current[c])
	if t == nil || m.only == 0 || t.id == m.only {
		return t, nil
	}
	err := m.preemptTask(t)
	return m.task(m.current[c]), err
}

// next returns the index in the queue of the task that an idle CPU takes.
func (m *Machine) next() int {
	if m.only != 0 {
		return slices.Index(m.queue, m.only)
	}
	return m.config.Policy.Task(m.queue)
}

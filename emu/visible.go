package emu

import (
	"patchlab/emu/cpu"
	"patchlab/guest"
)

// StopAt makes an instruction of a task visible in a directed machine: a step of the
// task ends before it, too, and its next step begins with it. It is called before
// anything runs, and no task can be held there.
func (m *Machine) StopAt(id guest.TaskID, addr guest.Addr) {
	m.stops[addr] = true
	m.cpu.Break(addr, id, true)
}

// TraceAccesses has a directed machine note what the guest reads and writes, which is
// slow. It is called before anything runs.
func (m *Machine) TraceAccesses() { m.tracing = true }

// Accesses returns what the guest's own instructions have read and written in the last
// step, in their order, where that is traced. At counts the instructions of parts of
// the step only. The slice is valid until the next step.
func (m *Machine) Accesses() []cpu.Access { return m.accesses }

// execute runs guest code. A task that stands at a stop gets past it first.
func (m *Machine) execute(t *task, req cpu.Request) error {
	req.Accesses = m.tracing
	if !m.stops[t.ctx.PC] {
		return m.runOnce(t, req)
	}
	at := t.ctx.PC
	first := req
	first.Budget, first.Uncounted = 1, false
	m.cpu.Break(at, t.id, false)
	err := m.runOnce(t, first)
	m.cpu.Break(at, t.id, true)
	if err != nil || m.exit.Reason != cpu.Budget {
		return err
	}
	m.truth.record(m, t, &m.exit)
	return m.runOnce(t, req)
}

// runOnce runs guest code in one go.
func (m *Machine) runOnce(t *task, req cpu.Request) error {
	err := m.cpu.Run(&t.ctx, req, &m.exit)
	m.accesses = append(m.accesses, m.exit.Accesses...)
	return err
}

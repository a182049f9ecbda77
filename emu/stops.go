package emu

import (
	"slices"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// everyTask marks a breakpoint of no task's own: while it is there, setting and clearing
// those of single tasks is cheap, since the CPU keeps what it knows of the code around.
const everyTask guest.TaskID = 0

// Inspector looks at a task that has executed one instruction of guest code, which was
// at pc; the task has stayed in its mode. It must not change anything.
type Inspector interface {
	// Before is called when the task is about to execute the instruction at pc, and
	// After when it has. In between lies either one instruction outside of the arena, or
	// all that a task does there in one go.
	Before(id guest.TaskID, pc guest.Addr)
	After(id guest.TaskID, pc guest.Addr)
}

// StopAt has a directed machine end the step of any task that comes to one of the given
// instructions, in place of those that were given before. Where nothing is mapped there is
// no stop until the next call. stub.jump is left out: it jumps through a cell that all
// tasks share, and which holds for the one that has just come through stub.entry.
//
// Preconditions: the machine is directed, and no task is to be held.
func (m *Machine) StopAt(at ...guest.Addr) {
	if !m.config.Directed || len(m.holds) > 0 {
		panic("BUG: stops in a machine that is not directed, or where tasks are held")
	}
	m.touched()
	m.markStops(false)
	m.stops = m.stops[:0]
	for _, a := range at {
		if a != m.jump {
			m.stops = append(m.stops, a)
		}
	}
	slices.Sort(m.stops)
	m.stops = slices.Compact(m.stops)
	m.markStops(true)
}

// Inspect has an inspector look at every instruction of guest code from now on, nil for
// none; a directed machine then executes one at a time. The run is the same to the
// digest.
func (m *Machine) Inspect(i Inspector) { m.inspector = i }

func (m *Machine) isStop(a guest.Addr) bool {
	if len(m.stops) == 0 {
		return false
	}
	_, found := slices.BinarySearch(m.stops, a)
	return found
}

func (m *Machine) markStops(on bool) {
	for _, a := range m.stops {
		m.cpu.Break(a, everyTask, on)
		// A task that a restore has taken away leaves its marks behind.
		n := guest.TaskID(len(m.tasks))
		if !on {
			n = m.lastTask
		}
		for id := guest.TaskID(1); id <= n; id++ {
			m.cpu.Break(a, id, on)
		}
	}
}

// markStopsOf has the stops hold for a task that was not there when they were set.
func (m *Machine) markStopsOf(id guest.TaskID) {
	for _, a := range m.stops {
		m.cpu.Break(a, id, true)
	}
}

// execute runs guest code as asked. The first run of a step goes past the stop that the
// task stands at. Then, and while somebody inspects, it is one instruction only.
func (m *Machine) execute(t *task, req cpu.Request, first bool) error {
	req.Accesses = m.tracing
	at, stop := t.ctx.PC, m.isStop(t.ctx.PC)
	inspected := m.inspector != nil && !m.exact
	if !stop && !inspected || stop && !first {
		return m.runOnce(t, req)
	}
	// In the arena nothing is counted; each instruction of it is a stop, or none is.
	switch {
	case !m.inStub(t):
		req.Budget, req.Uncounted = 1, false
	case inspected: // up to the first instruction behind the arena
		req.Budget, req.Uncounted = 0, false
	}
	if inspected {
		m.inspector.Before(t.id, at)
	}
	if stop {
		m.cpu.Break(at, t.id, false)
	}
	err := m.runOnce(t, req)
	if stop {
		m.cpu.Break(at, t.id, true)
	}
	if inspected && err == nil && (m.exit.Reason == cpu.Budget || m.exit.Reason == cpu.Break) {
		m.inspector.After(t.id, at)
	}
	return err
}

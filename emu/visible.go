package emu

import (
	"patchlab/emu/cpu"
	"patchlab/guest"
	"patchlab/testprogs/include"
)

// TraceAccesses has a directed machine note what the guest reads and writes from now on,
// which is slow.
func (m *Machine) TraceAccesses() { m.tracing = true }

// Accesses returns what the guest's own instructions have read and written in the last
// step, in their order, where that is traced. At counts the instructions of parts of
// the step only. The slice is valid until the next step.
func (m *Machine) Accesses() []cpu.Access { return m.accesses }

// Private reports whether the last step of a directed machine, of a task of the program,
// was its task's own: that it has touched the task, memory as [Machine.Accesses] says, the
// task's stacks, and variables of the store, but nothing else that another task of the
// program can see or change, and that the time at which it was made does not matter.
//
// What the patcher's tables do besides is not known here.
func (m *Machine) Private() bool { return !m.shared }

// ownCall reports whether a system call or service touches nothing but its task, and
// variables of the store. Waiting and waking, time, output and the end of a task do.
func ownCall(mode guest.Mode, nr uint64) bool {
	if mode == guest.UserMode {
		return nr >= include.GateFirst && nr <= include.GateLast || nr == include.UserGettid || nr == include.UserYield
	}
	switch nr {
	case include.ServiceCurrent, include.ServicePatchState, include.ServiceCPU, include.ServiceSchedule,
		include.ServicePreemptDisable, include.ServicePreemptEnable, include.ServiceCondResched:
		return true
	}
	return false
}

// CountInstructions has a directed machine count the instructions of the guest from now on.
// It is slower, and the run is the same to the digest.
func (m *Machine) CountInstructions() { m.counting = true }

// Executed returns how many instructions of the guest a task has executed since
// [Machine.CountInstructions]. Those in the arena do not count.
func (m *Machine) Executed(id guest.TaskID) uint64 {
	if t := m.task(id); t != nil {
		return t.counted
	}
	return 0
}

// ExecutedByAll is Executed of all tasks together, those that have exited too.
func (m *Machine) ExecutedByAll() (n uint64) {
	for i := range m.tasks {
		n += m.tasks[i].counted
	}
	return n
}

// runOnce runs guest code in one go.
func (m *Machine) runOnce(t *task, req cpu.Request) error {
	m.mem.Touched()
	err := m.cpu.Run(&t.ctx, req, &m.exit)
	m.accesses = append(m.accesses, m.exit.Accesses...)
	return err
}

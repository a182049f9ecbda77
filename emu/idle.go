package emu

import (
	"fmt"

	"patchlab/guest"
)

// A CPU without a task runs its idle task, which has no guest code: of its loop only the end
// of a pass is a step of the run, and only when the patcher has something to do there. An
// idle task goes through its loop when it comes back on its CPU, and when it is woken.
//
// In a directed machine every task has a CPU of its own. A CPU whose task is not on it
// counts as offline there: what an idle task does can be seen by nobody else, and would
// only multiply the orders of steps.

// Online reports whether a CPU runs anything, if only its idle task.
func (m *Machine) Online(c guest.CPUID) bool { return !m.config.Directed || m.current[c] != 0 }

// WakeIdle sends the idle task of a CPU once through its loop if it is running.
func (m *Machine) WakeIdle(c guest.CPUID) {
	if m.current[c] == 0 && !m.config.Directed {
		m.stirred |= 1 << c
	}
}

// becomeIdle brings the idle task of a CPU back.
func (m *Machine) becomeIdle(c guest.CPUID) {
	m.current[c] = 0
	if !m.config.Directed && m.patcher.IdlePending(c) {
		m.stirred |= 1 << c
	}
}

// isStirred reports whether the idle task of a CPU is in its loop.
func (m *Machine) isStirred(c guest.CPUID) bool { return m.stirred>>c&1 != 0 }

// idlePass is the end of a pass through the loop of a CPU's idle task.
func (m *Machine) idlePass(c guest.CPUID) {
	m.stirred &^= 1 << c
	m.patcher.IdlePass(c)
}

// idleName is the name of a CPU's idle task.
func idleName(c guest.CPUID) string { return fmt.Sprintf("swapper/%d", c) }

package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// direction is the word that messages use for a transition towards target.
func direction(target uint64) string {
	if target == Patched {
		return "patching"
	}
	return "unpatching"
}

// current returns the patch in transition, which there must be.
func (m *Model) current() PatchID {
	id, ok := m.transition()
	if !ok {
		panic("BUG: no patch is in transition")
	}
	return id
}

// ofCurrent is current for the loops over functions.
func (m *Model) ofCurrent(*protocol.Frame) PatchID { return m.current() }

// initTransitionTable is klp_init_transition. L0 is the patch, L1 the target state, L2
// a cursor. Every task begins on the side that is left.
func (m *Model) initTransitionTable() *script {
	s := newScript("init transition")
	s.act("P.transition", func(f *protocol.Frame) {
		if m.target() != Idle {
			m.warnOnce(warnInitTarget, "klp_init_transition: the target state is not idle")
		}
		m.store.Write(m.vars.transitionPatch, protocol.Plain, f.L[0]+1)
	})
	s.act("P.target", func(f *protocol.Frame) {
		m.store.Write(m.vars.target, protocol.Plain, f.L[1])
		m.reached(Initializing, m.current(), f.L[1])
		m.logPatch(Debug, m.current(), "initializing %s transition", direction(f.L[1]))
	})
	m.lockTasks(s, "P.lock_state")
	m.eachTask(s, "P.state[T]", 2, func(f *protocol.Frame, pid guest.TaskID) {
		m.initState(f, pid, m.mustTask(pid))
	})
	m.unlockTasks(s, "P.unlock_state")
	m.eachIdle(s, "P.swappers_state", m.initState)
	s.fence("wmb_init")
	m.eachFunc(s, "P.trans[f]", 2, m.ofCurrent, func(fn int32) {
		m.store.Write(m.funcs[fn].transition, protocol.Plain, 1)
	})
	return s
}

// initState gives a task the state of the side that is left.
func (m *Model) initState(f *protocol.Frame, pid guest.TaskID, t *taskState) {
	if m.store.Read(t.state, protocol.Plain) != Idle {
		m.warnOnce(warnInitState, "klp_init_transition: the state of task %s:%d is not idle",
			m.machine.TaskName(pid), pid.PID())
	}
	t.check, t.moved = Check{}, Switched{}
	m.store.Write(t.state, protocol.Plain, 1-f.L[1])
}

// startTransitionTable is klp_start_transition: it flags every task that is not on the
// target's side. L0 is a cursor.
func (m *Model) startTransitionTable() *script {
	s := newScript("start transition")
	s.act("P.starting", func(*protocol.Frame) {
		m.reached(Starting, m.current(), m.target())
		m.logPatch(Notice, m.current(), "starting %s transition", direction(m.target()))
	})
	m.lockTasks(s, "P.lock_flag")
	m.eachTask(s, "P.flag[T]", 0, func(_ *protocol.Frame, pid guest.TaskID) {
		m.flag(m.mustTask(pid))
	})
	m.unlockTasks(s, "P.unlock_flag")
	m.eachIdle(s, "P.swappers_flag", func(_ *protocol.Frame, _ guest.TaskID, t *taskState) { m.flag(t) })
	s.act("P.hook_on", func(*protocol.Frame) { m.store.Write(m.vars.schedHook, protocol.Once, 1) })
	s.act("P.signals", func(*protocol.Frame) {
		m.store.Write(m.vars.signals, protocol.Plain, 0)
	})
	return s
}

// flag asks a task to go over, unless it is on the target's side.
func (m *Model) flag(t *taskState) {
	if m.store.Read(t.state, protocol.Plain) != m.target() {
		m.store.Swap(t.flag, 1)
	}
}

// reverse adds the steps of klp_reverse_transition: nobody is flagged while the
// direction changes, and nobody is inside a switch that began before. L2 is a cursor.
func (m *Model) reverse(s *script) {
	s.act("P.reversing", func(*protocol.Frame) {
		m.reached(Reversing, m.current(), m.target())
		from, to := direction(m.target()), direction(1-m.target())
		m.logPatch(Debug, m.current(), "reversing transition from %s to %s", from, to)
	})
	m.lockTasks(s, "P.lock_unflag")
	m.eachTask(s, "P.unflag[T]", 2, func(_ *protocol.Frame, pid guest.TaskID) {
		m.store.Swap(m.mustTask(pid).flag, 0)
	})
	m.unlockTasks(s, "P.unlock_unflag")
	m.eachIdle(s, "P.swappers_unflag", func(_ *protocol.Frame, _ guest.TaskID, t *taskState) { m.store.Swap(t.flag, 0) })
	m.synchronize(s, "sync_reverse", 2)
	s.act("P.enabled_reverse", func(*protocol.Frame) {
		enabled := m.patches[m.current()].enabled
		m.store.Write(enabled, protocol.Plain, 1-m.store.Read(enabled, protocol.Plain))
	})
	s.act("P.target_reverse", func(*protocol.Frame) {
		m.store.Write(m.vars.target, protocol.Plain, 1-m.target())
	})
	s.fence("wmb_reverse")
	s.step("P.start_reverse", func(f *protocol.Frame) protocol.Next {
		return f.Call(m.tables.startTransition)
	})
}

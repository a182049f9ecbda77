package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// signalsTimeout is how many attempts pass between two rounds of signals
// (SIGNALS_TIMEOUT of kernel/livepatch/transition.c).
const signalsTimeout = 15

// Locals of tryCompleteTable.
const (
	tCancel = 0 // 1: complete at once, for klp_cancel_transition
	tMissed = 1 // 1: a task could not be switched
	tCursor = 2
	tPatch  = 3 // the patch that was in transition, once it is complete
	tTarget = 4 // and what the target was
)

// tryCompleteTable is klp_try_complete_transition: an attempt at every task, and when
// all are on the target's side the completion. L0 is 1 to complete without an attempt.
func (m *Model) tryCompleteTable() *script {
	s := newScript("try complete transition")
	s.step("P.entry", func(f *protocol.Frame) protocol.Next {
		if f.L[tCancel] != 0 {
			return s.to("P.completing")
		}
		if m.target() == Idle {
			m.warnOnce(warnAttemptIdle, "klp_try_complete_transition: the target state is idle")
		}
		m.attempt++
		return protocol.Continue()
	})
	m.lockTasks(s, "P.lock_try")
	m.eachTask(s, "P.try[T]", tCursor, func(f *protocol.Frame, pid guest.TaskID) {
		if !m.trySwitch(pid, f.Actor, RuleAttempt).Ok() {
			f.L[tMissed] = 1
		}
	})
	m.unlockTasks(s, "P.unlock_try")
	m.eachIdle(s, "P.swappers_try", m.tryIdle)
	s.step("P.decide", func(f *protocol.Frame) protocol.Next {
		if f.L[tMissed] == 0 {
			return s.to("P.hook_off")
		}
		return protocol.Continue()
	})
	m.sendSignals(s)
	s.act("P.count", func(*protocol.Frame) {
		n := m.store.Read(m.vars.signals, protocol.Plain)
		m.store.Write(m.vars.signals, protocol.Plain, n+1)
	})
	s.step("P.rearm", func(*protocol.Frame) protocol.Next {
		m.scheduleWork()
		return protocol.Done()
	})
	s.act("P.hook_off", func(*protocol.Frame) { m.store.Write(m.vars.schedHook, protocol.Once, 0) })
	m.complete(s)
	return s
}

// tryIdle is what an attempt does with the idle task of a CPU. One that is running cannot be
// checked: it is sent once through its loop, for the next attempt (since Linux 5.16). Of a
// CPU that is offline it has nothing on its stack, and is switched as it is.
func (m *Model) tryIdle(f *protocol.Frame, id guest.TaskID, t *taskState) {
	cpu, _ := id.Idle()
	if !m.machine.Online(cpu) {
		if m.store.Read(t.state, protocol.Plain) != m.target() {
			m.store.Swap(t.flag, 0)
			m.move(id, RuleOffline, m.target())
		}
		return
	}
	if !m.trySwitch(id, f.Actor, RuleAttempt).Ok() {
		f.L[tMissed] = 1
		if !m.breaks.skipWakeIdle {
			m.machine.WakeIdle(cpu)
		}
	}
}

// sendSignals adds the steps of klp_send_signals and of the test before it.
func (m *Model) sendSignals(s *script) {
	s.step("P.signal_due", func(*protocol.Frame) protocol.Next {
		n := m.store.Read(m.vars.signals, protocol.Plain)
		if n == 0 || n%signalsTimeout != 0 {
			return s.to("P.count")
		}
		if n == signalsTimeout {
			m.log(Notice, "signaling remaining tasks")
		}
		return protocol.Continue()
	})
	m.lockTasks(s, "P.lock_signal")
	m.eachTask(s, "P.signal[T]", tCursor, func(_ *protocol.Frame, pid guest.TaskID) {
		if m.store.Read(m.mustTask(pid).flag, protocol.Once) != 0 {
			m.machine.Kick(pid)
		}
	})
	m.unlockTasks(s, "P.unlock_signal")
}

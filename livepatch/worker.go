package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// workerTable is the kworker that runs klp_transition_work. It never ends. As in the
// kernel the work is off the queue before it runs, so that it can arm itself again.
func (m *Model) workerTable() *script {
	s := newScript("transition work")
	s.step("W.wait", func(*protocol.Frame) protocol.Next {
		if m.store.Read(m.vars.workPending, protocol.Once) == 0 {
			return protocol.Wait(m.vars.workPending)
		}
		return protocol.Continue()
	})
	untilDue := func(f *protocol.Frame) protocol.Next {
		if due := guest.Time(m.store.Read(m.vars.workDue, protocol.Plain)); m.machine.Now() < due {
			return f.Sleep(due)
		}
		return s.to("W.take")
	}
	s.step("W.sleep", untilDue)
	s.step("W.woken", untilDue)
	s.step("W.again", func(*protocol.Frame) protocol.Next { return s.to("W.woken") })
	s.act("W.take", func(*protocol.Frame) { m.store.Swap(m.vars.workPending, 0) })
	m.lockMutex(s)
	s.step("W.attempt", func(f *protocol.Frame) protocol.Next {
		if _, busy := m.transition(); !busy {
			return protocol.Continue()
		}
		return f.Call(m.tables.tryComplete)
	})
	s.step("W.unlock", func(*protocol.Frame) protocol.Next {
		m.unlockMutex()
		return s.to("W.wait")
	})
	return s
}

// scheduleWork is schedule_delayed_work(&klp_transition_work,
// round_jiffies_relative(HZ)): nothing changes when the work is armed already.
func (m *Model) scheduleWork() {
	if m.store.Read(m.vars.workPending, protocol.Once) != 0 {
		return
	}
	m.store.Write(m.vars.workDue, protocol.Plain, uint64(roundTime(m.machine.Now()+guest.Second, m.machine.Now())))
	m.store.Write(m.vars.workPending, protocol.Publish, 1)
}

// roundTime is round_jiffies (kernel/time/timer.c) without the skew per CPU: t to a full
// second, down in its first quarter and else up, unless that were not after now.
func roundTime(t, now guest.Time) guest.Time {
	part := t % guest.Second
	rounded := t - part
	if part >= guest.Second/4 {
		rounded += guest.Second
	}
	if rounded <= now {
		return t
	}
	return rounded
}

// NextAttempt returns when the next attempt is due, and whether one is.
func (m *Model) NextAttempt() (due guest.Time, armed bool) {
	return guest.Time(m.store.Peek(m.vars.workDue)), m.store.Peek(m.vars.workPending) != 0
}

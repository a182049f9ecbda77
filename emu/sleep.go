package emu

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// sleep says what a sleeping task waits for.
type sleep uint8

const (
	sleepNot     sleep = iota
	sleepTime          // for its time
	sleepChannel       // for a wake-up of its channel
	sleepVar           // for a write to its variable
	sleepIdle          // for the next protocol: it runs nothing else
	sleepCall          // in a system call of a process, for its kernel
	sleepNew           // for [Machine.WakeNew]: it was born just now
)

// wake ends a task's sleep.
func (m *Machine) wake(t *task) {
	m.shared = true
	was := t.waits
	t.waits = sleepNot
	m.enqueue(t)
	switch {
	case was == sleepVar:
		m.varWaiters--
	case was == sleepTime && t.wakeAt == m.timer:
		m.findTimer()
	}
}

// sleepUntil, sleepOn and sleepFor put the current task to sleep: until a time, on a
// channel, or for a write to a variable.
func (m *Machine) sleepUntil(t *task, at guest.Time) error {
	if err := m.schedule(t, Asleep); err != nil {
		return err
	}
	t.waits, t.wakeAt = sleepTime, at
	m.timer = min(m.timer, at)
	return nil
}

func (m *Machine) sleepOn(t *task, channel guest.Addr) error {
	if err := m.schedule(t, Asleep); err != nil {
		return err
	}
	t.waits, t.channel = sleepChannel, channel
	return nil
}

func (m *Machine) sleepFor(t *task, v protocol.Var) error {
	if err := m.schedule(t, Asleep); err != nil {
		return err
	}
	t.waits, t.waitVar = sleepVar, v
	m.varWaiters++
	return nil
}

// schedule takes a task off its CPU by its own will.
func (m *Machine) schedule(t *task, s TaskState) error {
	if m.atomic(t.cpu) {
		return m.wrong(t, "scheduling while atomic: preemption is off")
	}
	w := inKernel
	if t.stackEmpty() {
		w = inUser
	}
	m.leaveCPU(t, s, w)
	return nil
}

// wakeChannel wakes all tasks that wait for a channel, and returns how many.
func (m *Machine) wakeChannel(channel guest.Addr) (n uint64) {
	for i := range m.tasks {
		t := &m.tasks[i]
		if t.state == Asleep && t.waits == sleepChannel && t.channel == channel {
			m.wake(t)
			n++
		}
	}
	return n
}

// Kick prods a task as set_notify_signal of the Linux kernel does: a sleeper is woken
// unless it waits for a lock, and a task that runs in user mode is interrupted, so that
// it passes the exit gate before anything else. In the kernel it goes on, on its way
// there. A thread of a process passes no exit gate, and is left alone.
func (m *Machine) Kick(id guest.TaskID) {
	t := m.task(id)
	switch {
	case t == nil || m.isThread(t):
	case t.state == Asleep && (t.waits == sleepTime || t.waits == sleepChannel):
		m.wake(t)
	case t.state == OnCPU && t.mode == guest.UserMode:
		t.exiting = true
	}
}

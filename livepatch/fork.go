package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// Locals of forkTable.
const (
	fState = 0 // patch_state of the copy
	fFlag  = 1 // and its TIF_PATCH_PENDING
	fChild = 2 // its pid, once it is on the task list
)

// taskWriter is what tasklist_lock holds while it is held for writing.
const taskWriter uint64 = 1 << 32

// ForkLock returns tasklist_lock, and whether it is taken. Who puts a task on the task list
// in one step, without [Tables].Fork, must find it free.
func (m *Model) ForkLock() (lock protocol.Var, taken bool) {
	return m.vars.tasklist, m.store.Peek(m.vars.tasklist) != 0
}

// forkTable is what copy_process (kernel/fork.c) does that a transition can meet. The
// parent runs it in the kernel, on its CPU. dup_task_struct copies the whole task, and so
// state and flag, long before anybody can find the copy. A transition can begin or turn
// back until then, which is why klp_copy_process copies them once more: with
// tasklist_lock held for writing, so that every loop over the tasks comes before it and
// changes the parent, or behind it and finds the child. Its result is the child's pid, or
// a negative errno.
func (m *Model) forkTable() *script {
	s := newScript("fork")
	s.act("F.dup", func(f *protocol.Frame) {
		p := m.mustTask(f.Actor)
		f.L[fState], f.L[fFlag] = m.store.Read(p.state, protocol.Plain), m.store.Read(p.flag, protocol.Once)
	})
	s.act("F.irq_off", func(f *protocol.Frame) { m.preemptOff(f.Actor) })
	s.step("F.lock", func(*protocol.Frame) protocol.Next {
		if m.store.Read(m.vars.tasklist, protocol.Once) != 0 {
			return protocol.Wait(m.vars.tasklist) // it spins
		}
		m.store.Swap(m.vars.tasklist, taskWriter)
		return protocol.Continue()
	})
	s.step("F.copy", func(f *protocol.Frame) protocol.Next {
		child, err := m.machine.Fork(f.Actor)
		if err != nil {
			f.Result = EAGAIN.Result()
			return protocol.Continue()
		}
		f.L[fChild], f.Result = uint64(child), uint64(child)
		if m.breaks.forkCopiesEarly {
			t := m.mustTask(child)
			m.store.Write(t.state, protocol.Plain, f.L[fState])
			m.store.Write(t.flag, protocol.Once, f.L[fFlag])
		}
		return protocol.Continue()
	})
	s.act("F.unlock", func(f *protocol.Frame) {
		m.store.Write(m.vars.tasklist, protocol.Publish, 0)
		m.preemptOn(f.Actor)
	})
	s.act("F.wake", func(f *protocol.Frame) {
		if child := guest.TaskID(f.L[fChild]); child != 0 {
			m.machine.WakeNew(child)
		}
	})
	return s
}

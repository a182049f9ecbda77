package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// synchronize adds the step name, which is klp_synchronize_transition; see synchronized.
func (m *Model) synchronize(s *script, name string, cursor int) {
	s.step(name, m.synchronized(s, name, cursor))
}

// synchronized returns what the step name does as klp_synchronize_transition: it goes on
// once each CPU was seen outside of a region with preemption off, one CPU at a time,
// counted in L[cursor]. It waits for no task that was preempted.
func (m *Model) synchronized(s *script, name string, cursor int) func(*protocol.Frame) protocol.Next {
	return func(f *protocol.Frame) protocol.Next {
		cpu := guest.CPUID(f.L[cursor])
		if v := m.machine.Preempt(cpu); m.store.Read(v, protocol.Once) != 0 {
			return protocol.Wait(v)
		}
		if int(cpu)+1 < m.machine.CPUs() {
			f.L[cursor]++
			return s.to(name)
		}
		f.L[cursor] = 0
		return protocol.Continue()
	}
}

// tasksRetry is how long a grace period of Tasks RCU sleeps between two looks at the
// tasks that it waits for: the first interval of rcu_tasks_wait_gp, a tenth of a second.
const tasksRetry = guest.Second / 10

// synchronizeTasks adds the steps of synchronize_rcu_tasks, with which
// unregister_ftrace_function ends: every other task passes a point where it is in no
// trampoline. The steps are name.start, name.wait and name.again; the step then follows.
func (m *Model) synchronizeTasks(s *script, name, then string) {
	s.act(name+".start", func(f *protocol.Frame) {
		for _, pid := range m.machine.Tasks() {
			t := m.mustTask(pid)
			passes, now := m.machine.Quiescence(pid)
			// The caller sleeps in this very function.
			t.passes, t.holdout = passes, !now && pid != f.Actor
		}
	})
	s.step(name+".wait", func(f *protocol.Frame) protocol.Next {
		held := false
		for _, pid := range m.machine.Tasks() {
			t := m.mustTask(pid)
			passes, now := m.machine.Quiescence(pid)
			t.holdout = t.holdout && !now && passes == t.passes
			held = held || t.holdout
		}
		if held {
			return f.Sleep(m.machine.Now() + tasksRetry)
		}
		return s.to(then)
	})
	s.step(name+".again", func(*protocol.Frame) protocol.Next { return s.to(name + ".wait") })
}

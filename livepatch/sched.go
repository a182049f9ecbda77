package livepatch

import "patchlab/protocol"

// schedTable is __klp_sched_try_switch, which cond_resched calls during a transition
// (Linux 6.4 to 6.15): the task checks its own stack, at a place where it could as well
// have slept. No lock is held; preemption is off instead.
func (m *Model) schedTable() *protocol.Table {
	return &protocol.Table{Name: "scheduler hook", Steps: []protocol.Step{
		{Name: "S.flag", Do: func(f *protocol.Frame) protocol.Next {
			if m.store.Read(m.mustTask(f.Actor).flag, protocol.Once) == 0 {
				return protocol.Done()
			}
			return protocol.Continue()
		}},
		{Name: "S.flag2", Do: func(f *protocol.Frame) protocol.Next {
			m.preemptOff(f.Actor)
			if m.store.Read(m.mustTask(f.Actor).flag, protocol.Once) == 0 {
				m.preemptOn(f.Actor)
				return protocol.Done()
			}
			return protocol.Continue()
		}},
		protocol.Fence("rmb_sched"),
		{Name: "S.try", Do: func(f *protocol.Frame) protocol.Next {
			m.trySwitch(f.Actor, f.Actor, RuleSched)
			m.preemptOn(f.Actor)
			return protocol.Continue()
		}},
	}}
}

package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// exitTable is klp_update_patch_state as the exit gate runs it on current
// (kernel/livepatch/transition.c; exit_to_user_mode_loop of kernel/entry/common.c):
// there no function of the kernel is on the stack. Preemption is off from the test of
// the flag to the store of the state; sync_reverse waits for that. L0 is the target as
// read.
func (m *Model) exitTable() *protocol.Table {
	return &protocol.Table{Name: "exit gate", Steps: []protocol.Step{
		{Name: "X.test_clear", Do: func(f *protocol.Frame) protocol.Next {
			if m.breaks.skipExitSwitch {
				return protocol.Done()
			}
			m.preemptOff(f.Actor)
			if m.store.Swap(m.mustTask(f.Actor).flag, 0) == 0 {
				m.preemptOn(f.Actor)
				return protocol.Done()
			}
			return protocol.Continue()
		}},
		{Name: "X.target", Do: func(f *protocol.Frame) protocol.Next {
			f.L[0] = m.store.Read(m.vars.target, protocol.Once)
			return protocol.Continue()
		}},
		{Name: "X.store", Do: func(f *protocol.Frame) protocol.Next {
			m.move(f.Actor, RuleExit, f.L[0])
			m.preemptOn(f.Actor)
			return protocol.Continue()
		}},
	}}
}

// updatePatchState is klp_update_patch_state on a task in one go.
func (m *Model) updatePatchState(pid guest.TaskID, rule Rule) {
	if m.store.Swap(m.mustTask(pid).flag, 0) != 0 {
		m.move(pid, rule, m.store.Read(m.vars.target, protocol.Once))
	}
}

package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// Locals of writeEnabledTable and writeForceTable: L0 is the patch, L1 the value that is
// written, L2 a cursor.

// writeEnabledTable is enabled_store of kernel/livepatch/core.c: it disables the patch,
// or turns its transition around. Its result is 0 or an [Errno].
func (m *Model) writeEnabledTable() *script {
	s := newScript("write enabled")
	m.lockMutex(s)
	s.step("P.choose", func(f *protocol.Frame) protocol.Next {
		id := PatchID(f.L[0])
		busy, inTransition := m.transition()
		switch {
		case m.store.Read(m.patches[id].enabled, protocol.Plain) == f.L[1]:
			f.Result = EINVAL.Result()
		case inTransition && busy == id:
			return s.to("P.reversing")
		case f.L[1] != 0:
			f.Result = EINVAL.Result()
		case inTransition:
			f.Result = EBUSY.Result()
		default:
			return protocol.Continue()
		}
		m.unlockMutex()
		return protocol.Done()
	})
	m.disable(s)
	s.step("P.disabled", func(*protocol.Frame) protocol.Next { return s.to("P.unlock") })
	m.reverse(s)
	s.act("P.unlock", func(f *protocol.Frame) {
		m.unlockMutex()
		f.Result = 0
	})
	return s
}

// disable adds the steps of __klp_disable_patch.
func (m *Model) disable(s *script) {
	s.step("P.init_transition", func(f *protocol.Frame) protocol.Next {
		return f.Call(m.tables.initTransition, f.L[0], Unpatched)
	})
	s.step("P.pre_unpatch[o]", func(f *protocol.Frame) protocol.Next {
		obj := m.advance(f, 2, PatchID(f.L[0]), func(o *objectState) bool {
			return o.callbacks.PreUnpatch != 0 && m.locked(o.patched)
		})
		if obj == none {
			return s.to("wmb_disable")
		}
		return f.Guest(m.objects[obj].callbacks.PreUnpatch, uint64(m.objects[obj].ptr))
	})
	s.step("P.pre_unpatch_next", func(*protocol.Frame) protocol.Next { return s.to("P.pre_unpatch[o]") })
	s.fence("wmb_disable")
	s.step("P.start", func(f *protocol.Frame) protocol.Next { return f.Call(m.tables.startTransition) })
	s.act("P.enabled", func(f *protocol.Frame) {
		m.store.Write(m.patches[f.L[0]].enabled, protocol.Plain, 0)
	})
	s.step("P.attempt", func(f *protocol.Frame) protocol.Next { return f.Call(m.tables.tryComplete) })
}

// writeForceTable is force_store and klp_force_transition: every task takes the target
// state, running or not. The next attempt completes. Its result is 0 or an [Errno].
func (m *Model) writeForceTable() *script {
	s := newScript("write force")
	s.step("P.value", func(f *protocol.Frame) protocol.Next {
		if f.L[1] == 0 {
			return protocol.Done()
		}
		return protocol.Continue()
	})
	m.lockMutex(s)
	s.step("P.forcing", func(f *protocol.Frame) protocol.Next {
		if id, busy := m.transition(); !busy || id != PatchID(f.L[0]) {
			m.unlockMutex()
			f.Result = EINVAL.Result()
			return protocol.Done()
		}
		m.log(Warn, "forcing remaining tasks to the patched state")
		return protocol.Continue()
	})
	m.lockTasks(s, "P.lock_force")
	m.eachTask(s, "P.force[T]", 2, func(_ *protocol.Frame, pid guest.TaskID) {
		m.updatePatchState(pid, RuleForce)
	})
	m.unlockTasks(s, "P.unlock_force")
	m.eachIdle(s, "P.swappers_force", func(_ *protocol.Frame, id guest.TaskID, _ *taskState) {
		m.updatePatchState(id, RuleForce)
	})
	s.act("P.forced", func(f *protocol.Frame) {
		m.markForced(PatchID(f.L[0]))
		m.unlockMutex()
	})
	return s
}

// markForced marks the patches that the forced transition removes: tasks may still be in
// their code, so their modules can never be unloaded.
func (m *Model) markForced(id PatchID) {
	if m.target() == Unpatched {
		m.patches[id].forced = true
		return
	}
	for _, other := range m.list {
		if other != id && m.patches[id].replace {
			m.patches[other].forced = true
		}
	}
}

package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// complete adds the steps of klp_complete_transition, and of what
// klp_try_complete_transition does behind it.
func (m *Model) complete(s *script) {
	s.step("P.completing", func(f *protocol.Frame) protocol.Next {
		id := m.current()
		f.L[tPatch], f.L[tTarget] = uint64(id), m.target()
		m.reached(Completing, id, f.L[tTarget])
		m.logPatch(Debug, id, "completing %s transition", direction(f.L[tTarget]))
		switch {
		case f.L[tTarget] == Unpatched:
			return s.to("P.unpatch")
		case m.patches[id].replace:
			return protocol.Continue()
		}
		return s.to("P.clear[f]")
	})
	m.unpatchReplaced(s)
	s.step("P.unpatch", func(f *protocol.Frame) protocol.Next {
		return f.Call(m.tables.unpatchObjects, f.L[tPatch])
	})
	m.syncComplete(s, "sync_complete_unpatch", Unpatched)
	m.eachFunc(s, "P.clear[f]", tCursor, m.ofCurrent, func(fn int32) {
		m.store.Write(m.funcs[fn].transition, protocol.Plain, 0)
	})
	m.syncComplete(s, "sync_complete_patch", Patched)
	m.lockTasks(s, "P.lock_idle")
	m.eachTask(s, "P.idle[T]", tCursor, func(f *protocol.Frame, pid guest.TaskID) {
		m.endState(f, pid, m.mustTask(pid))
	})
	m.unlockTasks(s, "P.unlock_idle")
	m.eachIdle(s, "P.swappers_idle", m.endState)
	m.finish(s)
}

// endState takes a task out of the transition.
func (m *Model) endState(_ *protocol.Frame, pid guest.TaskID, t *taskState) {
	if m.store.Read(t.flag, protocol.Once) != 0 {
		m.warnOnce(warnCompleteFlag, "klp_complete_transition: task %s:%d is still pending",
			m.machine.TaskName(pid), pid.PID())
	}
	m.store.Write(t.state, protocol.Plain, Idle)
}

// unpatchReplaced adds the steps of klp_unpatch_replaced_patches and klp_discard_nops:
// all older patches leave their func_stacks, which makes the nops superfluous.
func (m *Model) unpatchReplaced(s *script) {
	s.step("P.replaced[p]", func(f *protocol.Frame) protocol.Next {
		old := m.list[f.L[tCursor]]
		if old == m.current() {
			f.L[tCursor] = 0
			return s.to("P.unpatch_nops")
		}
		m.store.Write(m.patches[old].enabled, protocol.Plain, 0)
		f.L[tCursor]++
		return f.Call(m.tables.unpatchObjects, uint64(old))
	})
	s.step("P.replaced_next", func(*protocol.Frame) protocol.Next { return s.to("P.replaced[p]") })
	s.step("P.unpatch_nops", func(f *protocol.Frame) protocol.Next {
		return f.Call(m.tables.unpatchObjects, f.L[tPatch], 1)
	})
	s.step("P.discard_nops", func(f *protocol.Frame) protocol.Next {
		m.discardNops(PatchID(f.L[tPatch]))
		return s.to("P.clear[f]")
	})
}

// syncComplete adds a klp_synchronize_transition that only transitions towards target
// pass.
func (m *Model) syncComplete(s *script, name string, target uint64) {
	wait := m.synchronized(s, name, tCursor)
	s.step(name, func(f *protocol.Frame) protocol.Next {
		if f.L[tTarget] != target || m.breaks.skipSyncComplete {
			return protocol.Continue()
		}
		return wait(f)
	})
}

// finish adds the post callbacks and the end of the transition.
func (m *Model) finish(s *script) {
	s.step("P.post[o]", func(f *protocol.Frame) protocol.Next {
		obj := m.advance(f, tCursor, PatchID(f.L[tPatch]), func(o *objectState) bool { return o.loaded })
		if obj == none {
			return s.to("P.complete")
		}
		if fn := m.postCallback(obj, f.L[tTarget]); fn != 0 {
			return f.Guest(fn, uint64(m.objects[obj].ptr))
		}
		return s.to("P.post[o]")
	})
	s.step("P.post_next", func(*protocol.Frame) protocol.Next { return s.to("P.post[o]") })
	s.act("P.complete", func(f *protocol.Frame) {
		m.reached(Complete, PatchID(f.L[tPatch]), f.L[tTarget])
		m.logPatch(Notice, PatchID(f.L[tPatch]), "%s complete", direction(f.L[tTarget]))
	})
	s.act("P.target_idle", func(*protocol.Frame) { m.store.Write(m.vars.target, protocol.Plain, Idle) })
	s.step("P.transition_null", func(f *protocol.Frame) protocol.Next {
		m.store.Write(m.vars.transitionPatch, protocol.Plain, 0)
		m.attempt = 0
		if f.L[tCancel] != 0 {
			return protocol.Done() // who cancels frees
		}
		return protocol.Continue()
	})
	s.act("P.free_patches", func(f *protocol.Frame) { m.freeAfter(PatchID(f.L[tPatch])) })
}

// postCallback returns the callback that an object has to run at the end of a
// transition, 0 for none. A post_unpatch runs once for each pre_patch that succeeded.
func (m *Model) postCallback(obj int32, target uint64) guest.Addr {
	o := &m.objects[obj]
	if target == Patched {
		return o.callbacks.PostPatch
	}
	enabled := o.postUnpatch
	o.postUnpatch = false
	if !enabled {
		return 0
	}
	return o.callbacks.PostUnpatch
}

// freeAfter frees what a complete transition of a patch leaves behind: the patch
// itself when it was disabled, or all the patches that it replaces.
func (m *Model) freeAfter(id PatchID) {
	switch {
	case !m.locked(m.patches[id].enabled):
		m.freePatch(id)
	case m.patches[id].replace:
		for m.list[0] != id {
			m.freePatch(m.list[0])
		}
	}
}

package livepatch

import "patchlab/protocol"

// Locals of enableTable.
const (
	eID     = 0 // the patch
	eObject = 1 // a reference to the object that is worked on
	eErrno  = 2 // the result on failure
)

// enableTable is klp_enable_patch, which a patch's module calls from its init. L0 is the
// patch. Its result is 0 or an [Errno]; then the patch is gone.
func (m *Model) enableTable() *script {
	s := newScript("enable")
	s.step("P.check", func(f *protocol.Frame) protocol.Next {
		if err := m.checkPatch(PatchID(f.L[eID])); err != 0 {
			f.Result = err.Result()
			return protocol.Done()
		}
		return protocol.Continue()
	})
	m.lockMutex(s)
	s.step("P.init", func(f *protocol.Frame) protocol.Next {
		if err := m.initPatch(PatchID(f.L[eID])); err != 0 {
			f.L[eErrno] = err.Result()
			return s.to("P.free")
		}
		return protocol.Continue()
	})
	m.enableStart(s)
	m.enableObjects(s)
	s.step("P.start", func(f *protocol.Frame) protocol.Next { return f.Call(m.tables.startTransition) })
	s.act("P.enabled", func(f *protocol.Frame) {
		m.store.Write(m.patches[f.L[eID]].enabled, protocol.Plain, 1)
	})
	s.step("P.attempt", func(f *protocol.Frame) protocol.Next { return f.Call(m.tables.tryComplete) })
	s.step("P.unlock", func(f *protocol.Frame) protocol.Next {
		m.unlockMutex()
		f.Result = 0
		return protocol.Done()
	})
	m.enableFailed(s)
	return s
}

// enableStart adds the first steps of __klp_enable_patch.
func (m *Model) enableStart(s *script) {
	s.step("P.busy", func(f *protocol.Frame) protocol.Next {
		id := PatchID(f.L[eID])
		if _, busy := m.transition(); busy {
			f.L[eErrno] = EBUSY.Result()
			return s.to("P.free")
		}
		m.log(Notice, "enabling patch '%s'", m.patches[id].name)
		return protocol.Continue()
	})
	s.step("P.init_transition", func(f *protocol.Frame) protocol.Next {
		return f.Call(m.tables.initTransition, f.L[eID], Patched)
	})
	s.fence("wmb_enable")
}

// enableObjects adds the steps that patch the loaded objects one after the other, each
// behind its pre_patch callback.
func (m *Model) enableObjects(s *script) {
	s.step("P.pre_patch[o]", func(f *protocol.Frame) protocol.Next {
		obj := m.advance(f, eObject, PatchID(f.L[eID]), func(o *objectState) bool { return o.loaded })
		f.Result = 0
		switch {
		case obj == none:
			return s.to("P.start")
		case m.objects[obj].callbacks.PrePatch == 0:
			return protocol.Continue()
		}
		return f.Guest(m.objects[obj].callbacks.PrePatch, uint64(m.objects[obj].ptr))
	})
	s.step("P.patch[o]", func(f *protocol.Frame) protocol.Next {
		obj := referee(f.L[eObject])
		err := ResultError(f.Result)
		m.objects[obj].postUnpatch = err == nil
		if err != nil {
			m.log(Warn, "pre-patch callback failed for object '%s'", objectName(m.objects[obj].name))
			f.L[eErrno] = err.(Errno).Result()
			return s.to("P.fail")
		}
		return f.Call(m.tables.patchObject, reference(obj))
	})
	s.step("P.patch_done[o]", func(f *protocol.Frame) protocol.Next {
		if ResultError(f.Result) != nil {
			obj := referee(f.L[eObject])
			m.log(Warn, "failed to patch object '%s'", objectName(m.objects[obj].name))
			f.L[eErrno] = f.Result
			return s.to("P.fail")
		}
		return s.to("P.pre_patch[o]")
	})
}

// enableFailed adds the error path: klp_cancel_transition, and freeing the patch.
func (m *Model) enableFailed(s *script) {
	s.act("P.fail", func(f *protocol.Frame) {
		m.log(Warn, "failed to enable patch '%s'", m.patches[f.L[eID]].name)
		m.reached(Canceling, m.current(), m.target())
		m.logPatch(Debug, m.current(), "canceling patching transition, going to unpatch")
	})
	s.act("P.target_cancel", func(*protocol.Frame) {
		m.store.Write(m.vars.target, protocol.Plain, Unpatched)
	})
	s.step("P.cancel", func(f *protocol.Frame) protocol.Next {
		return f.Call(m.tables.tryComplete, 1)
	})
	s.act("P.free", func(f *protocol.Frame) {
		m.freePatch(PatchID(f.L[eID]))
		m.unlockMutex()
		f.Result = f.L[eErrno]
	})
}

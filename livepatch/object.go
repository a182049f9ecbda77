package livepatch

import "patchlab/protocol"

// Locals of patchObjectTable.
const (
	oObject = 0 // a reference to the object
	oFunc   = 1 // a reference to the function that is worked on
	oErrno  = 2 // the error to return once the object is unpatched again
)

// patchObjectTable is klp_patch_object, with klp_patch_func for each function: the entry
// is linked and published first, and if it is the function's first one the site is
// installed behind that. Its result is 0 or an [Errno]; then nothing of the object
// is patched.
func (m *Model) patchObjectTable() *script {
	s := newScript("patch object")
	m.aboutFunc(s, oFunc, "P.link[f]", "P.push[f]", "P.register[f]", "P.registered[f]", "P.func_patched[f]")
	s.step("P.find[f]", func(f *protocol.Frame) protocol.Next {
		fn := m.nextInObject(f, oObject, oFunc)
		if fn == none {
			return s.to("P.patched[o]")
		}
		return m.findSite(f, s, fn)
	})
	s.act("P.link[f]", func(f *protocol.Frame) {
		fn := &m.funcs[referee(f.L[oFunc])]
		m.store.Write(fn.below, protocol.Plain, m.store.Read(m.ops[fn.ops].head, protocol.Plain))
	})
	s.step("P.push[f]", func(f *protocol.Frame) protocol.Next {
		fn := &m.funcs[referee(f.L[oFunc])]
		m.store.Write(m.ops[fn.ops].head, protocol.Publish, f.L[oFunc])
		if !isHead(m.store.Read(fn.below, protocol.Plain)) {
			return s.to("P.func_patched[f]")
		}
		return protocol.Continue()
	})
	s.step("P.register[f]", func(f *protocol.Frame) protocol.Next {
		return f.Call(m.sites.Writer(), m.siteOf(f.L[oFunc]), 1)
	})
	s.step("P.registered[f]", func(f *protocol.Frame) protocol.Next {
		if err := ResultError(f.Result); err != nil {
			fn := referee(f.L[oFunc])
			m.log(Err, "failed to register ftrace handler for function '%s' (%d)", m.funcs[fn].oldName, int32(f.Result))
			m.pop(fn)
			f.L[oErrno] = f.Result
			return s.to("P.undo[o]")
		}
		return protocol.Continue()
	})
	s.step("P.func_patched[f]", func(f *protocol.Frame) protocol.Next {
		m.store.Write(m.funcs[referee(f.L[oFunc])].patched, protocol.Plain, 1)
		return s.to("P.find[f]")
	})
	s.step("P.patched[o]", func(f *protocol.Frame) protocol.Next {
		m.store.Write(m.objects[referee(f.L[oObject])].patched, protocol.Plain, 1)
		f.Result = 0
		return protocol.Done()
	})
	s.step("P.undo[o]", func(f *protocol.Frame) protocol.Next {
		patch := m.objects[referee(f.L[oObject])].patch
		return f.Call(m.tables.unpatchObjects, uint64(patch), 0, f.L[oObject])
	})
	s.act("P.undone[o]", func(f *protocol.Frame) { f.Result = f.L[oErrno] })
	return s
}

// nextInObject moves the cursor L[fn], a reference, to the next function of the object
// that L[obj] refers to.
func (m *Model) nextInObject(f *protocol.Frame, obj, fn int) int32 {
	next := m.objects[referee(f.L[obj])].first
	if at := referee(f.L[fn]); at != none {
		next = m.funcs[at].next
	}
	f.L[fn] = reference(next)
	return next
}

// findSite gives fn its func_stack, or fails as klp_patch_func does for a function that
// cannot be traced.
func (m *Model) findSite(f *protocol.Frame, s *script, fn int32) protocol.Next {
	fs := &m.funcs[fn]
	site, ok := m.sites.Find(fs.oldFunc)
	if !ok {
		m.log(Err, "failed to find location for function '%s'", fs.oldName)
		f.L[oErrno] = EINVAL.Result()
		return s.to("P.undo[o]")
	}
	fs.ops = m.makeOps(fs, site)
	return protocol.Continue()
}

// siteOf returns the site of the function that a reference is to.
func (m *Model) siteOf(ref uint64) uint64 { return uint64(m.ops[m.funcs[referee(ref)].ops].site) }

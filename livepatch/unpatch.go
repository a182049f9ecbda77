package livepatch

import "patchlab/protocol"

// Locals of unpatchObjectsTable.
const (
	uPatch  = 0 // the patch
	uNops   = 1 // 1 to take out its nops only
	uOnly   = 2 // a reference to the only object to unpatch, or 0
	uObject = 3 // a reference to the object that is worked on
	uFunc   = 4 // a reference to the function that is worked on
	uCursor = 5 // for synchronize
)

// unpatchObjectsTable is klp_unpatch_objects, with klp_unpatch_func for each patched
// function. The last entry of a func_stack is taken out behind the removal of the site's
// call, and that ends with two grace periods: nobody is in the trampoline any more.
func (m *Model) unpatchObjectsTable() *script {
	s := newScript("unpatch objects")
	m.aboutFunc(s, uFunc, "P.unregister[f]", "P.unregistered[f]", "P.pop[f]")
	s.step("P.object[o]", func(f *protocol.Frame) protocol.Next {
		wanted := func(o *objectState) bool { return m.locked(o.patched) }
		if only := referee(f.L[uOnly]); only != none {
			// The undo of an object that was not patched completely.
			wanted = func(o *objectState) bool { return o == &m.objects[only] }
		}
		f.L[uFunc] = 0
		if m.advance(f, uObject, PatchID(f.L[uPatch]), wanted) == none {
			return protocol.Done()
		}
		return protocol.Continue()
	})
	s.step("P.next[f]", func(f *protocol.Frame) protocol.Next {
		fn := m.nextInObject(f, uObject, uFunc)
		for fn != none && !m.toUnpatch(f, fn) {
			fn = m.nextInObject(f, uObject, uFunc)
		}
		switch {
		case fn == none:
			return s.to("P.unpatched[o]")
		case m.stackSingular(m.funcs[fn].ops):
			return protocol.Continue()
		}
		return s.to("P.pop[f]")
	})
	m.unregister(s)
	s.step("P.pop[f]", func(f *protocol.Frame) protocol.Next {
		fn := referee(f.L[uFunc])
		m.pop(fn)
		m.store.Write(m.funcs[fn].patched, protocol.Plain, 0)
		return s.to("P.next[f]")
	})
	s.step("P.unpatched[o]", func(f *protocol.Frame) protocol.Next {
		if o := &m.objects[referee(f.L[uObject])]; o.dynamic || f.L[uNops] == 0 {
			m.store.Write(o.patched, protocol.Plain, 0)
		}
		return s.to("P.object[o]")
	})
	return s
}

// unregister adds the steps of unregister_ftrace_function; P.pop[f] follows.
func (m *Model) unregister(s *script) {
	s.step("P.unregister[f]", func(f *protocol.Frame) protocol.Next {
		return f.Call(m.sites.Writer(), m.siteOf(f.L[uFunc]), 0)
	})
	s.act("P.unregistered[f]", func(f *protocol.Frame) {
		if err := ResultError(f.Result); err != nil {
			m.warn("klp_unpatch_func: unregistering '%s': %v", m.funcs[referee(f.L[uFunc])].oldName, err)
		}
	})
	m.synchronize(s, "sync_rcu_tasks_rude", uCursor)
	m.synchronizeTasks(s, "sync_rcu_tasks", "P.pop[f]")
}

// toUnpatch reports whether the frame of unpatchObjectsTable is to take fn out.
func (m *Model) toUnpatch(f *protocol.Frame, fn int32) bool {
	return (f.L[uNops] == 0 || m.funcs[fn].nop) && m.locked(m.funcs[fn].patched)
}

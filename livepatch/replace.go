package livepatch

// addNops is klp_add_nops: for every function that a listed patch changes and this one
// does not, an entry that runs the original.
func (m *Model) addNops(id PatchID) {
	for _, old := range m.list {
		for o := m.patches[old].first; o != none; o = m.objects[o].next {
			obj := m.findObject(id, m.objects[o].name)
			if obj == none {
				obj = m.addObject(id, objectState{name: m.objects[o].name, dynamic: true})
			}
			for fn := m.objects[o].first; fn != none; fn = m.funcs[fn].next {
				if old := m.funcs[fn]; m.findFunc(obj, old.oldName, old.sympos) == none {
					m.addFunc(obj, funcState{oldName: old.oldName, sympos: old.sympos, nop: true})
				}
			}
		}
	}
}

// findObject is klp_find_object.
func (m *Model) findObject(id PatchID, name string) int32 {
	for o := m.patches[id].first; o != none; o = m.objects[o].next {
		if m.objects[o].name == name {
			return o
		}
	}
	return none
}

// findFunc is klp_find_func.
func (m *Model) findFunc(obj int32, name string, sympos uint64) int32 {
	for fn := m.objects[obj].first; fn != none; fn = m.funcs[fn].next {
		if m.funcs[fn].oldName == name && sameSympos(m.funcs[fn].sympos, sympos) {
			return fn
		}
	}
	return none
}

// discardNops takes the nops, and the objects that held nothing else, off the lists of
// a patch (klp_free_objects_dynamic). Their entries keep their place in the model: a
// handler may be looking at one.
func (m *Model) discardNops(id PatchID) {
	objects := m.patches[id].first
	m.patches[id].first, m.patches[id].last = none, none
	for o := objects; o != none; {
		next := m.objects[o].next
		m.dropNops(o)
		if !m.objects[o].dynamic {
			m.linkObject(id, o)
		}
		o = next
	}
}

// linkObject appends an object that exists to a patch's list.
func (m *Model) linkObject(id PatchID, o int32) {
	p := &m.patches[id]
	m.objects[o].next = none
	if p.first == none {
		p.first = o
	} else {
		m.objects[p.last].next = o
	}
	p.last = o
}

func (m *Model) dropNops(obj int32) {
	o := &m.objects[obj]
	funcs := o.first
	o.first, o.last = none, none
	for fn := funcs; fn != none; {
		next := m.funcs[fn].next
		if !m.funcs[fn].nop {
			m.linkFunc(obj, fn)
		}
		fn = next
	}
}

// linkFunc appends a function that exists to an object's list.
func (m *Model) linkFunc(obj, fn int32) {
	o := &m.objects[obj]
	m.funcs[fn].next = none
	if o.first == none {
		o.first = fn
	} else {
		m.funcs[o.last].next = fn
	}
	o.last = fn
}

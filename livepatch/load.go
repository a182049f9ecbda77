package livepatch

import (
	"fmt"
	"slices"

	"patchlab/guest"
	"patchlab/protocol"
)

// Limits of names (include/linux/module.h, include/linux/kallsyms.h).
const (
	moduleNameLen = 64 - 8
	ksymNameLen   = 512
)

// AddPatch takes in the data of a patch whose module is loaded, so that
// [Tables.Enable] can be started on it. What is wrong with it is the enabling's to say.
func (m *Model) AddPatch(p Patch) PatchID {
	id := PatchID(len(m.patches))
	m.patches = append(m.patches, patchState{
		name: p.Name, replace: p.Replace, notMarked: p.NotMarked, first: none, last: none,
		states: int32(len(m.states)), nstat: int32(len(p.States)),
		enabled: m.store.Declare(fmt.Sprintf("%s.enabled", p.Name), 0),
	})
	m.states = append(m.states, p.States...)
	for _, o := range p.Objects {
		obj := m.addObject(id, objectState{name: o.Name, callbacks: o.Callbacks, ptr: o.Ptr})
		for _, fn := range o.Funcs {
			m.addFunc(obj, funcState{oldName: fn.OldName, sympos: fn.Sympos, newFunc: fn.NewFunc})
		}
	}
	return id
}

// addObject appends an object to its patch's list.
func (m *Model) addObject(id PatchID, o objectState) int32 {
	obj, p := int32(len(m.objects)), &m.patches[id]
	o.patch, o.first, o.last = id, none, none
	o.patched = m.store.Declare(fmt.Sprintf("%s.%s.patched", p.name, objectName(o.name)), 0)
	m.objects = append(m.objects, o)
	m.linkObject(id, obj)
	return obj
}

// addFunc appends a function to its object's list.
func (m *Model) addFunc(obj int32, f funcState) {
	fn, o := int32(len(m.funcs)), &m.objects[obj]
	name := fmt.Sprintf("%s.%s.%s", m.patches[o.patch].name, objectName(o.name), f.oldName)
	f.object, f.ops = obj, none
	f.patched = m.store.Declare(name+".patched", 0)
	f.transition = m.store.Declare(name+".transition", 0)
	f.below = m.store.Declare(name+".next", 0)
	m.funcs = append(m.funcs, f)
	m.linkFunc(obj, fn)
}

// checkPatch makes the checks of klp_enable_patch that need no lock.
func (m *Model) checkPatch(id PatchID) Errno {
	p := &m.patches[id]
	if p.first == none {
		return EINVAL
	}
	for o := p.first; o != none; o = m.objects[o].next {
		if m.objects[o].first == none {
			return EINVAL
		}
	}
	if p.notMarked {
		m.log(Err, "module %s is not marked as a livepatch module", p.name)
		return EINVAL
	}
	return 0
}

// initPatch is klp_is_patch_compatible, try_module_get and klp_init_patch: behind it the
// patch is in klp_patches and in sysfs, and its functions have addresses.
func (m *Model) initPatch(id PatchID) Errno {
	p := &m.patches[id]
	if !m.compatible(id) {
		m.log(Err, "Livepatch patch (%s) is not compatible with the already installed livepatches.", p.name)
		return EINVAL
	}
	p.moduleGet = true
	if _, exists := m.PatchByName(p.name); exists {
		return EEXIST
	}
	if p.replace {
		m.addNops(id)
	}
	for o := m.patches[id].first; o != none; o = m.objects[o].next {
		if err := m.initObject(o); err != 0 {
			return err
		}
	}
	m.patches[id].listed = true
	m.list = append(m.list, id)
	return 0
}

// initObject is klp_init_object: it looks for the object, and when it is loaded for all
// its symbols.
func (m *Model) initObject(obj int32) Errno {
	o := &m.objects[obj]
	if len(o.name) >= moduleNameLen {
		return EINVAL
	}
	o.loaded = m.symbols.Loaded(o.name)
	for e := m.patches[o.patch].first; e != obj; e = m.objects[e].next {
		if objectName(m.objects[e].name) == objectName(o.name) {
			return EEXIST
		}
	}
	for fn := o.first; fn != none; fn = m.funcs[fn].next {
		if err := m.initFunc(fn); err != 0 {
			return err
		}
	}
	if !o.loaded {
		return 0
	}
	for fn := o.first; fn != none; fn = m.funcs[fn].next {
		if err := m.resolve(&m.funcs[fn], o.name); err != 0 {
			return err
		}
	}
	return 0
}

// initFunc is klp_init_func. Positions 0 and 1 share a directory name.
func (m *Model) initFunc(fn int32) Errno {
	f := &m.funcs[fn]
	if f.oldName == "" || f.newFunc == 0 && !f.nop || len(f.oldName) >= ksymNameLen {
		return EINVAL
	}
	for e := m.objects[f.object].first; e != fn; e = m.funcs[e].next {
		if m.funcs[e].oldName == f.oldName && sameSympos(m.funcs[e].sympos, f.sympos) {
			return EEXIST
		}
	}
	return 0
}

func sameSympos(a, b uint64) bool { return max(a, 1) == max(b, 1) }

// resolve is the part of klp_init_object_loaded for one function.
func (m *Model) resolve(f *funcState, object string) Errno {
	addr, err := m.findSymbol(object, f.oldName, f.sympos)
	if err != 0 {
		return err
	}
	f.oldFunc = addr
	size, ok := m.symbols.Size(f.oldFunc)
	if !ok {
		m.log(Err, "kallsyms size lookup failed for '%s'", f.oldName)
		return ENOENT
	}
	f.oldSize = size
	if f.nop {
		f.newFunc = f.oldFunc
	}
	if f.newSize, ok = m.symbols.Size(f.newFunc); !ok {
		m.log(Err, "kallsyms size lookup failed for '%s' replacement", f.oldName)
		return ENOENT
	}
	return 0
}

// findSymbol is klp_find_object_symbol.
func (m *Model) findSymbol(object, name string, sympos uint64) (guest.Addr, Errno) {
	shown := object
	if shown == "" {
		shown = "(null)" // the kernel prints the pointer, which is NULL for the program
	}
	found := m.symbols.Occurrences(object, name)
	switch {
	case len(found) == 0:
		m.log(Err, "symbol '%s' not found in symbol table", name)
	case sympos == 0 && len(found) > 1 && !m.breaks.firstSymbol:
		m.log(Err, "unresolvable ambiguity for symbol '%s' in object '%s'", name, shown)
	case sympos > uint64(len(found)):
		m.log(Err, "symbol position %d for symbol '%s' in object '%s' not found", sympos, name, shown)
	default:
		return found[max(sympos, 1)-1], 0
	}
	return 0, EINVAL
}

// freePatch is klp_free_patch_start and klp_free_patch_finish: the patch leaves
// klp_patches and sysfs, and lets go of its module unless it was forced. The kernel does
// the latter two a little later, from a work queue.
func (m *Model) freePatch(id PatchID) {
	p := &m.patches[id]
	m.list = slices.DeleteFunc(m.list, func(x PatchID) bool { return x == id })
	p.listed = false
	if !p.forced {
		p.moduleGet = false
	}
}

// Removable reports whether nothing holds the patch's module, so that rmmod may remove
// it; else rmmod fails with EBUSY.
func (m *Model) Removable(id PatchID) bool { return !m.patches[id].moduleGet }

// locked reads a variable that klp_mutex protects, as a truth value.
func (m *Model) locked(v protocol.Var) bool { return m.store.Read(v, protocol.Plain) != 0 }

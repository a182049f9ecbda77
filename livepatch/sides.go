package livepatch

import "patchlab/guest"

// Sides are the two bodies of a function that a patch changes, by the entry of each.
type Sides struct {
	Fn guest.Addr // the function itself
	// Without is what runs on the side without the patch, and With on the side with
	// it. They are the same where a newer patch stands above this one.
	Without, With guest.Addr
}

// Sides appends what a patch makes of each function that it changes to dst, and returns
// it: what the func_stacks say as they are now, with the patch in front of those that it
// does not stand in (yet, or any more). Functions of objects that are not loaded are left
// out. It reads the store without an event, for who judges a run.
func (m *Model) Sides(id PatchID, dst []Sides) []Sides {
	for fn := m.nextFunc(id, none); fn != none; fn = m.nextFunc(id, fn) {
		if m.funcs[fn].oldFunc != 0 {
			dst = append(dst, m.sides(fn))
		}
	}
	return dst
}

func (m *Model) sides(fn int32) Sides {
	f := &m.funcs[fn]
	front := uint64(0)
	if o := m.findOps(f.oldFunc); o != none {
		front = m.store.Peek(m.ops[o].head)
	}
	s := Sides{Fn: f.oldFunc, Without: m.body(front, f), With: m.body(front, f)}
	switch {
	case !m.stacked(front, fn):
		s.With = m.body(reference(fn), f)
	case referee(front) == fn:
		s.Without = m.body(m.store.Peek(f.below), f)
	}
	return s
}

// stacked reports whether fn stands in the func_stack with that front entry.
func (m *Model) stacked(front uint64, fn int32) bool {
	for at := front; !isHead(at); at = m.store.Peek(m.funcs[referee(at)].below) {
		if referee(at) == fn {
			return true
		}
	}
	return false
}

// body returns what an entry of f's func_stack runs.
func (m *Model) body(entry uint64, f *funcState) guest.Addr {
	if isHead(entry) || m.funcs[referee(entry)].nop {
		return f.oldFunc
	}
	return m.funcs[referee(entry)].newFunc
}

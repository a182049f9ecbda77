package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// The patch states of a task and the target states of a transition, as words of the
// store (KLP_TRANSITION_* of include/linux/livepatch.h). "Patched" is the side with
// the patch in transition, "unpatched" the side without it.
const (
	Idle      = ^uint64(0) // -1: no transition
	Unpatched = uint64(0)
	Patched   = uint64(1)
)

// none is the end of a list of indexes.
const none int32 = -1

// patchState is what the model knows of a patch. Its strings are immutable; names
// of fields without comment are the kernel's.
type patchState struct {
	name          string
	replace       bool
	notMarked     bool
	listed        bool // in klp_patches, and so in sysfs
	moduleGet     bool // the patch holds a reference on its module
	forced        bool
	first, last   int32 // objects
	states, nstat int32 // states[states : states+nstat]
	enabled       protocol.Var
}

// objectState is what the model knows of an object of a patch.
type objectState struct {
	name        string
	patch       PatchID
	next        int32 // object of the same patch
	first, last int32 // functions
	callbacks   Callbacks
	ptr         guest.Addr
	dynamic     bool // made to hold nops only
	loaded      bool // the program, or obj->mod is set
	postUnpatch bool // callbacks.post_unpatch_enabled
	patched     protocol.Var
}

// funcState is what the model knows of a replaced function.
type funcState struct {
	oldName          string
	sympos           uint64
	object           int32
	next             int32 // function of the same object
	oldFunc, newFunc guest.Addr
	oldSize, newSize uint64
	nop              bool
	ops              int32 // the func_stack of oldFunc; none before the first push
	patched          protocol.Var
	transition       protocol.Var
	below            protocol.Var // stack_node.next: a reference to the next entry
}

// ops is the func_stack of one function address (struct klp_ops). It stays when
// the stack is empty, for the next patch of the same function.
type ops struct {
	oldFunc guest.Addr
	site    int32
	head    protocol.Var // a reference to the front entry
}

// A reference is a function's index as a word of the store: 0 is the list's head,
// behind the last entry.
func reference(fn int32) uint64    { return uint64(fn) + 1 }
func referee(word uint64) int32    { return int32(word) - 1 }
func isHead(reference uint64) bool { return reference == 0 }

// nextFunc returns the function after fn among all of its patch, in the order of
// klp_for_each_object and klp_for_each_func, or none. With fn none it is the
// first one.
func (m *Model) nextFunc(id PatchID, fn int32) int32 {
	obj := m.patches[id].first
	if fn != none {
		if next := m.funcs[fn].next; next != none {
			return next
		}
		obj = m.objects[m.funcs[fn].object].next
	}
	for ; obj != none; obj = m.objects[obj].next {
		if m.objects[obj].first != none {
			return m.objects[obj].first
		}
	}
	return none
}

package livepatch

import "patchlab/guest"

// PatchID names a patch of a [Model]. It is not used again when the patch is gone.
type PatchID int32

// Patch is a set of changes as its author gives it (struct klp_patch of
// include/linux/livepatch.h). It is read once, by [Model.AddPatch].
type Patch struct {
	// Name is the name of the patch's module.
	Name string
	// NotMarked says that the module lacks the modinfo livepatch=Y.
	NotMarked bool
	// Replace makes the patch cumulative: it takes the place of all others.
	Replace bool
	Objects []Object
	States  []State
}

// Object is what a patch changes in one object (struct klp_object).
type Object struct {
	// Name is the name of the patched module, "" for the program itself, which
	// messages call vmlinux.
	Name      string
	Funcs     []Func
	Callbacks Callbacks
	// Ptr is the address of the guest's own description of the object. It is the
	// argument of the callbacks.
	Ptr guest.Addr
}

// Func is one replaced function (struct klp_func).
type Func struct {
	// OldName is the name of the function that is replaced.
	OldName string
	// Sympos is its position among the symbols of that name in the object,
	// counted from 1; 0 says that there is only one.
	Sympos uint64
	// NewFunc is the address of the replacement.
	NewFunc guest.Addr
}

// Callbacks are guest functions that an object's patching runs on the way
// (struct klp_callbacks); 0 is none. PrePatch returns 0 or a negative errno.
type Callbacks struct {
	PrePatch, PostPatch, PreUnpatch, PostUnpatch guest.Addr
}

// State is a system state that a patch changes (struct klp_state).
type State struct {
	ID      uint64 // not 0
	Version uint32
}

// vmlinux is what messages and directories call the program itself.
const vmlinux = "vmlinux"

// objectName returns the name that messages use for an object.
func objectName(name string) string {
	if name == "" {
		return vmlinux
	}
	return name
}

package trampoline

import "patchlab/guest"

// Router decides where an entry of a redirected function goes. It is what the
// machine asks, through the CPU, when a task has reached the stub's entry, or the
// shim's hook without taking the handler in steps there.
type Router interface {
	// Route returns the function that task shall run in place of the one that
	// site, an index of [Sites], belongs to; or 0 for the original, which goes
	// on behind its site.
	//
	// Preconditions:
	//   - task stands before stub.entry or shim.hook, and its return slot still
	//     holds the site's return address;
	//   - an answer is used for another entry only while Route would give the same
	//     one again.
	Route(task guest.TaskID, site int) guest.Addr
}

package trampoline

import "patchlab/guest"

// Router decides where an entry of a redirected function goes. It is what the
// machine asks when a task has reached the shim's hook.
type Router interface {
	// Route returns the function that task shall run in place of the one that
	// site, an index of [Sites], belongs to; or 0 for the original, which goes
	// on behind its site.
	//
	// Preconditions:
	//   - task stands before the hook, and its word at [IPOffset] still holds the
	//     site's return address;
	//   - it is called once for each time that the hook is passed.
	Route(task guest.TaskID, site int) guest.Addr
}

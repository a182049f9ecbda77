// Package livepatch is the consistency model of Linux livepatch: patches, the
// state of each task, the handler that picks a body, the transition that moves
// the tasks from one side to the other, and the check of their stacks that says
// who may be moved.
//
// All of it is step tables over a [protocol.Store]: what the kernel's C functions
// do between two accesses that another CPU could see is one step. A laboratory
// makes a [Model] over a program of tables, and starts its tables on tasks:
//
//	prog := protocol.NewProgram(protocol.NewStore())
//	m, err := livepatch.New(prog, livepatch.Needs{Machine: mach, Sites: sites, Symbols: syms}, livepatch.Options{})
//	err = m.TaskBorn(1, 0)
//	id, err := m.AddPatch(patch)              // the module is loaded
//	...                                       // a step of the loader's own table:
//		return f.Call(m.Tables().Enable, uint64(id))
//	...                                       // and the step below that:
//		err = livepatch.ResultError(f.Result) // nil or an Errno
//
// One task runs the worker's table for ever; a task that returns to user mode with
// its flag set runs the exit gate's; a task at a patched function runs the
// handler's, or has [Model.Route] run it whole.
//
// The kernel's own names are used throughout. Lock order, outermost first:
//
//	klp_mutex
//	  tasklist_lock (readers; the holder does not get preempted)
//	  text_mutex (the text writer's)
//
// A Model is not for concurrent use. All that a run changes is in the store and
// in flat values that [Model.Save] copies.
package livepatch

// Package protocol holds the two things that every protocol of the laboratory
// is written in: a [Store] of shared variables, and [Table]s of named steps that
// act on them.
//
// A protocol (the ftrace-like handler, the transition core, the exit gate, a
// text writer, ...) is a table. A task that runs one has an [Activation]: which
// table, which step, and a few words of locals. That is all its state, so it can
// be copied, stopped between any two steps, and put back:
//
//	prog := protocol.NewProgram(store)
//	id := prog.Add(&protocol.Table{Name: "exit", Steps: []protocol.Step{...}})
//	var act protocol.Activation
//	prog.Start(&act, task, id)
//	for act.Active() {
//		next := prog.Step(&act) // other tasks may step in between
//	}
//
// A step never blocks and never calls guest code: it returns what it wants
// ([Wait], [Sleep], [Guest], ...) and the machine does it. The package knows
// nothing of machines or patches.
//
// Nothing here is for concurrent use.
package protocol

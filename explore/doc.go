// Package explore tries many schedules of one scenario: every interleaving of its tasks,
// the operator and the transition's worker at the visible steps of the machine, up to the
// bounds that are set.
//
//	sys, err := explore.NewSystem(built, explore.Bounds{}, experiment.Options{})
//	defer sys.Close()
//	result, err := search.Run(ctx, ..., sys, ...)
//
// A Go test of a scenario is one call, of [Check] or [CheckText].
//
// The search itself is in package search, and knows nothing of machines; this package
// makes a scenario into a [search.System].
//
// # What is a visible step
//
// A task's step is one step of a protocol (handler, exit gate, scheduler hook, the
// operator's and the worker's procedures), or guest code up to its next system call or
// service, the handler of a redirected call, or its return from the kernel. Guest code
// between two such points runs in one piece, unless [Points] asks for more: then it ends
// before each instruction that changes what the check of a stack finds, too. Time has no
// order: a task that sleeps until a time may wake at any moment.
//
// # Verdicts
//
// A run fails by a rule of the oracle, by a line of the script ([Expectation]), by a fault of
// the guest, or because nobody can go on ([Deadlock]). A run that only operator or worker
// could go on with, by looking once more at what has not changed, is truncated: the bound
// on that is part of what a search claims.
//
// # Classes
//
// A search that tries schedules one by one can count their classes too, see
// [System.Classify]: schedules that differ only in the order of steps which touch nothing in
// common. What the guest reads and writes the engine reports, by bytes, and what protocol
// steps read and write is in the store of protocol variables. Where more is touched than can
// be told, a step is taken to touch everything; most steps of operator and worker are such.
// So different classes may be alike in the end, and runs of one class always are: tests
// exchange pairs of steps that count as independent, and want the same state.
package explore

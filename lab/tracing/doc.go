// Package tracing draws a run of a laboratory for a viewer of traces, in the Chrome trace-event format, which
// Perfetto opens (https://ui.perfetto.dev).
//
//	t := tracing.Attach(l) // before anything runs
//	// run the laboratory
//	err := t.Write(file)
//
// Tasks are the threads of one process: a slice for each call of a function that is recorded, in one colour where
// the old body of a patched function ran and in another one where a new one did; a mark where the task was
// switched, with the rule. A second process has the CPUs with the tasks that are current there, a third one what
// livepatch does: a slice for each transition with its stages, how many tasks are in which patch state,
// and the kernel log. Time is virtual, in microseconds: one for each counted instruction.
//
// The same run gives the same bytes. Not for concurrent use.
package tracing

// Package prove shows that a replay in another process gives the same digest: it has one
// process draw schedules and run them, has another one replay them from their text, and
// compares what the two say about each.
//
//	report, err := prove.Run(ctx, prove.Options{Replays: 1000, Child: child})
//	fmt.Print(report)
//
// Both processes are the caller's own program, started again: they call [Child]. The one
// that replays is given the schedules only, not what came of them.
package prove

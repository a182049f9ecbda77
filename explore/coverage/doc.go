// Package coverage says what a search has been through, apart from counting.
//
// A cell is a place where a task can stand, a phase of the transition and a patch state of
// the task, all three at once. The places are the steps of all protocols' tables and a few
// that are none: in user mode, in a patched function's body, asleep in it and so on. A
// [Space] has all cells of a laboratory. A cell that cannot be visited, by the model's rules
// or because nothing in the script leads there, has a reason ([Space.Infeasible]); a reason
// that is wrong is found out when such a cell is visited. What is left and was not visited
// is what a search has missed.
//
// Use:
//
//	space := coverage.New(l, facts)
//	visited := space.Set()
//	visited.Note(l) // behind each step
//	report := space.Report(visited)
//
// A Set is for one goroutine; a Space can be shared, once it is made.
package coverage

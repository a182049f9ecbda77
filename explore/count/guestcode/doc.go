// Package guestcode runs the step programs of package count as guest code on the machine,
// in every order of their accesses, so that what the machine and the search over it come
// to can be held against what was computed.
//
//	r, err := guestcode.Search(ctx, program, search.Options{MaxRuns: 100_000})
//	if err != nil { ... } // the program does not fit on the machine, or the machine failed
//	err = r.Compare(computed) // names the first number that differs
//
// A thread becomes a task of user mode, a step one instruction that accesses the variable
// in guest memory, with a LOCK where it reads and writes; registers are private places in
// guest memory, and conditions are branches. A step of the search is one such instruction
// and what follows it up to the next. The accesses that the classes are made of are those
// that the engine reports, not those that the program says; that both are the same is
// checked at every step, as is where control goes, and at the end all values.
package guestcode

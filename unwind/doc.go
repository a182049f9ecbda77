// Package unwind is the stack of a stopped task as data, and the contract for
// getting it: all of it, or an error that says why not.
//
// An unwinder is made over a [CodeMap], which says what is known about the text
// that is loaded. A caller keeps one [Stack] and walks into it again and again:
//
//	var stack unwind.Stack
//	if err := u.Unwind(&target, &stack); err != nil {
//		// err is an *unwind.Error: the stack is unreliable, and why
//	}
//	for _, f := range stack.Frames() {
//		// f.Addr lies in a function that is live in the task
//	}
//
// Reliable means complete: a walk that returns nil has reported every function
// that the task may still return into, and the body that a handler has decided
// on. It may report too many, never too few. That is the promise which
// Documentation/livepatch/reliable-stacktrace.rst asks of an architecture.
//
// One folder below this one is one implementation; package unwindtest holds the
// suite that each of them must pass. Nothing here is for concurrent use: each
// machine has a code map, unwinders and stacks of its own.
package unwind

// Package oracle judges a run: it holds what really happens, as the machine's truth
// recorder has it, against what the consistency model promises, and what model and
// unwinder claim against what is so.
//
//	o := oracle.Attach(l)             // a *lab.Lab that has not run
//	l.Run(...)                        // or whatever else makes it go on
//	if err != nil { o.Ended(err) }    // when it could not go on
//	for _, v := range o.Violations() {
//		fmt.Println(v.Rule, v.Text)
//	}
//
// It is code of its own: nothing here calls or repeats the handler, the check of a stack
// or the transition. It is told by a [lab.Witness], and looks at func_stack, patch_state
// and TIF_PATCH_PENDING as at claims that it compares.
//
// The rules stand in [Rule], each with its exact statement; each has a file. They speak
// of the sides of a patch: what runs without it and what runs with it. The two bodies of
// each of its functions are noted when a transition of the patch begins, as the
// func_stacks have them then. So for one patch, enabled and disabled, the rules are exact.
// Of patches on top of each other they say what a task may mix with regard to each patch
// by itself; a function that a newer patch covers is on no side of the older one. While
// a patch that replaces all others is on its way, those others are not judged: its own
// sides say the same, and more.
//
// A forced patch is waived: no-mixing, clean-switch and done-means-done are not judged for
// it any more.
//
// An Oracle is part of its laboratory: it is saved and restored with it, violations
// included, and for the same goroutine. It allocates nothing as long as nothing is wrong.
package oracle

// Package labtest is the laboratory for Go tests: a program, a patch and a run in a few
// lines. Programs and patches stand in the test, as C or as assembly, or come from
// testprogs.
//
//	l := labtest.New(t, labtest.C(program), lab.Config{CPUs: 2})
//	l.Until("worker sleeps", l.Asleep("worker"))
//	l.Insmod("fix", labtest.C(patch))
//	l.Until("the transition is complete", l.Settled)
//	l.Finish()
//
// What goes wrong fails the test: a build, a guest that does what it must not, a condition
// that never comes, and whatever the oracle objects to, in every run. The message has the
// reason, where every task is with its stack, whom a transition waits for, the end of the
// kernel's log, and the command that shows it again: a run is the same each time, to the
// bit.
//
// [Lab] embeds a [lab.Lab], whose parts are all at hand: the machine with its steps,
// snapshots and memory, the model, the counts.
package labtest

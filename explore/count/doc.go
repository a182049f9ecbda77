// Package count counts the schedules of small step programs: threads of reads, writes
// and atomic updates on named variables. Its numbers are what searches of larger things
// are checked against, so none of them is an estimate.
//
//	programs, err := count.Parse("mp.count", text)
//	for _, p := range programs {
//		r, err := count.Count(p, count.Options{})
//		... r.Interleavings, r.Classes, r.ByBound, r.Complete
//
// [Language] is the text that explains the files. A [Program] is plain data: programs can
// as well be made by other code, and be turned into code of a guest.
//
// # What is counted
//
// An interleaving is an order of all steps that are carried out. Memory is sequentially
// consistent: a step is one whole access, and it sees all steps before it. Conditions look
// at registers alone; they are part of the step before them and no steps themselves.
//
// Two steps conflict when they are on one variable and not both reads. Two interleavings are
// in one class (Mazurkiewicz trace) when they hold the same steps and order conflicting
// steps alike. Happens-before is what program order and that order give together, and no
// class has two of them.
//
// A switch from a thread that has steps left is a preemption; a switch from one that has
// ended costs nothing. A class is within a bound when one of its interleavings has at most
// so many preemptions.
//
// # How
//
// Interleavings are counted by the number of ways into a state (positions, and values
// where there are conditions), one step after the other. Classes are counted in the
// same way with sleep sets, which leave one interleaving of each class: the first in
// the order of threads.
//
// Classes within bounds are found by search over the beginnings of classes. A beginning
// is known exactly by the version of its variable that every step met: writes and
// updates number the versions, and a read that met version v lies between the writes v
// and v+1. So the versions, in the order of the program, are the class; states are
// compared byte by byte, hashes only find them. The search visits all beginnings with 0
// preemptions, then those with 1, and so on, and it must end with as many classes as the
// sleep sets left. What a bound that was finished says is exact even where the rest was
// too much; see [Result].
//
// Nothing here is safe for concurrent use, except that a Program which nobody changes
// can be counted by many at once.
package count

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
// # On the machine
//
// These are the numbers of the programs that the literature on memory models and model
// checkers knows best; testdata has them all, with larger ones, and "patchlab count -machine"
// shows that the machine comes to the same:
//
//	                                   steps  interleavings  classes  within 0, 1, 2, ... preemptions
//	MP, SB, LB, S, R, 2+2W                 4              6        3  2 3
//	WRC, RWC                               5             30        7  6 7
//	ISA2, W+RWC, Z6.0, 3-thread SB         6             90        7  6 7
//	IRIW                                   6            180       15  14 15
//	2 x k writes, separate variables      2k        C(2k,k)        1  1
//	2 x 4 writes, one variable             8             70       70  2 8 26 44 62 68 70
//	N atomic increments of one             N             N!       N!  N!
//	N x 2 increments, N = 2, 3, 4         2N     6 90 2520   (N!)^2  2 4; 6 24 36; 24 168 432 576
//	N x 3 increments, N = 3                9           1680      216  6 42 120 192 216
//	1 writer, N readers                  N+1         (N+1)!      2^N  2^N
//
// Package guestcode assembles the programs and runs them in every order. There classes
// come from the accesses that the engine reports, by package classes, interleavings are
// the runs of package search, and nothing of this package is used but the program and
// [Execution], which says at each step what must have happened. So a number that both
// have was come to in two ways, and the search, the exact stops, the snapshots and the
// tracing of accesses are right as far as these programs show it.
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

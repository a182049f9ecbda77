// Package classes tells runs apart by what depends on what in them, and not by the order
// in which independent steps happened to be taken.
//
//	run := classes.New(3)
//	run.Add(0, point, []classes.Access{{Range: x, Write: true}})
//	run.Add(2, point, []classes.Access{{Range: x}})
//	run.Class() // equal for runs of one class
//	run.Text(names)
//
// An event is one step of one actor, with the bytes that it reads and writes. Two events
// conflict when they share a byte that one of them writes. Happens-before is what the order
// within actors and the order of conflicting events give together. Runs are in one class
// (Mazurkiewicz trace) when they hold the same events and order them alike by happens-before.
//
// What is compared is each event, named by its actor, its number there, its point and
// its accesses, with the events that come immediately before it. What an access has read
// or written is left out: it follows from the events before.
//
// A class is as good as what it is told. An access that is missing can make one class of
// two; one that is too much, such as whole words where single bytes were read, can only
// make two of one.
package classes

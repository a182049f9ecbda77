// Package cpu is the contract between the machine and what executes guest
// instructions. A [CPU] runs the instructions of one machine's address space;
// the virtual CPUs and tasks of that machine take turns on it, each with its own
// [Context].
//
// What a backend owes:
//
//   - It stops before any instruction it is asked to, with exact registers.
//   - It counts instructions architecturally: a rep string instruction counts
//     once, an instruction that faults does not count, instructions in the arena
//     (the stub that patch sites call) do not count and no budget ends there.
//   - It reports the entries it was told to watch, in order.
//   - Equal requests on equal states give equal answers, on every backend.
//
// The suite in package cputest checks this for every backend.
package cpu

// Patchlab runs experiments with live patching: small multi-tasking x86-64 programs on
// an emulator, whose functions are replaced while they run, by the rules of Linux
// livepatch.
//
//	patchlab run FILE.txtar     build and run a scenario, report what happened
//	patchlab run PROG [ARGS...] run a static x86-64 Linux program
//	patchlab syscalls           list the Linux system calls, and how far each is answered
//	patchlab explore FILE.txtar try its schedules, show the smallest that goes wrong
//	patchlab replay FILE.txtar  run the schedule that 'explore -save' has put into a file
//	patchlab explain FILE.txtar tell that schedule step by step, and why it goes wrong
//	patchlab breaks             list the mistakes that the model can make, and what finds each
//	patchlab count FILE         count interleavings of step programs
//	patchlab help               what else there is, and what the exit status means
//	patchlab help script        the language of scenario files
//
// This package is thin: it parses the command line, calls a room, and prints. The
// grammar is in cli.go, each command in a file of its own, and the texts that explain
// in the .txt files beside them.
package main

// Package profile finds where the tasks of a laboratory spend their virtual time, for go tool pprof.
//
//	p := profile.Attach(l) // before anything runs
//	// run the laboratory
//	err := p.Write(file)
//
// Nothing is sampled: time is booked at each entry and each return of a function that is recorded, so it is exact,
// to the counted instruction. A microsecond of virtual time is an instruction; where instructions are not
// counted, since nobody else can run, it is a system call. Functions without a patch site count for their
// callers, what is outside of all recorded ones is one entry, [user mode] or, of a kernel thread, [kernel]. The
// stub that redirects calls costs nothing, as everywhere on the machine.
//
// The same run gives the same bytes. Not for concurrent use.
package profile

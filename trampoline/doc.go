// Package trampoline redirects functions: it knows the sites at their entries,
// the code that a redirected entry goes through, and how the bytes are written.
//
// A site lives through prepare, install, uninstall:
//
//	sites := trampoline.NewSites(store)
//	prepared, err := sites.Prepare(text, isFentry, functions, recorded) // a program or module, while it is loaded
//	// write prepared.Nops: nobody runs there yet
//
//	arena := trampoline.NewArena(base)
//	// map arena.Code() at arena.Page(), readable and executable, and memory that
//	// arena.CPUStub tells the CPU of at arena.Data(), readable
//	writer := trampoline.NewWriter(store, sites, text, arena.Entry())
//	table := program.Add(writer.OneWrite())
//	program.Start(&activation, task, table, site, 1) // install; 0 uninstalls
//	// step until the table is done, then:
//	err = writer.Err(site, true, trampoline.Outcome(result))
//
// While a site is installed, its function's entry calls the stub. There the CPU
// either has a [Router] say where to go and leaves at once, or lets the stub call
// the shim, at whose hook the handler is taken step by step. [Arena] shows the
// stack at that point, and what both ways leave.
//
// What changes during a run lies in the protocol store (the state of each site,
// text_mutex), in guest memory (the bytes), or in an immutable index that a
// snapshot keeps a pointer to ([Sites.Save]).
//
// The one lock is text_mutex, taken by the writer's tables and held by one task
// from T.lock to T.unlock. Nothing here is for concurrent use by goroutines.
package trampoline

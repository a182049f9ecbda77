// Package prologue recognises patch sites: the one instruction at a function's
// entry that a compiler put there to be overwritten. Each way of writing such
// entries is a [Style] in a file of its own, and [Styles] lists them.
//
//	site, err := prologue.Match(code, start, program)
//	// at load:        write site.Style.Nop(site) at site.At
//	// to redirect:    write site.Style.Call(site, stub) at site.At
//
// Nothing here writes, and a site is found by decoding what stands there, never
// by trusting a table of the compiler. Every site is exactly one instruction in
// each of its forms, so no task can be stopped inside it.
//
// All values are immutable; functions may be called from several goroutines.
package prologue

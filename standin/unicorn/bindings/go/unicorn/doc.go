// Package unicorn is the Go side of the Unicorn engine: the part that is
// common to all architectures and the x86 part. It offers the names, types
// and signatures of the engine's own Go binding at version 2.1.1, so that
// either can be used (see the README at the root of this module).
//
// The loop that a caller writes:
//
//	u, err := unicorn.NewUnicorn(unicorn.ARCH_X86, unicorn.MODE_64)
//	// MemMap and MemWrite the code, RegWrite the start state, HookAdd
//	err = u.Start(begin, until)
//	// RegRead, MemRead what became of it
//	err = u.Close()
//
// # Concurrency
//
// An engine is used by one goroutine at a time; only Stop may be called by
// another one. Different engines are independent of each other.
//
// # Errors
//
// What the library refuses comes back as a bare UcError, so that both
// errors.Is(err, UcError(ERR_MAP)) and a type assertion work. What this package
// refuses by itself is wrapped around a UcError. Every method of a closed
// engine returns UcError(ERR_HANDLE). With an error the other result is zero.
//
// # Panics in callbacks
//
// A Go panic must not unwind the C frames of the engine. It is caught where
// the callback was called, the engine is stopped, and the same value is
// raised again by the Start that was running, once the C call has returned.
// When C code outside this package started the engine (by Handle), the value
// is raised by the next Start or Close. runtime.Goexit, and with it
// testing.T.FailNow, cannot be caught and must not be called by a callback.
package unicorn

//go:generate go run ../../../internal/genconst -out .

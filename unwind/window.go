package unwind

import "patchlab/guest"

// WindowKind says what the instruction of a window does to the stack.
type WindowKind uint8

// The kinds of windows.
const (
	Prologue WindowKind = iota + 1 // makes the function's frame, or a part of it
	Epilogue                       // takes it away
	Call                           // begins another function, which has no frame yet
	Leave                          // leaves the function: a return or a tail call
	Stub                           // a patch site, or an instruction of stub and shim
)

// String returns the kind's name, as a user chooses it.
func (k WindowKind) String() string {
	names := [...]string{Prologue: "prologue", Epilogue: "epilogue", Call: "call", Leave: "return", Stub: "stub"}
	if k == 0 || int(k) >= len(names) {
		return "no window"
	}
	return names[k]
}

// Window is an instruction that changes what a walk of the stack finds: before it and
// behind it the same task has different functions on its stack, or another one that a
// walk must miss.
type Window struct {
	Addr guest.Addr
	Kind WindowKind
}

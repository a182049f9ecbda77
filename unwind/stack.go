package unwind

import "patchlab/guest"

// Kind says what the address of a [Frame] is, and with it how to look it up.
type Kind uint8

// The kinds of a frame.
const (
	// ExactPC is the instruction at which the task stands. Only the innermost
	// frame is one.
	ExactPC Kind = iota
	// Return is a return address on the stack. The function that will be
	// returned into is the one of the call, so it is looked up by the byte
	// before.
	Return
	// Decided is the start of a body that a handler has decided on but that is
	// not in the return slot of the stub yet: live, though no word of the stack
	// says so.
	Decided
)

// String returns "pc", "return" or "decided".
func (k Kind) String() string {
	switch k {
	case ExactPC:
		return "pc"
	case Return:
		return "return"
	default:
		return "decided"
	}
}

// Frame is one entry of a stack.
type Frame struct {
	// Addr is the raw address, as the kernel's reliable trace stores it: for a
	// Return that is the byte behind the call.
	Addr guest.Addr
	Kind Kind
}

// Lookup returns an address inside the instruction that f is about: the call of
// a return address, else the address itself. Use it to find f's function; the
// ranges of livepatch's check are compared with Addr, as in the kernel.
func (f Frame) Lookup() guest.Addr {
	if f.Kind == Return {
		return guest.ReturnAddr(f.Addr).CallSite()
	}
	return f.Addr
}

// MaxFrames is the number of entries at which a trace is full. As in the kernel
// (MAX_STACK_ENTRIES of kernel/livepatch/transition.c) a trace that fills up is
// not reliable, so a complete stack has fewer.
const MaxFrames = 100

// Stack is the result of a walk, from the innermost frame outwards. The zero
// value is an empty stack. It is a flat value: a copy is a stack of its own, and
// no walk allocates.
type Stack struct {
	n      int
	frames [MaxFrames]Frame
}

// Frames returns the entries. They belong to s and are valid until its next
// change.
func (s *Stack) Frames() []Frame { return s.frames[:s.n] }

// Len returns the number of entries.
func (s *Stack) Len() int { return s.n }

// Reset makes s empty.
func (s *Stack) Reset() { s.n = 0 }

// Push adds an entry and reports whether the trace may go on: false when s is
// full with it, which makes the trace a [TooDeep] one. A push onto a full stack
// changes nothing.
func (s *Stack) Push(f Frame) bool {
	if s.n < MaxFrames {
		s.frames[s.n] = f
		s.n++
	}
	return s.n < MaxFrames
}

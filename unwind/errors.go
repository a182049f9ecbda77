package unwind

import (
	"errors"
	"fmt"

	"patchlab/guest"
)

// ErrUnreliable is what every [*Error] is: the stack could not be had in full.
// The task may only wait for a better moment.
var ErrUnreliable = errors.New("unreliable")

// Reason is a way for a walk to fail. Scenarios and reports know it by its name.
type Reason uint8

// The reasons. What Error.Addr is stands with each.
const (
	// Interrupted: the register frame of an interrupt in kernel mode lies on the
	// stack. The interrupted function may be between its entry and its frame,
	// and then its caller would be missed. Addr is the interrupted instruction.
	Interrupted Reason = iota + 1
	// NotText: the task stands at, or returns to, an address that is not known
	// text. Addr is that address.
	NotText
	// NoFrames: a function on the stack is not known to keep frames, so its
	// caller may be missing. Addr is the address in it.
	NoFrames
	// NotAtStop: the task stands where no task stops by itself, and where its
	// frame need not be complete. Addr is the instruction.
	NotAtStop
	// OffStack: a frame, or the stack pointer, lies outside of the task's stack.
	// Addr is the pointer.
	OffStack
	// NotRising: a frame lies below the end of the one inside it. Addr is the
	// frame.
	NotRising
	// Misaligned: a frame does not lie on a word boundary. Addr is the frame.
	Misaligned
	// TooDeep: the trace has MaxFrames entries. Addr is the last of them.
	TooDeep
	// NoEnd: the chain of frames ends elsewhere than at the end of the stack.
	// Addr is the last frame, or the frame that ought to have been the last one.
	NoEnd
	// BadRegs: a register frame of user mode lies elsewhere than at the top of
	// the stack. Addr is its address.
	BadRegs
	// NoStub: a decision is pending but no stub is on the stack. Addr is the
	// body that was decided on.
	NoStub
	// Unreadable: the memory of the stack could not be read. Addr is the address;
	// Err says why.
	Unreadable
	numReasons
)

var reasonNames = [numReasons]string{
	Interrupted: "interrupted",
	NotText:     "not-text",
	NoFrames:    "no-frames",
	NotAtStop:   "not-at-stop",
	OffStack:    "off-stack",
	NotRising:   "not-rising",
	Misaligned:  "misaligned",
	TooDeep:     "too-deep",
	NoEnd:       "no-end",
	BadRegs:     "bad-regs",
	NoStub:      "no-stub",
	Unreadable:  "unreadable",
}

// String returns the reason's name, such as "interrupted".
func (r Reason) String() string {
	if r > 0 && r < numReasons {
		return reasonNames[r]
	}
	return "reason?"
}

// Error says why a stack is unreliable.
type Error struct {
	Reason Reason
	// Addr is the address that Reason is about.
	Addr guest.Addr
	// Func is the name of the function that Addr lies in, "" when Addr is not in
	// known text; Off is the distance from its start in bytes.
	Func string
	Off  uint64
	// Detail says more, for NoFrames why the function is not known to keep
	// frames; it may be "".
	Detail string
	// Err is the error of the memory when Reason is Unreadable, else nil.
	Err error
}

// Error returns the reason for a reader, such as "unreliable: interrupted at
// f+0x12".
func (e *Error) Error() string {
	s := "unreliable: " + e.text()
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) text() string {
	switch e.Reason {
	case Interrupted:
		return "interrupted at " + e.place()
	case NotText:
		return e.place() + " is not kernel text"
	case NoFrames:
		return e.name() + " keeps no frame pointer"
	case NotAtStop:
		return "stopped at " + e.place() + ", where its frame need not be complete"
	case OffStack:
		return fmt.Sprintf("%s is off the stack", e.Addr)
	case NotRising:
		return fmt.Sprintf("frame %s is not above the one before it", e.Addr)
	case Misaligned:
		return fmt.Sprintf("frame %s is not on a word boundary", e.Addr)
	case TooDeep:
		return fmt.Sprintf("%d entries or more", MaxFrames)
	case NoEnd:
		return fmt.Sprintf("frame %s is not the end of the stack", e.Addr)
	case BadRegs:
		return fmt.Sprintf("user registers at %s, not at the top of the stack", e.Addr)
	case NoStub:
		return e.place() + " is decided on, but no stub is on the stack"
	default:
		return fmt.Sprintf("stack at %s", e.Addr)
	}
}

// place names Addr as code.
func (e *Error) place() string {
	if e.Func == "" {
		return e.Addr.String()
	}
	return fmt.Sprintf("%s+%#x", e.Func, e.Off)
}

// name names the function of Addr.
func (e *Error) name() string {
	if e.Func == "" {
		return e.Addr.String()
	}
	return e.Func
}

// Is makes every Error an [ErrUnreliable].
func (e *Error) Is(target error) bool { return target == ErrUnreliable }

// Unwrap returns the memory's error, if there is one.
func (e *Error) Unwrap() error { return e.Err }

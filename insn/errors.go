package insn

import (
	"errors"
	"fmt"

	"patchlab/guest"
)

// The reasons for which bytes are not read as an instruction. They come wrapped
// in an [Error].
var (
	// ErrTruncated says that the bytes end inside an instruction. Give more of
	// them, or treat the place as the end of the code.
	ErrTruncated = errors.New("instruction is cut off")
	// ErrUnknown says that the bytes are no instruction that this package knows.
	ErrUnknown = errors.New("unknown instruction")
	// ErrAmbiguous says that processors of different makers disagree about the
	// instruction, its length even: a near branch with an operand-size prefix.
	ErrAmbiguous = errors.New("near branch with an operand-size prefix, on which processors disagree")
)

// Error says which bytes could not be read, and why. It unwraps to one of the
// sentinels of this package.
type Error struct {
	Addr  guest.Addr
	Bytes []byte // a copy; at most MaxLen of them
	Err   error
}

func newError(code []byte, at guest.Addr, err error) *Error {
	return &Error{Addr: at, Bytes: append([]byte(nil), code[:min(len(code), MaxLen)]...), Err: err}
}

// Error names the address, the bytes and the reason.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s: % x", e.Addr, e.Err, e.Bytes)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

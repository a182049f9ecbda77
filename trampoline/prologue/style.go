package prologue

import "patchlab/guest"

// MaxCode is how many bytes from a function's start [Match] looks at, at most:
// an endbr64 and the longest site of any style.
const MaxCode = 4 + 6

// Style is one way in which functions begin that may be redirected.
//
// The length of a site never changes, and its bytes are one instruction in
// every form: as the compiler left it, as nop and as call.
type Style interface {
	// Name names the style in reports.
	Name() string
	// Match finds the site in code, the first bytes of a function that starts
	// at at. More bytes than [MaxCode] do not matter, fewer are a function that
	// ends there. An error is a [*NoMatchError].
	Match(code []byte, at guest.Addr, p Program) (Site, error)
	// Nop returns the site's bytes while nothing is installed.
	Nop(s Site) []byte
	// Call returns the site's bytes while they call target. The error is a
	// [*ReachError] when no such instruction exists.
	Call(s Site, target guest.Addr) ([]byte, error)
}

// Styles are the known styles, in the order in which [Match] tries them.
var Styles = []Style{Fentry{}}

// Site is a place that may be overwritten.
type Site struct {
	Style Style
	At    guest.Addr // the first byte of the instruction
	Size  int        // its length in bytes
	// Prepared says that the bytes are the style's nop already.
	Prepared bool
}

// Return returns the address that the site leaves on the stack when it is a
// call.
func (s Site) Return() guest.ReturnAddr { return guest.ReturnAddr(s.At) + guest.ReturnAddr(s.Size) }

// Program answers a style's questions about the program around a function.
type Program struct {
	// IsFentry tells whether a is the address of a profiling function that
	// entries call, such as __fentry__.
	IsFentry func(a guest.Addr) bool
	// ReadAt fills p with the bytes at a; it is how the content of a slot of
	// the GOT is read. Its errors are passed on.
	ReadAt func(a guest.Addr, p []byte) error
}

// Match finds the site in code, the first bytes of a function that starts at
// at, in the first style that knows it. The error says what the first style
// objected to.
func Match(code []byte, at guest.Addr, p Program) (Site, error) {
	var first error
	for _, style := range Styles {
		s, err := style.Match(code, at, p)
		if err == nil {
			return s, nil
		}
		if first == nil {
			first = err
		}
	}
	return Site{}, first
}

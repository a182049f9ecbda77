package image

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// The kinds of error that a file can give. They come wrapped in an [Error].
var (
	// ErrFormat says that the bytes are not a whole, well-formed ELF file: the file
	// was damaged, or is something else.
	ErrFormat = errors.New("malformed file")
	// ErrUnsupported says that the file is sound but of a kind that patchlab does not
	// take: build it differently.
	ErrUnsupported = errors.New("unsupported file")
	// ErrDeclaration says that what the file declares to the laboratory (style,
	// gates, tasks, patch) makes no sense: mend the source.
	ErrDeclaration = errors.New("bad declaration")
	// ErrLink says that an object cannot be linked to its address and its symbols.
	ErrLink = errors.New("cannot link")
)

// Error says what is wrong with a file, and where. It is one of the kinds above, and
// the cause if it has one.
type Error struct {
	File  string // the name that the caller gave
	Where string // such as "section .text", "symbol f"; "" is the whole file
	What  string // what is wrong and, where it can be said, what would be right
	Kind  error  // ErrFormat, ErrUnsupported, ErrDeclaration or ErrLink
	Cause error  // what a [Resolver] said, or nil
}

// Error returns "file: where: what", one line: of a name in a damaged file, what does not
// print is shown as a question mark.
func (e *Error) Error() string {
	s := e.File + ": "
	if e.Where != "" {
		s += e.Where + ": "
	}
	s += e.What
	if e.Cause != nil {
		s += e.Cause.Error()
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// The ways in which a symbol is not found. They come wrapped in a [SymbolError].
var (
	ErrNoSymbol  = errors.New("symbol not found")
	ErrAmbiguous = errors.New("symbol not unique")
	// ErrNoPosition says that there are symbols of that name, but not so many.
	ErrNoPosition = errors.New("symbol position not found")
	// ErrSymbolName says that a name in the form of livepatch symbols is malformed.
	ErrSymbolName = errors.New("bad livepatch symbol")
)

// SymbolError says which symbol was not found, in the words of the kernel
// (kernel/livepatch/core.c, klp_find_object_symbol). It unwraps to one of the
// sentinels above.
type SymbolError struct {
	Object   string // "" is the program (vmlinux)
	Name     string
	Position uint64
	Err      error
}

// Error returns the line that the kernel would log.
func (e *SymbolError) Error() string {
	switch e.Err {
	case ErrAmbiguous:
		object := e.Object
		if object == "" {
			object = "(null)" // the kernel prints its null pointer
		}
		return fmt.Sprintf("unresolvable ambiguity for symbol '%s' in object '%s'", e.Name, object)
	case ErrNoPosition:
		object := e.Object
		if object == "" {
			object = "vmlinux"
		}
		return fmt.Sprintf("symbol position %d for symbol '%s' in object '%s' not found", e.Position, e.Name, object)
	case ErrSymbolName:
		return fmt.Sprintf("symbol %s has an incorrectly formatted name", e.Name)
	}
	return fmt.Sprintf("symbol '%s' not found in symbol table", e.Name)
}

// Unwrap returns the way.
func (e *SymbolError) Unwrap() error { return e.Err }

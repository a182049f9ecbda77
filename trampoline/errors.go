package trampoline

import (
	"errors"
	"fmt"

	"patchlab/guest"
	"patchlab/trampoline/prologue"
)

// The reasons for which the writer refuses. Those for which a function has no
// site, and [prologue.ErrReach], are package prologue's.
var (
	// ErrInstalled says that the site calls the stub already.
	ErrInstalled = errors.New("already installed")
	// ErrNotInstalled says that there is nothing to uninstall.
	ErrNotInstalled = errors.New("not installed")
	// ErrMismatch says that the bytes at a site are not those that were last
	// written there: somebody else has changed the text, and nothing is written
	// over it.
	ErrMismatch = errors.New("text is not as expected")
	// ErrRemoved says that there is no such site any more, or never was.
	ErrRemoved = errors.New("no such site")
	// ErrUnrecorded says that a function begins with the nop of a site, but that the
	// compiler, which lists its sites, has not made it one.
	ErrUnrecorded = errors.New("a nop that is not listed in __mcount_loc")
	// ErrWrite says that the text could not be written; it is as it was.
	ErrWrite = errors.New("text cannot be written")
)

// NoSiteError says why a function cannot be redirected.
type NoSiteError struct {
	Name string // of the function; "" when none is known at At
	At   guest.Addr
	// Err is [prologue.ErrNoSite], or a [*prologue.NoMatchError] with what
	// stands at the entry.
	Err error
}

// Error names the function, its address and what is there.
func (e *NoSiteError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("no function at %s: %v", e.At, e.Err)
	}
	return fmt.Sprintf("function %s: %v", e.Name, e.Err)
}

// Unwrap returns the reason.
func (e *NoSiteError) Unwrap() error { return e.Err }

// RecordError says that the compiler lists a site (section __mcount_loc) where none is:
// the list is of another program, or the linker has left out or replaced the function.
type RecordError struct {
	At   guest.Addr
	Func Func  // the function around At; the zero value for none
	Err  error // why At is not its site
}

// Error names the address, and the function around it.
func (e *RecordError) Error() string {
	if e.Func == (Func{}) {
		return fmt.Sprintf("__mcount_loc lists %s, which lies in no function", e.At)
	}
	return fmt.Sprintf("__mcount_loc lists %s+%d at %s: %v", e.Func.Name, uint64(e.At-e.Func.Range.Start), e.At, e.Err)
}

// Unwrap returns the reason.
func (e *RecordError) Unwrap() error { return e.Err }

// SiteError says why a site was not written.
type SiteError struct {
	Site string // the site as [Site.String] writes it
	Err  error  // one of the reasons, or a [*MismatchError]
}

// Error names the site and the reason.
func (e *SiteError) Error() string { return fmt.Sprintf("site %s: %v", e.Site, e.Err) }

// Unwrap returns the reason.
func (e *SiteError) Unwrap() error { return e.Err }

// MismatchError shows both sides of an [ErrMismatch].
type MismatchError struct {
	At              guest.Addr
	Expected, Found []byte
}

// Error shows the instructions and their bytes.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("expected %s, found %s", prologue.Text(e.Expected, e.At), prologue.Text(e.Found, e.At))
}

// Is reports whether target is [ErrMismatch].
func (e *MismatchError) Is(target error) bool { return target == ErrMismatch }

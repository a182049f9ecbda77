package prologue

import (
	"errors"
	"fmt"

	"patchlab/guest"
)

// The reasons for which a place is refused.
var (
	// ErrNoSite says that a function does not begin with a site: it was built
	// without profiling, or is marked as not to be traced.
	ErrNoSite = errors.New("no patch site")
	// ErrNotFentry says that a function begins with a call, but of something
	// else: it may be an ordinary call that must not be overwritten.
	ErrNotFentry = errors.New("not a call to __fentry__")
	// ErrReach says that a call cannot reach its target: move the target to
	// within 2 GiB.
	ErrReach = errors.New("out of reach of a call")
)

// NoMatchError says what stands where a site was looked for.
type NoMatchError struct {
	At    guest.Addr // where the site would be
	Found string     // what stands there, for people
	// Err is [ErrNoSite], [ErrNotFentry], or wraps what reading a slot of the
	// GOT answered.
	Err error
}

// Error names the reason, the address and what stands there.
func (e *NoMatchError) Error() string {
	return fmt.Sprintf("%v at %s: found %s", e.Err, e.At, e.Found)
}

// Unwrap returns the reason.
func (e *NoMatchError) Unwrap() error { return e.Err }

// ReachError says which call would have been too far; it is an [ErrReach].
type ReachError struct {
	At, Target guest.Addr
}

// Error names both ends.
func (e *ReachError) Error() string {
	return fmt.Sprintf("%s from %s: %v", e.Target, e.At, ErrReach)
}

// Is reports whether target is [ErrReach].
func (e *ReachError) Is(target error) bool { return target == ErrReach }

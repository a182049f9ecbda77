package trampoline

import (
	"syscall"

	"patchlab/guest"
	"patchlab/trampoline/prologue"
)

// Outcome is the result of a writer's table: 0 for success, otherwise a reason
// in the low byte and, for a mismatch, the bytes that were found above it. It is
// one word so that it can be a frame's result; [Writer.Err] makes an error of
// it.
type Outcome uint64

// reason numbers the refusals; 0 is none.
type reason uint8

const (
	removed reason = 1 + iota
	installed
	notInstalled
	reach
	unmapped
	mismatch
	unwritable
	numReasons
)

// reasons says for each reason what it is, and what the Linux kernel returns in
// the same case: for reading, comparing and writing text as ftrace_bug in
// kernel/trace/ftrace.c lists it, for the states as (un)registering an ops.
var reasons = [numReasons]struct {
	err   error
	errno syscall.Errno
}{
	removed:      {ErrRemoved, syscall.EINVAL},
	installed:    {ErrInstalled, syscall.EBUSY},
	notInstalled: {ErrNotInstalled, syscall.EBUSY},
	reach:        {prologue.ErrReach, syscall.EINVAL},
	unmapped:     {guest.ErrUnmapped, syscall.EFAULT},
	mismatch:     {ErrMismatch, syscall.EINVAL},
	unwritable:   {ErrWrite, syscall.EPERM},
}

func refuse(r reason) Outcome { return Outcome(r) }

// refuseBytes refuses for a mismatch. Sites have at most seven bytes.
func refuseBytes(found []byte) Outcome {
	var out Outcome
	for i, b := range found {
		out |= Outcome(b) << (8 * (i + 1))
	}
	return out | Outcome(mismatch)
}

// Errno returns the outcome as the kernel reports it: 0, or a negative errno.
func (o Outcome) Errno() int { return -int(reasons[reason(o)].errno) }

// Err returns the error of an outcome of one of w's tables that was asked to
// install or uninstall the site with the index i: nil, or a [*SiteError].
func (w *Writer) Err(i int, install bool, o Outcome) error {
	if o == 0 {
		return nil
	}
	why := reasons[reason(o)].err
	if i < 0 || i >= w.sites.Len() {
		return &SiteError{Site: "of an unknown index", Err: why}
	}
	s := w.sites.Site(i)
	switch reason(o) {
	case reach:
		why = &prologue.ReachError{At: s.At, Target: w.stub}
	case mismatch:
		why = w.mismatch(s, install, o)
	}
	return &SiteError{Site: s.String(), Err: why}
}

func (w *Writer) mismatch(s *Site, install bool, o Outcome) *MismatchError {
	expected, _, err := w.change(s, install)
	if err != nil {
		panic("BUG: a mismatch where nothing can be called: " + err.Error())
	}
	found := make([]byte, s.Size)
	for i := range found {
		found[i] = byte(o >> (8 * (i + 1)))
	}
	return &MismatchError{At: s.At, Expected: expected, Found: found}
}

package livepatch

import "fmt"

// Errno is an error of the kernel, by its number on x86-64
// (include/uapi/asm-generic/errno-base.h). 0 is no error and never returned as
// one.
type Errno uint16

// The errors that the model returns.
const (
	ENOENT Errno = 2
	EAGAIN Errno = 11
	EACCES Errno = 13
	EBUSY  Errno = 16
	EEXIST Errno = 17
	ENODEV Errno = 19
	EINVAL Errno = 22
)

var errnoTexts = map[Errno]string{
	ENOENT: "No such file or directory",
	EAGAIN: "Resource temporarily unavailable",
	EACCES: "Permission denied",
	EBUSY:  "Device or resource busy",
	EEXIST: "File exists",
	ENODEV: "No such device",
	EINVAL: "Invalid argument",
}

// Error returns the text that a shell prints when a write to a file of the kernel
// fails so.
func (e Errno) Error() string {
	if s, ok := errnoTexts[e]; ok {
		return s
	}
	return fmt.Sprintf("Unknown error %d", uint16(e))
}

// Insmod returns the text that insmod prints when a module is refused so
// (libkmod's mod_strerror differs from strerror for some).
func (e Errno) Insmod() string {
	switch e {
	case ENOENT:
		return "Unknown symbol in module"
	case EINVAL:
		return "Invalid parameters"
	default:
		return e.Error()
	}
}

// Result returns e as the result of a table: negative, as the kernel's functions
// return it.
func (e Errno) Result() uint64 { return uint64(-int64(e)) }

// maxErrno bounds the numbers that are errors (include/linux/err.h).
const maxErrno = 4095

// ResultError returns the error that a table's result stands for: nil for 0, else
// an [Errno]. A guest callback's int counts by its low 32 bits; a failure that is
// no negative errno is taken for EINVAL.
func ResultError(result uint64) error {
	switch code := -int64(int32(uint32(result))); {
	case code == 0:
		return nil
	case code > 0 && code <= maxErrno:
		return Errno(code)
	default:
		return EINVAL
	}
}

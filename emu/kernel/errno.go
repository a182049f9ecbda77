package kernel

import "patchlab/emu/vfs"

// Errors of calls that have nothing to do with files.
const (
	esrch     vfs.Errno = 3
	eintr     vfs.Errno = 4
	echild    vfs.Errno = 10
	efault    vfs.Errno = 14
	enosys    vfs.Errno = 38
	etimedout vfs.Errno = 110
)

// done and fail are the results of a call that has ended.
func done(v uint64) Result { return Result{Value: v} }

func fail(e vfs.Errno) Result { return Result{Value: -uint64(e)} }

// ended is done(v), or fail(e) if e says so.
func ended[T ~int | ~int64 | ~uint64](v T, e vfs.Errno) Result {
	if e != 0 {
		return fail(e)
	}
	return done(uint64(v))
}

package unicorn

/*
#cgo CFLAGS: -O2 -Wall -Wextra
#cgo LDFLAGS: -lunicorn
#include <unicorn/unicorn.h>

#if UC_API_MAJOR != 2 || UC_API_MINOR * 256 + UC_API_PATCH < 0x101
#error "the headers of libunicorn 2.1.1 or a newer 2.x are needed"
#endif
*/
import "C"

import "fmt"

// version is the version of a libunicorn. An official release has 255 in
// extra, a release candidate its number.
type version struct{ major, minor, patch, extra int }

// oldest is the first version that has everything the constants of this
// package name.
var oldest = version{major: 2, minor: 1, patch: 1, extra: 255}

// unpackVersion splits the number that uc_version returns: one byte for each
// part, the major version in the highest.
func unpackVersion(packed uint32) version {
	return version{
		major: int(packed >> 24),
		minor: int(packed >> 16 & 0xff),
		patch: int(packed >> 8 & 0xff),
		extra: int(packed & 0xff),
	}
}

func (v version) String() string {
	text := fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch)
	if v.extra != oldest.extra {
		text += fmt.Sprintf("-rc%d", v.extra)
	}
	return text
}

// older tells whether v was released before w.
func (v version) older(w version) bool {
	for _, d := range []int{v.major - w.major, v.minor - w.minor, v.patch - w.patch, v.extra - w.extra} {
		if d != 0 {
			return d < 0
		}
	}
	return false
}

// checkVersion refuses a library that is older than the oldest supported one
// or of another major version. The error wraps UcError(ERR_VERSION).
func checkVersion(found version) error {
	if found.major == oldest.major && !found.older(oldest) {
		return nil
	}
	return fmt.Errorf("unicorn: found libunicorn %v, need %v or a newer %d.x: %w",
		found, oldest, oldest.major, UcError(ERR_VERSION))
}

// libraryVersion asks the library that is linked in.
func libraryVersion() version {
	return unpackVersion(uint32(C.uc_version(nil, nil)))
}

// Version returns the major and minor version of the library that is linked
// in.
func Version() (int, int) {
	v := libraryVersion()
	return v.major, v.minor
}

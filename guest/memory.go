package guest

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Memory reads and writes guest memory with the rights of the kernel,
// permissions aside. It is what a room asks for that looks at a stack or writes
// text; the machine implements it.
type Memory interface {
	// ReadAt fills p with the bytes at a. It returns an error that is an
	// [ErrUnmapped], and leaves p in an unspecified state, when any byte is not
	// mapped.
	ReadAt(a Addr, p []byte) error
	// WriteAt stores p at a: all of it, or nothing and an error that is an
	// [ErrUnmapped].
	WriteAt(a Addr, p []byte) error
}

// ErrUnmapped says that an access touched an address without memory.
var ErrUnmapped = errors.New("address not mapped")

// ReadU64 returns the little-endian word at a.
func ReadU64(m Memory, a Addr) (uint64, error) {
	var b [8]byte
	if err := m.ReadAt(a, b[:]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// WriteU64 stores v as a little-endian word at a.
func WriteU64(m Memory, a Addr, v uint64) error {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	return m.WriteAt(a, b[:])
}

// maxString bounds [ReadString]: a guest's string without end is an error, not
// a copy of all its memory.
const maxString = 4096

// ReadString returns the NUL-terminated string at a, of at most 4095 bytes.
func ReadString(m Memory, a Addr) (string, error) {
	var s []byte
	var b [1]byte
	for len(s) < maxString {
		if err := m.ReadAt(a+Addr(len(s)), b[:]); err != nil {
			return "", fmt.Errorf("string at %s: %w", a, err)
		}
		if b[0] == 0 {
			return string(s), nil
		}
		s = append(s, b[0])
	}
	return "", fmt.Errorf("string at %s: no end within %d bytes", a, maxString)
}

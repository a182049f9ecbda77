package fp

import (
	"encoding/binary"

	"patchlab/guest"
	"patchlab/unwind"
)

// windowSize is how much of the stack is read at once, in bytes: a few frames of
// the usual size for the price of one call to the memory.
const windowSize = 512

// window reads words of one stack, and only of it.
type window struct {
	mem   guest.Memory
	stack guest.Range
	have  guest.Range // what buf holds
	buf   [windowSize]byte
}

func (w *window) reset(m guest.Memory, stack guest.Range) {
	w.mem, w.stack, w.have = m, stack, guest.Range{}
}

// pair returns the two words at a, which must lie on the stack.
func (w *window) pair(a guest.Addr) (lo, hi uint64, err error) {
	if !w.have.Covers(guest.RangeOf(a, 16)) {
		if err := w.fill(a); err != nil {
			return 0, 0, err
		}
	}
	b := w.buf[a-w.have.Start:][:16]
	return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), nil
}

// fill reads on from a as far as the stack goes.
func (w *window) fill(a guest.Addr) error {
	n := min(windowSize, uint64(w.stack.End-a))
	w.have = guest.Range{}
	if err := w.mem.ReadAt(a, w.buf[:n]); err != nil {
		return &unwind.Error{Reason: unwind.Unreadable, Addr: a, Err: err}
	}
	w.have = guest.RangeOf(a, n)
	return nil
}

package futex

import (
	"syscall"

	"patchlab/guest"
)

// Op is what FUTEX_WAKE_OP does to a word and what it then asks of the old value, as the
// call's last argument encodes it: 1 bit shift, 3 bits operation, 4 bits comparison, 12
// bits operand, 12 bits to compare with.
type Op uint32

// apply returns the new value of a word.
func (o Op) apply(old uint32) (uint32, syscall.Errno) {
	arg := uint32(int32(o) << 8 >> 20)
	if o>>31 != 0 {
		arg = 1 << (arg & 31)
	}
	switch o >> 28 & 7 {
	case 0:
		return arg, 0
	case 1:
		return old + arg, 0
	case 2:
		return old | arg, 0
	case 3:
		return old &^ arg, 0
	case 4:
		return old ^ arg, 0
	}
	return 0, syscall.ENOSYS
}

// holds reports whether the old value is as asked.
func (o Op) holds(old uint32) (bool, syscall.Errno) {
	v, with := int32(old), int32(o)<<20>>20
	switch o >> 24 & 15 {
	case 0:
		return v == with, 0
	case 1:
		return v != with, 0
	case 2:
		return v < with, 0
	case 3:
		return v <= with, 0
	case 4:
		return v > with, 0
	case 5:
		return v >= with, 0
	}
	return false, syscall.ENOSYS
}

// WakeOp changes the word at b, wakes up to n tasks that wait for the word at a, and, if
// b's old value is as op asks, up to nb that wait for b. It appends them to dst.
func (t *Table) WakeOp(m Words, dst []guest.TaskID, a, b guest.Addr, n, nb int32, op Op) ([]guest.TaskID, syscall.Errno) {
	if a%4 != 0 {
		return dst, syscall.EINVAL
	}
	old, e := load(m, b)
	if e != 0 {
		return dst, e
	}
	v, e := op.apply(old)
	if e != 0 {
		return dst, e
	}
	if !m.Store32(b, v) {
		return dst, syscall.EFAULT
	}
	both, e := op.holds(old)
	if e != 0 {
		return dst, e
	}
	dst, e = t.Wake(dst, a, n, AnyBits)
	if e == 0 && both {
		dst, e = t.Wake(dst, b, nb, AnyBits)
	}
	return dst, e
}

package futex

import (
	"slices"
	"syscall"

	"patchlab/guest"
)

// Wait has a task wait if the word has this value (FUTEX_WAIT, FUTEX_WAIT_BITSET): with
// error 0 it sleeps. The error is EAGAIN when the word has another value, EINVAL or EFAULT.
func (t *Table) Wait(m Words, w Waiter, value uint32) syscall.Errno {
	if w.Bits == 0 {
		return syscall.EINVAL
	}
	v, e := load(m, w.Addr)
	if e == 0 && v != value {
		e = syscall.EAGAIN
	}
	if e == 0 {
		w.lock = false
		t.enqueue(w)
	}
	return e
}

// Wake ends the waits of up to n tasks for the word at a that have one of the bits
// (FUTEX_WAKE, FUTEX_WAKE_BITSET), and appends them to dst; their calls return 0. As in
// the kernel, n below 1 counts as 1.
func (t *Table) Wake(dst []guest.TaskID, a guest.Addr, n int32, bits uint32) ([]guest.TaskID, syscall.Errno) {
	if a%4 != 0 || bits == 0 {
		return dst, syscall.EINVAL
	}
	for i := 0; i < len(t.waiters); {
		w := &t.waiters[i]
		switch {
		case w.Addr != a:
			i++
		case w.lock:
			return dst, syscall.EINVAL
		case w.Bits&bits == 0:
			i++
		default:
			dst = append(dst, w.Task)
			t.waiters = slices.Delete(t.waiters, i, i+1)
			if n--; n <= 0 {
				return dst, 0
			}
		}
	}
	return dst, 0
}

// Requeue ends the waits of up to wake tasks for the word at a, and has up to move others
// wait for the one at to (FUTEX_REQUEUE). It appends the former to dst and returns how
// many were moved; the call's result is the sum.
func (t *Table) Requeue(dst []guest.TaskID, a, to guest.Addr, wake, move int32) (woken []guest.TaskID, moved int, e syscall.Errno) {
	if a%4 != 0 || to%4 != 0 || wake < 0 || move < 0 {
		return dst, 0, syscall.EINVAL
	}
	var tail []Waiter
	for i := 0; i < len(t.waiters) && (wake > 0 || move > 0); {
		w := t.waiters[i]
		switch {
		case w.Addr != a:
			i++
			continue
		case w.lock:
			e = syscall.EINVAL
		case wake > 0:
			wake--
			dst = append(dst, w.Task)
		default:
			move--
			moved++
			if to == a {
				i++
				continue
			}
			w.Addr = to
			tail = append(tail, w)
		}
		if e != 0 {
			break
		}
		t.waiters = slices.Delete(t.waiters, i, i+1)
	}
	t.waiters = append(t.waiters, tail...)
	return dst, moved, e
}

// CmpRequeue is [Table.Requeue] if the word at a has this value, and EAGAIN otherwise
// (FUTEX_CMP_REQUEUE).
func (t *Table) CmpRequeue(m Words, dst []guest.TaskID, a, to guest.Addr, wake, move int32, value uint32) (woken []guest.TaskID, moved int, e syscall.Errno) {
	if wake < 0 || move < 0 || to%4 != 0 {
		return dst, 0, syscall.EINVAL
	}
	v, e := load(m, a)
	if e == 0 && v != value {
		e = syscall.EAGAIN
	}
	if e != 0 {
		return dst, 0, e
	}
	return t.Requeue(dst, a, to, wake, move)
}

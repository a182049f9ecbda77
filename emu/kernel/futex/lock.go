package futex

import (
	"slices"
	"syscall"

	"patchlab/guest"
)

// A word that is a lock: who has it, and what the kernel and its users tell each other.
const (
	Waiters   uint32 = 1 << 31 // others wait, so unlocking takes a call
	OwnerDied uint32 = 1 << 30 // its owner has exited without unlocking it
	OwnerMask uint32 = 1<<30 - 1
)

// Lock has w.Task take the lock at w.Addr, or wait for it (FUTEX_LOCK_PI, and with try
// FUTEX_TRYLOCK_PI). Alive tells which tasks there are. The task has the lock, or waits
// and has it when it is woken, or the error is EAGAIN (try alone: another has it), EDEADLK,
// ESRCH, EINVAL or EFAULT.
func (t *Table) Lock(m Words, w Waiter, try bool, alive func(guest.TaskID) bool) (waits bool, e syscall.Errno) {
	v, e := load(m, w.Addr)
	if e != 0 {
		return false, e
	}
	queue := t.head(w.Addr)
	owner := guest.TaskID(v & OwnerMask)
	switch {
	case queue >= 0 && !t.waiters[queue].lock:
		return false, syscall.EINVAL
	case owner == w.Task:
		return false, syscall.EDEADLK
	case owner == 0:
		if !m.Store32(w.Addr, v&(Waiters|OwnerDied)|uint32(w.Task)) {
			return false, syscall.EFAULT
		}
		return false, 0
	case !alive(owner):
		return false, syscall.ESRCH
	case !m.Store32(w.Addr, v|Waiters):
		return false, syscall.EFAULT
	case try:
		return false, syscall.EAGAIN
	}
	w.lock, w.Bits = true, AnyBits
	t.enqueue(w)
	return true, 0
}

// Unlock has a task give up the lock at a (FUTEX_UNLOCK_PI). Who has waited longest has
// it then, and is to be woken: its call returns 0. The error is EPERM when the task does
// not have the lock, EINVAL or EFAULT.
func (t *Table) Unlock(m Words, id guest.TaskID, a guest.Addr) (next guest.TaskID, e syscall.Errno) {
	v, e := load(m, a)
	if e != 0 {
		return 0, e
	}
	if guest.TaskID(v&OwnerMask) != id {
		return 0, syscall.EPERM
	}
	if i := t.head(a); i >= 0 && !t.waiters[i].lock {
		return 0, syscall.EINVAL
	}
	return t.handOver(m, a, 0)
}

// handOver gives the lock at a to the first that waits for it, or frees it.
func (t *Table) handOver(m Words, a guest.Addr, flags uint32) (next guest.TaskID, e syscall.Errno) {
	i := t.head(a)
	v := flags
	if i >= 0 {
		next = t.waiters[i].Task
		v |= Waiters | uint32(next)
	}
	if !m.Store32(a, v) {
		return 0, syscall.EFAULT
	}
	if i >= 0 {
		t.waiters = slices.Delete(t.waiters, i, i+1)
	}
	return next, 0
}

// head returns the index of the first that waits for the word at a, or -1.
func (t *Table) head(a guest.Addr) int {
	return slices.IndexFunc(t.waiters, func(w Waiter) bool { return w.Addr == a })
}

package futex

import (
	"syscall"
	"testing"

	"patchlab/guest"
)

func alive(id guest.TaskID) bool { return id < 10 }

func TestLockPassesOn(t *testing.T) {
	m := memory{8: 0}
	var table Table
	lock := func(id guest.TaskID, try bool, waits bool, want syscall.Errno) {
		t.Helper()
		if w, e := table.Lock(m, Waiter{Task: id, Addr: 8}, try, alive); w != waits || e != want {
			t.Fatalf("task %d: waits %v, %v; want %v, %v", id, w, e, waits, want)
		}
	}
	unlock := func(id, next guest.TaskID, want syscall.Errno, word uint32) {
		t.Helper()
		if n, e := table.Unlock(m, id, 8); n != next || e != want || m[8] != word {
			t.Fatalf("task %d: next %d, %v, word %#x; want %d, %v, %#x", id, n, e, m[8], next, want, word)
		}
	}
	lock(1, false, false, 0)
	lock(1, false, false, syscall.EDEADLK)
	lock(2, true, false, syscall.EAGAIN)
	lock(3, false, true, 0)
	lock(2, false, true, 0)
	if _, e := table.Wake(nil, 8, 1, AnyBits); e != syscall.EINVAL {
		t.Errorf("an ordinary wake of a lock: %v", e)
	}
	if _, _, e := table.Requeue(nil, 8, 12, 1, 1); e != syscall.EINVAL {
		t.Errorf("an ordinary requeue of a lock: %v", e)
	}
	unlock(2, 0, syscall.EPERM, Waiters|1)
	unlock(1, 3, 0, Waiters|3)
	unlock(3, 2, 0, Waiters|2)
	unlock(2, 0, 0, 0)
	m[8] = 99 // nobody
	lock(1, false, false, syscall.ESRCH)
	m[8] = OwnerDied
	lock(1, true, false, 0)
	if m[8] != OwnerDied|1 {
		t.Errorf("the lock of a dead task, taken: %#x", m[8])
	}
}

func TestLockOfWaiters(t *testing.T) {
	m := memory{8: 1}
	var table Table
	wait(t, &table, m, Waiter{Task: 2, Addr: 8})
	if _, e := table.Lock(m, Waiter{Task: 3, Addr: 8}, false, alive); e != syscall.EINVAL {
		t.Errorf("lock of a word that is waited for: %v", e)
	}
	if _, e := table.Unlock(m, 1, 8); e != syscall.EINVAL {
		t.Errorf("unlock of a word that is waited for: %v", e)
	}
}

package futex

import (
	"encoding/binary"
	"slices"
	"syscall"

	"patchlab/guest"
)

// Words is the memory that the process may use. The answers are false where it may not.
type Words interface {
	Load32(a guest.Addr) (uint32, bool)
	Store32(a guest.Addr, v uint32) bool
	Load64(a guest.Addr) (uint64, bool)
}

// AnyBits is the bit set of a wait or wake that has none (FUTEX_BITSET_MATCH_ANY).
const AnyBits uint32 = 1<<32 - 1

// Waiter is a task that waits for a word.
type Waiter struct {
	Task     guest.TaskID
	Addr     guest.Addr
	Bits     uint32     // a wake must have one of these
	Deadline guest.Time // 0: none
	lock     bool       // it waits for the lock that the word is
}

// Table is who waits, in the order of arrival. The zero value is empty.
type Table struct {
	waiters []Waiter
}

// CopyFrom makes t equal to u.
func (t *Table) CopyFrom(u *Table) { t.waiters = append(t.waiters[:0], u.waiters...) }

// AppendState appends all of the state to b. Equal states give equal bytes.
func (t *Table) AppendState(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(t.waiters)))
	b, err := binary.Append(b, binary.LittleEndian, t.waiters)
	if err != nil {
		panic("BUG: state of futexes: " + err.Error())
	}
	return b
}

// Waits reports whether a task waits.
func (t *Table) Waits(id guest.TaskID) bool { return t.find(id) >= 0 }

func (t *Table) find(id guest.TaskID) int {
	return slices.IndexFunc(t.waiters, func(w Waiter) bool { return w.Task == id })
}

// Cancel ends a task's wait, if it waits, and reports whether it did.
func (t *Table) Cancel(id guest.TaskID) bool {
	i := t.find(id)
	if i < 0 {
		return false
	}
	t.waiters = slices.Delete(t.waiters, i, i+1)
	return true
}

// NextDeadline returns the time at which [Table.Expire] has something to do, or 0.
func (t *Table) NextDeadline() guest.Time {
	var at guest.Time
	for i := range t.waiters {
		if d := t.waiters[i].Deadline; d != 0 && (at == 0 || d < at) {
			at = d
		}
	}
	return at
}

// Expire ends the waits whose deadlines have come by now, and appends the tasks to dst,
// in order of their deadlines. Their calls fail with ETIMEDOUT.
func (t *Table) Expire(dst []guest.TaskID, now guest.Time) []guest.TaskID {
	for at := t.NextDeadline(); at != 0 && at <= now; at = t.NextDeadline() {
		i := slices.IndexFunc(t.waiters, func(w Waiter) bool { return w.Deadline == at })
		dst = append(dst, t.waiters[i].Task)
		t.waiters = slices.Delete(t.waiters, i, i+1)
	}
	return dst
}

// enqueue has a task wait.
func (t *Table) enqueue(w Waiter) {
	if t.Waits(w.Task) {
		panic("BUG: a task waits twice")
	}
	t.waiters = append(t.waiters, w)
}

// load returns the word at a.
func load(m Words, a guest.Addr) (uint32, syscall.Errno) {
	if a%4 != 0 {
		return 0, syscall.EINVAL
	}
	v, ok := m.Load32(a)
	if !ok {
		return 0, syscall.EFAULT
	}
	return v, 0
}

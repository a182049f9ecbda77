package futex

import "patchlab/guest"

// maxRobust bounds the list of a thread's robust locks (ROBUST_LIST_LIMIT).
const maxRobust = 2048

// Exit ends what a task has to do with futexes when it exits: its own wait; the locks on
// its robust list, whose head is at head (0: none), which others are told of; and the
// other locks that it has and others wait for. It appends who goes on with result 0 to dst.
func (t *Table) Exit(m Words, dst []guest.TaskID, id guest.TaskID, head guest.Addr) []guest.TaskID {
	t.Cancel(id)
	if head != 0 {
		dst = t.robust(m, dst, id, head)
	}
	for i := 0; i < len(t.waiters); {
		a := t.waiters[i].Addr
		v, ok := m.Load32(a)
		if !t.waiters[i].lock || !ok || guest.TaskID(v&OwnerMask) != id {
			i++
			continue
		}
		next, e := t.handOver(m, a, OwnerDied)
		if e != 0 {
			i++
			continue
		}
		dst = append(dst, next)
	}
	return dst
}

// robust walks a robust list: a head of a pointer to the first entry, the distance from
// an entry to its lock, and the entry that is being locked or unlocked; entries begin
// with a pointer to the next, the last with one to the head. Bit 0 of a pointer says that
// the entry's lock is one of [Table.Lock]. The walk is over
// where the list cannot be read; one without end counts as maxRobust entries.
func (t *Table) robust(m Words, dst []guest.TaskID, id guest.TaskID, head guest.Addr) []guest.TaskID {
	entry, ok1 := m.Load64(head)
	offset, ok2 := m.Load64(head + 8)
	pending, ok3 := m.Load64(head + 16)
	if !ok1 || !ok2 || !ok3 {
		return dst
	}
	lock := func(entry uint64) guest.Addr { return guest.Addr(entry&^1 + offset) }
	for range maxRobust {
		if guest.Addr(entry&^1) == head {
			break
		}
		next, ok := m.Load64(guest.Addr(entry &^ 1))
		if entry&^1 != pending&^1 {
			var died bool
			if dst, died = t.bequeath(m, dst, id, lock(entry), entry&1 != 0, false); !died {
				return dst
			}
		}
		if !ok {
			return dst
		}
		entry = next
	}
	if pending&^1 != 0 {
		dst, _ = t.bequeath(m, dst, id, lock(pending), pending&1 != 0, true)
	}
	return dst
}

// bequeath marks a lock of a task that exits, and wakes one that waits for it. It
// reports whether the walk can go on.
func (t *Table) bequeath(m Words, dst []guest.TaskID, id guest.TaskID, a guest.Addr, pi, pending bool) ([]guest.TaskID, bool) {
	v, e := load(m, a)
	if e != 0 {
		return dst, false
	}
	if pending && !pi && v == 0 { // the task was unlocking it, and had not yet woken anybody
		dst, _ = t.Wake(dst, a, 1, AnyBits)
		return dst, true
	}
	if guest.TaskID(v&OwnerMask) != id {
		return dst, true
	}
	if pi && t.head(a) >= 0 { // the lock itself is handed over later
		return dst, m.Store32(a, v|OwnerDied)
	}
	if !m.Store32(a, v&Waiters|OwnerDied) {
		return dst, false
	}
	if !pi && v&Waiters != 0 {
		dst, _ = t.Wake(dst, a, 1, AnyBits)
	}
	return dst, true
}

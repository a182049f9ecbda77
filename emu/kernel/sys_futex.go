package kernel

import (
	"patchlab/emu/vfs"
	"patchlab/guest"
)

// Operations of futex (include/uapi/linux/futex.h).
const (
	futexWait, futexWake, futexRequeue, futexCmpRequeue, futexWakeOp = 0, 1, 3, 4, 5
	futexWaitBitset, futexWakeBitset                                 = 9, 10
	futexPrivate, futexRealtime                                      = 128, 256

	anyBits = ^uint32(0)
)

func (k *Kernel) futex(c *Call) Result {
	op, val := c.int(1)&^(futexPrivate|futexRealtime), uint32(c.Args[2])
	if c.addr(0)%4 != 0 {
		return fail(vfs.EINVAL)
	}
	switch op {
	case futexWait, futexWaitBitset:
		return k.futexWait(c, op, val)
	case futexWake:
		return k.futexWoken(c.addr(0), val, anyBits)
	case futexWakeBitset:
		if uint32(c.Args[5]) == 0 {
			return fail(vfs.EINVAL)
		}
		return k.futexWoken(c.addr(0), val, uint32(c.Args[5]))
	case futexRequeue, futexCmpRequeue:
		return k.futexRequeue(c, op == futexCmpRequeue)
	case futexWakeOp:
		return k.futexWakeOp(c)
	}
	return fail(enosys)
}

// futexWait sleeps while the word is val. The time is relative for FUTEX_WAIT, and a
// moment for FUTEX_WAIT_BITSET.
func (k *Kernel) futexWait(c *Call, op int, val uint32) Result {
	bits, until := anyBits, guest.Time(0)
	if c.Args[3] != 0 {
		d, e := k.timespec(c.addr(3))
		if e != 0 {
			return fail(e)
		}
		switch {
		case op == futexWait:
			d += k.host.Now()
		case c.int(1)&futexRealtime != 0:
			d -= epoch
		}
		until = max(d, 1)
	}
	if op == futexWaitBitset {
		if bits = uint32(c.Args[5]); bits == 0 {
			return fail(vfs.EINVAL)
		}
	}
	v, ok := k.word32(c.addr(0))
	switch {
	case !ok:
		return fail(efault)
	case v != val:
		return fail(vfs.EAGAIN)
	case until != 0 && until <= k.host.Now():
		return fail(etimedout)
	}
	t := k.thread(c.Task)
	k.waiters++
	t.wait, t.key, t.bits, t.turn, t.timed = waitFutex, c.addr(0), bits, k.waiters, until != 0
	return Result{Value: fail(etimedout).Value, Then: Block, Until: until}
}

// nextWaiter returns who waits for a futex longest, with one of these bits; 0 for nobody.
func (k *Kernel) nextWaiter(a guest.Addr, bits uint32) guest.TaskID {
	found := guest.TaskID(0)
	for i := range k.threads {
		t := &k.threads[i]
		if t.wait == waitFutex && t.key == a && t.bits&bits != 0 && (found == 0 || t.turn < k.thread(found).turn) {
			found = guest.TaskID(i + 1)
		}
	}
	return found
}

// wakeFutex wakes up to n waiters, and returns how many.
func (k *Kernel) wakeFutex(a guest.Addr, n, bits uint32) (woken uint32) {
	for woken < n {
		id := k.nextWaiter(a, bits)
		if id == 0 {
			break
		}
		k.thread(id).wait = waitNot
		k.host.Wake(id, 0, false)
		woken++
	}
	return woken
}

func (k *Kernel) futexWoken(a guest.Addr, n, bits uint32) Result {
	if _, ok := k.word32(a); !ok {
		return fail(efault)
	}
	return done(uint64(k.wakeFutex(a, n, bits)))
}

// futexRequeue wakes some waiters and has others wait for another futex.
func (k *Kernel) futexRequeue(c *Call, compare bool) Result {
	wake, move := uint32(c.Args[2]), uint32(c.Args[3])
	v, ok := k.word32(c.addr(0))
	switch {
	case !ok:
		return fail(efault)
	case int32(wake) < 0 || int32(move) < 0:
		return fail(vfs.EINVAL)
	case compare && v != uint32(c.Args[5]):
		return fail(vfs.EAGAIN)
	}
	woken, moved := k.wakeFutex(c.addr(0), wake, anyBits), uint32(0)
	for moved < move && c.addr(0) != c.addr(4) {
		id := k.nextWaiter(c.addr(0), anyBits)
		if id == 0 {
			break
		}
		k.waiters++
		k.thread(id).key, k.thread(id).turn = c.addr(4), k.waiters
		moved++
	}
	if compare {
		woken += moved
	}
	return done(uint64(woken))
}

// futexWakeOp changes a second word, and wakes its waiters too if it was as asked for.
func (k *Kernel) futexWakeOp(c *Call) Result {
	code, other := uint32(c.Args[5]), c.addr(4)
	op, cmp := code>>28&0xf, code>>24&0xf
	arg, with := uint32(int32(code<<8)>>20), uint32(int32(code<<20)>>20)
	if op&8 != 0 {
		arg, op = 1<<(arg&31), op&7
	}
	old, ok := k.word32(other)
	if !ok {
		return fail(efault)
	}
	changed := []uint32{arg, old + arg, old | arg, old &^ arg, old ^ arg}
	holds := []bool{old == with, old != with, int32(old) < int32(with), int32(old) <= int32(with), int32(old) > int32(with), int32(old) >= int32(with)}
	switch {
	case int(op) >= len(changed) || int(cmp) >= len(holds):
		return fail(enosys)
	case !k.out32(other, changed[op]):
		return fail(efault)
	}
	n := k.wakeFutex(c.addr(0), uint32(c.Args[2]), anyBits)
	if holds[cmp] {
		n += k.wakeFutex(other, uint32(c.Args[3]), anyBits)
	}
	return done(uint64(n))
}

package kernel

import (
	"patchlab/emu/vfs"
	"patchlab/guest"
)

// Flags of clone (include/uapi/linux/sched.h).
const (
	cloneVM, cloneSighand, cloneThread   = 0x100, 0x800, 0x10000
	cloneSettls, cloneParentSettid       = 0x80000, 0x100000
	cloneChildCleartid, cloneChildSettid = 0x200000, 0x1000000
	cloneNeeded                          = cloneVM | cloneSighand | cloneThread
)

// clone makes a thread. Processes are not made.
func (k *Kernel) clone(c *Call) Result {
	flags, sp, tls := c.Args[0], c.Args[1], c.addr(4)
	if flags&cloneNeeded != cloneNeeded {
		return fail(enosys)
	}
	if flags&cloneSettls != 0 && !Area.Contains(tls) {
		return fail(vfs.EPERM)
	}
	id, err := k.host.NewTask(c.Task)
	if err != nil {
		return fail(vfs.EAGAIN)
	}
	k.Born(id)
	t := k.thread(id)
	t.mask = k.thread(c.Task).mask
	r := k.host.Registers(c.Task)
	r.GPR[guest.RAX] = 0
	r.GPR[guest.RCX], r.GPR[guest.R11] = uint64(r.RIP), r.RFLAGS
	if sp != 0 {
		r.GPR[guest.RSP] = sp
	}
	k.host.SetRegisters(id, &r)
	if flags&cloneSettls != 0 {
		_, gs := k.host.Bases(id)
		k.host.SetBases(id, tls, gs)
	}
	n := uint32(tid(id))
	if flags&cloneParentSettid != 0 {
		k.out32(c.addr(2), n)
	}
	if flags&cloneChildSettid != 0 {
		k.out32(c.addr(3), n)
	}
	if flags&cloneChildCleartid != 0 {
		t.clearTID = c.addr(3)
	}
	return done(uint64(n))
}

func (k *Kernel) setTidAddress(c *Call) Result {
	k.thread(c.Task).clearTID = c.addr(0)
	return done(uint64(tid(c.Task)))
}

const robustHeadSize = 24

func (k *Kernel) getRobustList(c *Call) Result {
	id := c.Task
	if n := c.int(0); n != 0 {
		var ok bool
		if id, ok = k.taskOf(n); !ok || !k.thread(id).alive {
			return fail(esrch)
		}
	}
	if !k.outWords(c.addr(1), uint64(k.thread(id).robust)) || !k.outWords(c.addr(2), robustHeadSize) {
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) setRobustList(c *Call) Result {
	if c.Args[1] != robustHeadSize {
		return fail(vfs.EINVAL)
	}
	k.thread(c.Task).robust = c.addr(0)
	return done(0)
}

// threadGone does what is to be done when a thread exits: who waits for its locks or for
// its end is woken.
func (k *Kernel) threadGone(id guest.TaskID) {
	t := k.thread(id)
	k.releaseRobust(id, t.robust)
	if t.clearTID != 0 && k.out32(t.clearTID, 0) {
		k.wakeFutex(t.clearTID, 1, anyBits)
	}
	*t = thread{}
}

// releaseRobust marks the futexes in a thread's robust list as left by a dead owner. The
// list begins with a pointer to its first entry; the futexes lie at a distance from the
// entries that stands behind it.
func (k *Kernel) releaseRobust(id guest.TaskID, head guest.Addr) {
	const ownerDied, waiters, tidMask, maxEntries = 0x40000000, 0x80000000, 0x3fffffff, 2048
	h, ok := k.inWords(head, 3)
	if head == 0 || !ok {
		return
	}
	entry, offset := guest.Addr(h[0]), guest.Addr(h[1])
	for range maxEntries {
		if entry == head {
			return
		}
		if v, ok := k.word32(entry + offset); ok && v&tidMask == uint32(tid(id)) {
			k.out32(entry+offset, v&waiters|ownerDied)
			k.wakeFutex(entry+offset, 1, anyBits)
		}
		next, ok := k.inWords(entry, 1)
		if !ok {
			return
		}
		entry = guest.Addr(next[0])
	}
}

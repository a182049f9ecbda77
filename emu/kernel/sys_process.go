package kernel

import (
	"encoding/binary"

	"patchlab/emu/vfs"
	"patchlab/guest"
)

// The process and its user. Thread ids are the process's number and those above it.
const (
	pid    = 100
	ppid   = 1
	userID = vfs.GuestID
)

// tid returns the number by which a process knows a task, and taskOf the task.
func tid(id guest.TaskID) int { return pid + int(id) - 1 }

func (k *Kernel) taskOf(n int) (guest.TaskID, bool) {
	id := n - pid + 1
	return guest.TaskID(id), id >= 1 && id <= len(k.threads)
}

func (k *Kernel) getpid(*Call) Result   { return done(pid) }
func (k *Kernel) getppid(*Call) Result  { return done(ppid) }
func (k *Kernel) gettid(c *Call) Result { return done(uint64(tid(c.Task))) }
func (k *Kernel) getuid(*Call) Result   { return done(userID) }

func (k *Kernel) exit(c *Call) Result {
	k.threadGone(c.Task)
	k.status = int(c.Args[0] & 0xff)
	return Result{Then: Exit}
}

func (k *Kernel) exitGroup(c *Call) Result {
	k.ended, k.status = true, int(c.Args[0]&0xff)
	return Result{Then: End}
}

// LastGone tells that no thread is left.
func (k *Kernel) LastGone() { k.ended = true }

func (k *Kernel) uname(c *Call) Result {
	const field = 65
	b := make([]byte, 6*field)
	for i, s := range []string{"Linux", "patchlab", "6.12.0", "#1", "x86_64", "(none)"} {
		copy(b[i*field:], s)
	}
	if !k.out(c.addr(0), b) {
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) archPrctl(c *Call) Result {
	const setGS, setFS, getFS, getGS = 0x1001, 0x1002, 0x1003, 0x1004
	fs, gs := k.host.Bases(c.Task)
	a := c.addr(1)
	switch c.Args[0] {
	case setFS, setGS:
		if !Area.Contains(a) {
			return fail(vfs.EPERM)
		}
		if c.Args[0] == setFS {
			fs = a
		} else {
			gs = a
		}
		k.host.SetBases(c.Task, fs, gs)
	case getFS, getGS:
		v := fs
		if c.Args[0] == getGS {
			v = gs
		}
		if !k.outWords(a, uint64(v)) {
			return fail(efault)
		}
	default:
		return fail(vfs.EINVAL)
	}
	return done(0)
}

// Limits of resources, as prlimit64 tells them: stack, memory, files, others.
const (
	rlimitStack, rlimitNofile, rlimitAS, numRlimits = 3, 7, 9, 16

	unlimited = ^uint64(0)
	maxFiles  = 1024
)

func (k *Kernel) limit(resource uint64) uint64 {
	switch resource {
	case rlimitStack:
		return stack.Size()
	case rlimitNofile:
		return maxFiles
	}
	return unlimited
}

func (k *Kernel) prlimit64(c *Call) Result {
	if who := c.int(0); who != 0 && who != pid {
		return fail(esrch)
	}
	if c.Args[1] >= numRlimits {
		return fail(vfs.EINVAL)
	}
	v := k.limit(c.Args[1])
	if c.Args[2] != 0 {
		want, ok := k.inWords(c.addr(2), 2)
		switch {
		case !ok:
			return fail(efault)
		case want[0] > want[1] || want[1] > v:
			return fail(vfs.EPERM)
		}
	}
	if c.Args[3] != 0 && !k.outWords(c.addr(3), v, v) {
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) getrlimit(c *Call) Result {
	if c.Args[0] >= numRlimits {
		return fail(vfs.EINVAL)
	}
	v := k.limit(c.Args[0])
	if !k.outWords(c.addr(1), v, v) {
		return fail(efault)
	}
	return done(0)
}

// getrusage tells the time that has passed as time used.
func (k *Kernel) getrusage(c *Call) Result {
	now := k.host.Now()
	words := make([]uint64, 18)
	words[0], words[1] = uint64(now/guest.Second), uint64(now%guest.Second/1000)
	if !k.outWords(c.addr(1), words...) {
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) getrandom(c *Call) Result {
	const known = 7 // GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE
	if c.Args[2]&^known != 0 {
		return fail(vfs.EINVAL)
	}
	n := min(c.Args[1], maxIO)
	if !k.host.Space().Allows(c.addr(0), n, writable) {
		return fail(efault)
	}
	b := make([]byte, n)
	k.fill(b)
	k.out(c.addr(0), b)
	return done(n)
}

// schedGetaffinity tells of one CPU.
func (k *Kernel) schedGetaffinity(c *Call) Result {
	if c.Args[1] < 8 || c.Args[1]%8 != 0 {
		return fail(vfs.EINVAL)
	}
	if !k.outWords(c.addr(2), 1) {
		return fail(efault)
	}
	return done(8)
}

func (k *Kernel) getcpu(c *Call) Result {
	for i := range 2 {
		if c.Args[i] != 0 && !k.out32(c.addr(i), 0) {
			return fail(efault)
		}
	}
	return done(0)
}

// sysinfo tells how much memory there is.
func (k *Kernel) sysinfo(c *Call) Result {
	b := make([]byte, 112)
	binary.LittleEndian.PutUint64(b, uint64(k.host.Now()/guest.Second))
	binary.LittleEndian.PutUint64(b[32:], k.config.Memory)
	binary.LittleEndian.PutUint64(b[40:], k.config.Memory-min(k.canWrite(), k.config.Memory))
	binary.LittleEndian.PutUint16(b[80:], uint16(len(k.threads)))
	binary.LittleEndian.PutUint32(b[104:], 1)
	if !k.out(c.addr(0), b) {
		return fail(efault)
	}
	return done(0)
}

// prctl knows the names of threads only as far as programs set them.
func (k *Kernel) prctl(c *Call) Result {
	const setName = 15
	if c.Args[0] == setName {
		return done(0)
	}
	return fail(vfs.EINVAL)
}

func (k *Kernel) zero(*Call) Result   { return done(0) }
func (k *Kernel) refuse(*Call) Result { return fail(enosys) }
func (k *Kernel) yield(*Call) Result  { return Result{Then: Yield} }

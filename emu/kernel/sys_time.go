package kernel

import (
	"patchlab/emu/vfs"
	"patchlab/guest"
)

// epoch is when a process starts, by the clock on its wall: 2025-01-01 00:00 UTC.
const epoch guest.Time = 1735689600 * guest.Second

func (k *Kernel) realtime() guest.Time {
	if k.host == nil {
		return epoch
	}
	return epoch + k.host.Now()
}

// clock returns the time of a clock. The time that threads and the process have used is
// taken to be all of it.
func (k *Kernel) clock(id int) (guest.Time, bool) {
	switch {
	case id == 0 || id == 5 || id == 11: // CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI
		return k.realtime(), true
	case id >= 1 && id <= 7: // monotonic, CPU time, boot time
		return k.host.Now(), true
	}
	return 0, false
}

func (k *Kernel) outTime(a guest.Addr, t guest.Time, unit guest.Time) Result {
	if !k.outWords(a, uint64(t/guest.Second), uint64(t%guest.Second/unit)) {
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) clockGettime(c *Call) Result {
	t, ok := k.clock(c.int(0))
	if !ok {
		return fail(vfs.EINVAL)
	}
	return k.outTime(c.addr(1), t, 1)
}

func (k *Kernel) clockGetres(c *Call) Result {
	if _, ok := k.clock(c.int(0)); !ok {
		return fail(vfs.EINVAL)
	}
	if c.Args[1] == 0 {
		return done(0)
	}
	return k.outTime(c.addr(1), 1, 1)
}

func (k *Kernel) gettimeofday(c *Call) Result {
	if c.Args[0] == 0 {
		return done(0)
	}
	return k.outTime(c.addr(0), k.realtime(), 1000)
}

func (k *Kernel) time(c *Call) Result {
	t := uint64(k.realtime() / guest.Second)
	if c.Args[0] != 0 && !k.outWords(c.addr(0), t) {
		return fail(efault)
	}
	return done(t)
}

// maxWait bounds times to wait, so that sums do not overflow: some thirty years.
const maxWait = 1e9 * guest.Second

// timespec reads a time to wait.
func (k *Kernel) timespec(a guest.Addr) (guest.Time, vfs.Errno) {
	w, ok := k.inWords(a, 2)
	switch {
	case !ok:
		return 0, efault
	case int64(w[0]) < 0 || w[1] >= uint64(guest.Second):
		return 0, vfs.EINVAL
	}
	return min(guest.Time(min(w[0], uint64(maxWait/guest.Second)))*guest.Second+guest.Time(w[1]), maxWait), 0
}

// sleepFor has a task sleep. Time that has passed already makes no sleep.
func (k *Kernel) sleepFor(c *Call, d guest.Time) Result {
	if d <= 0 {
		return done(0)
	}
	k.thread(c.Task).wait = waitTime
	return Result{Then: Block, Until: k.host.Now() + d}
}

func (k *Kernel) nanosleep(c *Call) Result {
	d, e := k.timespec(c.addr(0))
	if e != 0 {
		return fail(e)
	}
	return k.sleepFor(c, d)
}

func (k *Kernel) clockNanosleep(c *Call) Result {
	const absolute = 1
	now, ok := k.clock(c.int(0))
	if !ok {
		return fail(vfs.EINVAL)
	}
	d, e := k.timespec(c.addr(2))
	if e != 0 {
		return fail(e)
	}
	if c.int(1)&absolute != 0 {
		d -= now
	}
	return k.sleepFor(c, d)
}

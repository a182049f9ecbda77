package kernel

import (
	"patchlab/emu/vfs"
	"patchlab/guest"
)

// timer is the timer of the process: ITIMER_REAL.
type timer struct {
	at       guest.Time // when it rings; 0: never
	interval guest.Time // how long after that it rings again; 0: never
}

// Alarm returns when the timer of the process rings, and whether it does.
func (k *Kernel) Alarm() (at guest.Time, set bool) { return k.alarm.at, k.alarm.at != 0 && !k.ended }

// Ring sends the signal of the timer, whose time has come. It returns true when that has
// ended the process.
func (k *Kernel) Ring() (ended bool) {
	t := &k.alarm
	if t.interval == 0 {
		t.at = 0
	} else {
		t.at += t.interval
	}
	k.raiseProcess(sigAlrm, codeKernel, 0)
	return k.ended
}

func (k *Kernel) timeval(sec, usec uint64) (guest.Time, bool) {
	if int64(sec) < 0 || usec >= 1e6 {
		return 0, false
	}
	return guest.Time(min(sec, uint64(maxWait/guest.Second)))*guest.Second + guest.Time(usec)*1000, true
}

// left returns how long it is until the timer rings.
func (k *Kernel) left() guest.Time {
	if k.alarm.at == 0 {
		return 0
	}
	return max(k.alarm.at-k.host.Now(), 1000)
}

func (k *Kernel) set(d, interval guest.Time) {
	k.alarm = timer{interval: interval}
	if d > 0 {
		k.alarm.at = k.host.Now() + d
	}
	k.host.AlarmChanged()
}

func (k *Kernel) setAlarm(c *Call) Result {
	left := (k.left() + guest.Second - 1) / guest.Second
	k.set(guest.Time(uint32(c.Args[0]))*guest.Second, 0)
	return done(uint64(left))
}

func (k *Kernel) outTimer(a guest.Addr) bool {
	left, i := k.left(), k.alarm.interval
	return k.outWords(a, uint64(i/guest.Second), uint64(i%guest.Second/1000), uint64(left/guest.Second), uint64(left%guest.Second/1000))
}

func (k *Kernel) getitimer(c *Call) Result {
	switch {
	case c.int(0) != 0:
		return fail(vfs.EINVAL)
	case !k.outTimer(c.addr(1)):
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) setitimer(c *Call) Result {
	if c.int(0) != 0 {
		return fail(vfs.EINVAL)
	}
	w, ok := k.inWords(c.addr(1), 4)
	if !ok || c.Args[2] != 0 && !k.outTimer(c.addr(2)) {
		return fail(efault)
	}
	interval, ok1 := k.timeval(w[0], w[1])
	d, ok2 := k.timeval(w[2], w[3])
	if !ok1 || !ok2 {
		return fail(vfs.EINVAL)
	}
	k.set(d, interval)
	return done(0)
}

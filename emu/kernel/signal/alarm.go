package signal

import (
	"math"

	"patchlab/guest"
)

// interval is when something happens next, and how long after that again.
type interval struct {
	next, every guest.Time // 0: never, and not again
}

// forward puts next after now, in steps of every, and returns how many.
func (v *interval) forward(now guest.Time) int64 {
	if v.next > now {
		return 0
	}
	n := (now-v.next)/v.every + 1
	v.next = later(v.next+(n-1)*v.every, v.every)
	return int64(n)
}

// later is t+d, or the end of time.
func later(t, d guest.Time) guest.Time {
	if t > math.MaxInt64-d {
		return math.MaxInt64
	}
	return t + d
}

// alarm is ITIMER_REAL.
type alarm struct {
	interval
	rests bool // it has rung, and SIGALRM is not taken yet
}

// microsecond is the least time that getitimer tells of a timer that runs.
const microsecond guest.Time = 1000

// Alarm returns how long ITIMER_REAL still runs, and its interval.
func (p *Process) Alarm(now guest.Time) (value, every guest.Time) {
	a := &p.alarm
	if a.next == 0 || a.rests {
		return 0, a.every
	}
	return max(a.next-now, microsecond), a.every
}

// SetAlarm has ITIMER_REAL send SIGALRM after value, and every so often from then on, as
// setitimer and alarm do; value 0 stops it. Neither may be negative.
func (p *Process) SetAlarm(value, every, now guest.Time) {
	p.alarm = alarm{}
	if value > 0 {
		p.alarm.interval = interval{later(now, value), every}
	}
}

// ring sends SIGALRM.
func (p *Process) ring() {
	p.alarm.rests = true
	p.Send(FromKernel(SIGALRM))
}

// rewind has ITIMER_REAL go on, since SIGALRM was taken.
func (p *Process) rewind(now guest.Time) {
	if a := &p.alarm; a.rests && a.every > 0 {
		a.rests = false
		a.forward(now)
	}
}

package signal

import (
	"math"

	"patchlab/guest"
)

// NextExpiry returns the time at which [Process.Expire] has something to do, or 0.
func (p *Process) NextExpiry() guest.Time {
	_, at := p.firstTimer()
	if a := &p.alarm; a.next > 0 && !a.rests && (at == 0 || a.next < at) {
		return a.next
	}
	return at
}

// firstTimer returns the timer that expires next, and when; 0 if none does.
func (p *Process) firstTimer() (t *timer, at guest.Time) {
	for i := range p.timers {
		c := &p.timers[i]
		runs := c.run.next > 0 && !c.rests && c.event.Notify != SIGEV_NONE
		if runs && (at == 0 || c.run.next < at) && !p.sent(c.id) {
			t, at = c, c.run.next
		}
	}
	return t, at
}

// Expire sends the signals of all timers that have expired by now, in order of time.
func (p *Process) Expire(now guest.Time) {
	for at := p.NextExpiry(); at != 0 && at <= now && len(p.threads) > 0; at = p.NextExpiry() {
		if t, first := p.firstTimer(); first == at {
			p.expire(t)
		} else {
			p.ring()
		}
	}
}

// expire sends the signal of a timer.
func (p *Process) expire(t *timer) {
	to := guest.TaskID(0)
	if t.event.Notify == SIGEV_THREAD_ID {
		if to = t.event.Thread; !p.Has(to) {
			t.run.next = 0
			return
		}
	}
	if t.run.every == 0 {
		t.run.next = 0
	}
	n := Number(t.event.Signal)
	if p.passes(p.target(to), n) {
		t.rests = true
		return
	}
	p.add(to, fromTimer(n, t.id, t.event.Value))
}

// wakeTimers has timers go on that rest because n was ignored.
func (p *Process) wakeTimers(n Number) {
	for i := range p.timers {
		if t := &p.timers[i]; t.event.Signal == int32(n) {
			t.rests = false
		}
	}
}

// rearm has the timer go on whose signal was taken, and tells in i how often it has
// expired since it was sent.
func (p *Process) rearm(i *Info, now guest.Time) {
	t := p.timer(i.timer - 1)
	if t.run.every > 0 {
		t.told = int32(min(max(t.run.forward(now)-1, 0), math.MaxInt32))
	}
	i.Words[0] = pair(int32(uint32(i.Words[0])), uint32(t.told))
	i.timer = 0
}

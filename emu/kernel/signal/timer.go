package signal

import (
	"math"
	"slices"
	"syscall"

	"patchlab/guest"
)

// Clocks that a timer can run on.
const (
	CLOCK_REALTIME  int32 = 0
	CLOCK_MONOTONIC int32 = 1
	CLOCK_BOOTTIME  int32 = 7
)

// Ways for a timer to tell that it has expired (Event.Notify).
const (
	SIGEV_SIGNAL    int32 = 0
	SIGEV_NONE      int32 = 1
	SIGEV_THREAD    int32 = 2
	SIGEV_THREAD_ID int32 = 4
)

// MaxTimers bounds how many timers a process has.
const MaxTimers = 128

// Event is what a timer sends (struct sigevent).
type Event struct {
	Notify int32
	Signal int32
	Thread guest.TaskID // SIGEV_THREAD_ID: who gets it
	Value  uint64
}

// timer is a POSIX timer. One that has an interval rests while its signal is
// pending or ignored; what it has missed shows in how far its next time is behind.
type timer struct {
	id    int32
	clock int32
	event Event
	run   interval
	told  int32 // what timer_getoverrun tells
	rests bool  // its signal was ignored
}

// CreateTimer makes a timer; without an event it sends SIGALRM with its own id.
func (p *Process) CreateTimer(clock int32, e *Event) (id int32, err syscall.Errno) {
	id = p.nextTimer
	if e == nil {
		e = &Event{Signal: int32(SIGALRM), Value: uint64(id)}
	}
	switch {
	case clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME, !p.good(e):
		return 0, syscall.EINVAL
	case len(p.timers) == MaxTimers:
		return 0, syscall.EAGAIN
	}
	p.nextTimer = (id + 1) & math.MaxInt32
	p.timers = append(p.timers, timer{id: id, clock: clock, event: *e})
	return id, 0
}

func (p *Process) good(e *Event) bool {
	signal := e.Signal >= 1 && e.Signal <= int32(Max)
	switch e.Notify {
	case SIGEV_SIGNAL, SIGEV_THREAD:
		return signal
	case SIGEV_THREAD_ID:
		return signal && p.Has(e.Thread)
	}
	return e.Notify == SIGEV_NONE
}

func (p *Process) timer(id int32) *timer {
	if i := slices.IndexFunc(p.timers, func(t timer) bool { return t.id == id }); i >= 0 {
		return &p.timers[i]
	}
	return nil
}

// SetTimer starts a timer, at a time of its clock or after value from now; 0 stops it.
// What it has sent and nobody has taken is not sent any more.
func (p *Process) SetTimer(id int32, abs bool, value, every, now guest.Time) syscall.Errno {
	t := p.timer(id)
	if t == nil || value < 0 || every < 0 {
		return syscall.EINVAL
	}
	p.recall(id)
	t.run, t.told, t.rests = interval{}, 0, false
	switch {
	case value == 0:
	case !abs:
		t.run = interval{later(now, value), every}
	case t.clock == CLOCK_REALTIME:
		t.run = interval{max(value-p.epoch, 1), every}
	default:
		t.run = interval{value, every}
	}
	return 0
}

// Timer returns how long a timer still runs, and its interval.
func (p *Process) Timer(id int32, now guest.Time) (value, every guest.Time, err syscall.Errno) {
	t := p.timer(id)
	if t == nil {
		return 0, 0, syscall.EINVAL
	}
	run, least := t.run, guest.Time(1)
	if t.event.Notify == SIGEV_NONE {
		least = 0
	}
	if run.every > 0 && run.next > 0 && (least == 0 || t.rests || p.sent(id)) {
		run.forward(now)
	}
	if run.next > 0 {
		value = max(run.next-now, least)
	}
	return value, run.every, 0
}

// Overrun returns how often a timer has expired between the signal that was taken last
// and its being taken.
func (p *Process) Overrun(id int32) (int32, syscall.Errno) {
	if t := p.timer(id); t != nil {
		return t.told, 0
	}
	return 0, syscall.EINVAL
}

// DeleteTimer removes a timer, and what it has sent and nobody has taken.
func (p *Process) DeleteTimer(id int32) syscall.Errno {
	if p.timer(id) == nil {
		return syscall.EINVAL
	}
	p.recall(id)
	p.timers = slices.DeleteFunc(p.timers, func(t timer) bool { return t.id == id })
	return 0
}

// sent reports whether the signal of a timer is pending.
func (p *Process) sent(id int32) bool {
	return slices.ContainsFunc(p.queue, func(q queued) bool { return q.info.timer == id+1 })
}

// recall removes the signal of a timer from what is pending.
func (p *Process) recall(id int32) {
	i := slices.IndexFunc(p.queue, func(q queued) bool { return q.info.timer == id+1 })
	if i < 0 {
		return
	}
	q := p.queue[i]
	p.queue = slices.Delete(p.queue, i, i+1)
	if !slices.ContainsFunc(p.queue, func(o queued) bool {
		return o.to == q.to && o.info.Number == q.info.Number
	}) {
		*p.set(q.to) &^= q.info.Number.bit()
	}
}

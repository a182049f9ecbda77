package signal

import (
	"slices"
	"syscall"

	"patchlab/guest"
)

// MaxQueued bounds how many real-time signals can be pending in a process
// (RLIMIT_SIGPENDING).
const MaxQueued = 1024

// Send sends a signal to the process. Number 0 only asks whether one could be sent. The
// error is EINVAL, ESRCH, or EAGAIN when too many are pending.
func (p *Process) Send(i Info) syscall.Errno { return p.check(0, i) }

// SendTo sends a signal to one thread.
func (p *Process) SendTo(id guest.TaskID, i Info) syscall.Errno {
	if !p.Has(id) {
		return syscall.ESRCH
	}
	return p.check(id, i)
}

func (p *Process) check(to guest.TaskID, i Info) syscall.Errno {
	switch {
	case i.Number > Max:
		return syscall.EINVAL
	case len(p.threads) == 0:
		return syscall.ESRCH
	case i.Number == 0 || p.passes(p.target(to), i.Number):
		return 0
	}
	return p.add(to, i)
}

// target returns the thread that a signal is meant for, the first if for the process.
func (p *Process) target(to guest.TaskID) *thread {
	if to == 0 {
		return &p.threads[0]
	}
	return p.thread(to)
}

// passes does what a signal does by being sent, and reports whether that is all: it is
// ignored, or too late. What is blocked is not ignored: the action may have changed by
// the time it is let through.
func (p *Process) passes(t *thread, n Number) bool {
	if p.dying != 0 {
		return true
	}
	switch {
	case stopSet.Has(n):
		p.drop(SIGCONT.bit())
	case n == SIGCONT:
		p.drop(stopSet)
		p.stopped = false
		for i := range p.threads {
			p.recalc(&p.threads[i])
		}
	}
	return !(t.mask | t.waits).Has(n) && p.ignores(n)
}

// add makes a signal pending and notifies who is to take it.
func (p *Process) add(to guest.TaskID, i Info) syscall.Errno {
	n, set := i.Number, p.set(to)
	switch {
	case n < RTMin && set.Has(n) && i.timer == 0: // timers have an entry each
		return 0
	case n < RTMin || i.timer != 0 || p.queuedRT() < MaxQueued:
		p.queue = append(p.queue, queued{to, i})
	case i.Code != CodeUser:
		return syscall.EAGAIN
	}
	// From here a signal of kill for which there was no room is pending without its Info.
	*set |= n.bit()
	p.notify(to, n)
	return 0
}

// set returns the pending set of a thread, or of the process.
func (p *Process) set(to guest.TaskID) *Set {
	if to == 0 {
		return &p.pending
	}
	return &p.thread(to).pending
}

func (p *Process) queuedRT() int {
	c := 0
	for i := range p.queue {
		if p.queue[i].info.Number >= RTMin {
			c++
		}
	}
	return c
}

// notify picks the thread that is to take n. If all are busy with others or block it, it
// stays pending until one looks. What is sure to kill, kills now.
func (p *Process) notify(to guest.TaskID, n Number) {
	t := p.target(to)
	if !p.wants(t, n) {
		if to != 0 {
			return
		}
		if t = p.choose(n); t == nil {
			return
		}
	}
	t.notified = true
	fatal := p.actions[n].Handler == HandlerDefault && n.Default() == Terminate
	if fatal && (n == SIGKILL || !t.waits.Has(n)) {
		p.die(n)
	}
}

// choose picks a thread for a signal to the process, in turn.
func (p *Process) choose(n Number) *thread {
	start, _ := p.search(p.cursor)
	for i := range p.threads {
		t := &p.threads[(start+i)%len(p.threads)]
		if p.wants(t, n) {
			p.cursor = t.id
			return t
		}
	}
	return nil
}

// wants reports whether t can be given n at once.
func (p *Process) wants(t *thread, n Number) bool {
	return !t.mask.Has(n) && (n == SIGKILL || !p.stopped && !t.notified)
}

// die has the process killed by n: every thread is to find out.
func (p *Process) die(n Number) {
	p.dying = n
	for i := range p.threads {
		p.threads[i].notified = true
	}
}

// drop removes what is pending of the signals in s, everywhere.
func (p *Process) drop(s Set) {
	p.pending &^= s
	for i := range p.threads {
		p.threads[i].pending &^= s
	}
	p.queue = slices.DeleteFunc(p.queue, func(q queued) bool { return s.Has(q.info.Number) })
}

// Force sends what a thread has caused itself and cannot go on from, as a fault. If it
// blocks or ignores that, the process is killed.
func (p *Process) Force(id guest.TaskID, i Info) {
	t, n := p.thread(id), i.Number
	if a := &p.actions[n]; t.mask.Has(n) || a.Handler == HandlerIgnore {
		a.Handler = HandlerDefault
	}
	p.setMask(t, t.mask&^n.bit())
	if p.dying == 0 {
		p.add(id, i)
	}
}

// ForceSegv is what comes of a signal whose frame cannot be made or read (n is the
// signal, or 0 for rt_sigreturn): SIGSEGV, which kills if it was that already.
func (p *Process) ForceSegv(id guest.TaskID, n Number) {
	if n == SIGSEGV {
		p.actions[n].Handler = HandlerDefault
	}
	p.Force(id, FromKernel(SIGSEGV))
}

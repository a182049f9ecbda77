package signal

import (
	"math/bits"
	"slices"

	"patchlab/guest"
)

// Do says what becomes of a thread that takes a signal.
type Do uint8

// What becomes of a thread.
const (
	Handle Do = iota // its handler is to run
	Kill             // the process is killed
	Halt             // the process is stopped until SIGCONT
)

// Delivery is a signal on its way to a thread.
type Delivery struct {
	Do     Do
	Core   bool // Kill: a core file would be left
	Info   Info
	Action Action
	// Mask is what the thread blocks again when the handler has returned.
	Mask Set
}

// Next takes the next signal for a thread that is about to go on in user mode, until
// there is none. Without one a mask that is in force for one call only ends here.
func (p *Process) Next(id guest.TaskID, now guest.Time) (Delivery, bool) {
	t := p.thread(id)
	for {
		if p.dying != 0 {
			return Delivery{Do: Kill, Core: p.dying.Default() == Core, Info: Info{Number: p.dying}}, true
		}
		if !t.notified || p.stopped {
			if t.restores && !p.stopped {
				p.Unsuspend(id)
				continue
			}
			return Delivery{}, false
		}
		i, ok := p.takeFault(t, now)
		if !ok {
			i, ok = p.take(t, ^t.mask, now)
		}
		p.recalc(t)
		if ok {
			if d, ok := p.act(t, i); ok {
				return d, true
			}
		}
	}
}

// act says what a signal does that was taken, and reports whether it does anything.
func (p *Process) act(t *thread, i Info) (Delivery, bool) {
	n := i.Number
	if p.ignores(n) {
		return Delivery{}, false
	}
	a := &p.actions[n]
	d := Delivery{Info: i, Action: *a, Mask: t.mask}
	if t.restores {
		d.Mask = t.saved
	}
	switch {
	case a.Handler != HandlerDefault:
		if a.Flags&SA_RESETHAND != 0 {
			a.Handler = HandlerDefault
		}
	case n.Default() == Stop:
		d.Do = Halt
		p.stopped = true
	default:
		d.Do, d.Core = Kill, n.Default() == Core
		p.die(n)
	}
	return d, true
}

// Entered tells that the handler for d is about to run: its frame is on the stack.
func (p *Process) Entered(id guest.TaskID, d *Delivery) {
	t := p.thread(id)
	t.restores = false
	s := t.mask | d.Action.Mask
	if d.Action.Flags&SA_NODEFER == 0 {
		s |= d.Info.Number.bit()
	}
	if t.stack.Flags&SS_AUTODISARM != 0 {
		t.stack = AltStack{Flags: SS_DISABLE}
	}
	p.setMask(t, s)
}

// Resume ends a handler: rt_sigreturn has read c from its frame.
func (p *Process) Resume(id guest.TaskID, c *Context) {
	t := p.thread(id)
	p.setMask(t, c.Mask)
	// As in the kernel, a stack that cannot be set stays what it is.
	_ = p.SetStack(id, c.Stack, guest.Addr(c.Regs.GPR[guest.RSP]))
}

// Take takes a pending signal of the set s from a thread's or from the process's, as
// rt_sigtimedwait does, blocked or not.
func (p *Process) Take(id guest.TaskID, s Set, now guest.Time) (Info, bool) {
	t := p.thread(id)
	i, ok := p.take(t, s&^unblockable, now)
	p.recalc(t)
	return i, ok
}

// take removes the first signal of s that is pending for t: of its own first, what a
// fault can cause before others, then by number.
func (p *Process) take(t *thread, s Set, now guest.Time) (Info, bool) {
	for _, to := range [...]guest.TaskID{t.id, 0} {
		x := *p.set(to) & s
		if x&faultSet != 0 {
			x &= faultSet
		}
		if x != 0 {
			n := Number(bits.TrailingZeros64(uint64(x)) + 1)
			return p.dequeue(to, n, now), true
		}
	}
	return Info{}, false
}

// takeFault removes the signal that a fault of t has caused, if it is pending.
func (p *Process) takeFault(t *thread, now guest.Time) (Info, bool) {
	for i := range p.queue {
		q := &p.queue[i]
		if n := q.info.Number; q.to == t.id && q.info.Code > CodeUser && (faultSet &^ t.mask).Has(n) {
			return p.dequeue(t.id, n, now), true
		}
	}
	return Info{}, false
}

// dequeue removes the oldest n that is pending for a thread or for the process, and has
// the timer go on that sent it.
func (p *Process) dequeue(to guest.TaskID, n Number, now guest.Time) Info {
	is := func(q queued) bool { return q.to == to && q.info.Number == n }
	info := Info{Number: n, Code: CodeUser} // for one whose information was lost
	if i := slices.IndexFunc(p.queue, is); i >= 0 {
		info = p.queue[i].info
		p.queue = slices.Delete(p.queue, i, i+1)
	}
	if !slices.ContainsFunc(p.queue, is) {
		*p.set(to) &^= n.bit()
	}
	if to == 0 && n == SIGALRM {
		p.rewind(now)
	}
	if info.timer != 0 {
		p.rearm(&info, now)
	}
	return info
}

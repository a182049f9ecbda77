package signal

import "patchlab/guest"

// Suspend has a thread block s for the length of one call: rt_sigsuspend, ppoll, pselect,
// epoll_pwait. The mask that it replaces is the one that a handler returns to, and comes
// back in [Process.Next] or with [Process.Unsuspend].
func (p *Process) Suspend(id guest.TaskID, s Set) {
	t := p.thread(id)
	t.saved, t.restores = t.mask, true
	p.setMask(t, s)
}

// Unsuspend ends the mask of [Process.Suspend], if it is in force: the call has ended and
// was not interrupted.
func (p *Process) Unsuspend(id guest.TaskID) {
	if t := p.thread(id); t.restores {
		t.restores = false
		p.setMask(t, t.saved)
	}
}

// Await begins the sleep of rt_sigtimedwait, after [Process.Take] has found nothing: the
// signals in s wake the thread, although it blocks them.
func (p *Process) Await(id guest.TaskID, s Set) {
	t := p.thread(id)
	t.waits, t.awaits = t.mask, true
	p.setMask(t, t.mask&^s)
}

// Awaited ends the sleep. What came is for [Process.Take]; if that finds nothing, the
// call has timed out (EAGAIN) or was interrupted (EINTR).
func (p *Process) Awaited(id guest.TaskID) {
	if t := p.thread(id); t.awaits {
		s := t.waits
		t.waits, t.awaits = 0, false
		p.setMask(t, s)
	}
}

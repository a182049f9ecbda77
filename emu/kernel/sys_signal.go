package kernel

import (
	"patchlab/emu/vfs"
	"patchlab/guest"
)

// Signals (include/uapi/asm-generic/signal.h).
const (
	numSignals = 64

	sigIll, sigTrap, sigAbrt, sigBus, sigFpe, sigKill, sigSegv = 4, 5, 6, 7, 8, 9, 11
	sigAlrm                                                    = 14
	sigPipe, sigChld, sigCont, sigStop, sigUrg, sigWinch       = 13, 17, 18, 19, 23, 28
)

// action is what a process wants done with a signal: struct kernel_sigaction.
type action struct {
	handler  uint64
	flags    uint64
	restorer guest.Addr
	mask     uint64
}

const (
	handlerDefault, handlerIgnore = 0, 1

	unblockable = 1<<(sigKill-1) | 1<<(sigStop-1)
)

func (k *Kernel) rtSigaction(c *Call) Result {
	sig := c.int(0)
	if sig < 1 || sig > numSignals || c.Args[3] != 8 {
		return fail(vfs.EINVAL)
	}
	old := k.actions[sig]
	if c.Args[1] != 0 {
		w, ok := k.inWords(c.addr(1), 4)
		switch {
		case !ok:
			return fail(efault)
		case sig == sigKill || sig == sigStop:
			return fail(vfs.EINVAL)
		}
		k.actions[sig] = action{handler: w[0], flags: w[1], restorer: guest.Addr(w[2]), mask: w[3] &^ unblockable}
	}
	if c.Args[2] != 0 && !k.outWords(c.addr(2), old.handler, old.flags, uint64(old.restorer), old.mask) {
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) rtSigprocmask(c *Call) Result {
	const block, unblock, set = 0, 1, 2
	if c.Args[3] != 8 {
		return fail(vfs.EINVAL)
	}
	t := k.thread(c.Task)
	old := t.mask
	if c.Args[1] != 0 {
		w, ok := k.inWords(c.addr(1), 1)
		if !ok {
			return fail(efault)
		}
		switch c.int(0) {
		case block:
			t.mask |= w[0]
		case unblock:
			t.mask &^= w[0]
		case set:
			t.mask = w[0]
		default:
			return fail(vfs.EINVAL)
		}
		t.mask &^= unblockable
	}
	if c.Args[2] != 0 && !k.outWords(c.addr(2), old) {
		return fail(efault)
	}
	return done(0)
}

func (k *Kernel) rtSigpending(c *Call) Result {
	t := k.thread(c.Task)
	if !k.outWords(c.addr(0), (t.pending|k.pending)&t.mask) {
		return fail(efault)
	}
	return done(0)
}

// rtSigsuspend waits for a signal with another mask. The old one comes back when the
// signal's handler returns.
func (k *Kernel) rtSigsuspend(c *Call) Result {
	w, ok := k.inWords(c.addr(0), 1)
	switch {
	case !ok:
		return fail(efault)
	case c.Args[1] != 8:
		return fail(vfs.EINVAL)
	}
	t := k.thread(c.Task)
	t.suspended, t.saved, t.mask = true, t.mask, w[0]&^unblockable
	return k.pause(c)
}

func (k *Kernel) pause(c *Call) Result {
	t := k.thread(c.Task)
	if k.deliverable(t) != 0 {
		return fail(eintr)
	}
	t.wait = waitSignal
	return Result{Value: fail(eintr).Value, Then: Block}
}

// Flags of an alternate stack.
const (
	onStack, noStack = 1, 2
	minStack         = 2048
)

func (k *Kernel) sigaltstack(c *Call) Result {
	t := k.thread(c.Task)
	r := k.host.Registers(c.Task)
	on := t.onAltStack(r.SP())
	flags := uint64(0)
	switch {
	case t.altStack.Size() == 0:
		flags = noStack
	case on:
		flags = onStack
	}
	old := t.altStack
	if c.Args[0] != 0 {
		w, ok := k.inWords(c.addr(0), 3)
		switch {
		case !ok:
			return fail(efault)
		case on:
			return fail(vfs.EPERM)
		case uint32(w[1])&noStack != 0:
			t.altStack = guest.Range{}
		case uint32(w[1])&^onStack != 0:
			return fail(vfs.EINVAL)
		case w[2] < minStack:
			return fail(vfs.ENOMEM)
		default:
			t.altStack = guest.RangeOf(guest.Addr(w[0]), w[2])
		}
	}
	if c.Args[1] != 0 && !k.outWords(c.addr(1), uint64(old.Start), flags, old.Size()) {
		return fail(efault)
	}
	return done(0)
}

// onAltStack reports whether a stack pointer is on a thread's alternate stack.
func (t *thread) onAltStack(sp guest.Addr) bool { return sp > t.altStack.Start && sp <= t.altStack.End }

func (k *Kernel) kill(c *Call) Result {
	if who := c.int(0); who != pid && who != 0 && who != -pid && who != -1 {
		return fail(esrch)
	}
	sig := c.int(1)
	if sig < 0 || sig > numSignals {
		return fail(vfs.EINVAL)
	}
	if sig != 0 {
		k.raiseProcess(sig, codeUser, c.Task)
	}
	return k.sent()
}

func (k *Kernel) tgkill(c *Call) Result { return k.killThread(c.int(1), c.int(2)) }
func (k *Kernel) tkill(c *Call) Result  { return k.killThread(c.int(0), c.int(1)) }

func (k *Kernel) killThread(n, sig int) Result {
	id, ok := k.taskOf(n)
	switch {
	case !ok || !k.thread(id).alive:
		return fail(esrch)
	case sig < 0 || sig > numSignals:
		return fail(vfs.EINVAL)
	case sig != 0:
		k.raise(id, sig, codeThread)
	}
	return k.sent()
}

// sent is the result of sending a signal, which may have ended the process.
func (k *Kernel) sent() Result {
	if k.ended {
		return Result{Then: End}
	}
	return done(0)
}

package kernel

import (
	"patchlab/emu/cpu"
	"patchlab/emu/vfs"
	"patchlab/guest"
)

// Signals (include/uapi/asm-generic/signal.h).
const (
	numSignals = 64

	sigIll, sigTrap, sigAbrt, sigBus, sigFpe, sigKill, sigSegv = 4, 5, 6, 7, 8, 9, 11
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

func (k *Kernel) kill(c *Call) Result {
	if who := c.int(0); who != pid && who != 0 && who != -pid {
		return fail(esrch)
	}
	return k.send(c, c.Task, c.int(1))
}

func (k *Kernel) tgkill(c *Call) Result { return k.killThread(c, c.int(1), c.int(2)) }
func (k *Kernel) tkill(c *Call) Result  { return k.killThread(c, c.int(0), c.int(1)) }

func (k *Kernel) killThread(c *Call, n, sig int) Result {
	id, ok := k.taskOf(n)
	if !ok {
		return fail(esrch)
	}
	return k.send(c, id, sig)
}

// send sends a signal to a thread, 0 to none.
func (k *Kernel) send(_ *Call, id guest.TaskID, sig int) Result {
	if sig < 0 || sig > numSignals {
		return fail(vfs.EINVAL)
	}
	if sig != 0 {
		k.raise(id, sig)
	}
	if k.ended {
		return Result{Then: End}
	}
	return done(0)
}

// raise makes a signal pending for a thread, or ends the process.
func (k *Kernel) raise(id guest.TaskID, sig int) {
	a := &k.actions[sig]
	bit := uint64(1) << (sig - 1)
	switch {
	case a.handler == handlerIgnore, a.handler == handlerDefault && ignoredByDefault(sig):
	case k.thread(id).mask&bit != 0 || a.handler != handlerDefault:
		k.thread(id).pending |= bit
	default:
		k.ended, k.killed, k.status = true, sig, 128+sig
	}
}

// ignoredByDefault tells the signals that nothing happens for. Stopping and going on is
// nothing here.
func ignoredByDefault(sig int) bool {
	return sig == sigChld || sig == sigUrg || sig == sigWinch || sig >= sigCont && sig <= 22
}

// Signalled ends the process by a signal that a thread has caused by what it executed,
// unless the process wants it; then it says so.
func (k *Kernel) Signalled(id guest.TaskID, sig int) {
	k.ended, k.killed, k.status = true, sig, 128+sig
}

// SignalOf returns the signal that a thread gets for what it has executed.
func SignalOf(f cpu.FaultInfo) int {
	switch f.Kind {
	case cpu.Illegal:
		return sigIll
	case cpu.Exception:
		switch f.Vector {
		case 0, 16, 19: // #DE, #MF, #XM
			return sigFpe
		case 1, 3: // #DB, #BP
			return sigTrap
		case 6: // #UD
			return sigIll
		case 17: // #AC
			return sigBus
		}
	}
	return sigSegv
}

package kernel

import (
	"math/bits"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// What siginfo says of where a signal comes from.
const (
	codeUser   = 0    // kill
	codeThread = -6   // tgkill
	codeKernel = 0x80 // the kernel
)

// raise makes a signal pending for a thread, unless nobody wants it; or it ends the process.
func (k *Kernel) raise(id guest.TaskID, sig int, code int32) {
	t := k.thread(id)
	if k.discards(t.mask, sig) {
		return
	}
	t.pending |= 1 << (sig - 1)
	t.codes[sig] = code
	k.notify(id)
}

// raiseProcess makes a signal pending for any thread, first of all for the given one.
func (k *Kernel) raiseProcess(sig int, code int32, first guest.TaskID) {
	bit := uint64(1) << (sig - 1)
	for i := -1; i < len(k.threads); i++ {
		id := guest.TaskID(i + 1)
		if i < 0 {
			id = first
		}
		if id > 0 && k.thread(id).alive && k.thread(id).mask&bit == 0 {
			k.raise(id, sig, code)
			return
		}
	}
	if !k.discards(^uint64(0), sig) {
		k.pending |= bit
	}
}

// discards reports whether nothing is to be done for a signal.
func (k *Kernel) discards(mask uint64, sig int) bool {
	h := k.actions[sig].handler
	return mask&(1<<(sig-1)) == 0 && (h == handlerIgnore || h == handlerDefault && ignoredByDefault(sig))
}

// ignoredByDefault tells the signals that nothing happens for. Stopping and going on is
// nothing here.
func ignoredByDefault(sig int) bool {
	return sig == sigChld || sig == sigUrg || sig == sigWinch || sig >= sigCont && sig <= 22
}

// deliverable returns the signals that a thread can take.
func (k *Kernel) deliverable(t *thread) uint64 { return (t.pending | k.pending) &^ t.mask }

// notify ends the process, or the wait of a thread, for a signal that it can take.
func (k *Kernel) notify(id guest.TaskID) {
	t := k.thread(id)
	ready := k.deliverable(t)
	if ready == 0 {
		return
	}
	sig := bits.TrailingZeros64(ready) + 1
	if k.actions[sig].handler == handlerDefault {
		k.die(sig)
		return
	}
	k.interrupt(id, k.actions[sig].flags&saRestart != 0)
}

// die ends the process by a signal.
func (k *Kernel) die(sig int) { k.ended, k.killed, k.status = true, sig, 128+sig }

// interrupt ends the wait of a thread: its call is made again after the signal's handler,
// or has failed.
func (k *Kernel) interrupt(id guest.TaskID, restart bool) {
	t := k.thread(id)
	was := t.wait
	t.wait = waitNot
	r := k.host.Registers(id)
	switch {
	case was == waitNot:
		return
	case was == waitChannel && (!restart || t.deadline != 0):
		// It stands before the call, to make it again.
		t.deadline = 0
		v := fail(eintr).Value
		if t.moved > 0 {
			v, t.moved = t.moved, 0
		}
		r.RIP += syscallSize
		r.GPR[guest.RAX] = v
		k.host.SetRegisters(id, &r)
		k.host.Wake(id, 0, true)
	case was == waitFutex && restart && !t.timed:
		r.RIP -= syscallSize
		r.GPR[guest.RAX] = nrFutex
		k.host.SetRegisters(id, &r)
		k.host.Wake(id, 0, true)
	default:
		k.host.Wake(id, fail(eintr).Value, was == waitChannel)
	}
}

const (
	syscallSize = 2 // the length of the instruction, in bytes
	nrFutex     = 202
)

// Deliver has a thread that is about to run begin the handlers of the signals that it can
// take. It returns true when the process has ended.
func (k *Kernel) Deliver(id guest.TaskID) (ended bool) {
	t := k.thread(id)
	for {
		ready := k.deliverable(t)
		if ready == 0 {
			return false
		}
		sig := bits.TrailingZeros64(ready) + 1
		bit := uint64(1) << (sig - 1)
		info := sigInfo{code: t.codes[sig]}
		t.pending &^= bit
		k.pending &^= bit
		switch a := &k.actions[sig]; {
		case a.handler == handlerIgnore, a.handler == handlerDefault && ignoredByDefault(sig):
		case a.handler == handlerDefault || !k.enterHandler(id, sig, info):
			k.die(sig)
			return true
		}
	}
}

// Fault has a thread take the signal for what it has executed. It returns false when that
// ends the process.
func (k *Kernel) Fault(id guest.TaskID, f cpu.FaultInfo) (goesOn bool) {
	t, sig := k.thread(id), SignalOf(f)
	a := &k.actions[sig]
	if a.handler == handlerDefault || a.handler == handlerIgnore || t.mask&(1<<(sig-1)) != 0 ||
		!k.enterHandler(id, sig, infoOf(id, k, f)) {
		k.die(sig)
		return false
	}
	return true
}

// infoOf tells what siginfo says of a fault.
func infoOf(id guest.TaskID, k *Kernel, f cpu.FaultInfo) sigInfo {
	pc := k.host.Registers(id).RIP
	info := sigInfo{code: codeKernel, fault: true, addr: pc}
	switch f.Kind {
	case cpu.ReadFault, cpu.WriteFault, cpu.FetchFault:
		info.code, info.addr, info.trap = 1, f.Addr, 14 // SEGV_MAPERR
		if f.Mapped {
			info.code = 2 // SEGV_ACCERR
		}
		if f.Kind == cpu.WriteFault {
			info.err = 2
		}
	case cpu.Illegal:
		info.code, info.trap = 2, 6 // ILL_ILLOPN
	case cpu.Exception:
		info.code, info.trap = 1, uint64(f.Vector) // FPE_INTDIV, TRAP_BRKPT
	}
	return info
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

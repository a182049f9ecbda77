package signal

import (
	"encoding/binary"
	"syscall"

	"patchlab/guest"
)

// Values of Action.Handler that are no address.
const (
	HandlerDefault guest.Addr = 0
	HandlerIgnore  guest.Addr = 1
)

// Flags of an action.
const (
	SA_NOCLDSTOP uint64 = 0x1
	SA_NOCLDWAIT uint64 = 0x2
	SA_SIGINFO   uint64 = 0x4
	SA_RESTORER  uint64 = 0x04000000
	SA_ONSTACK   uint64 = 0x08000000
	SA_RESTART   uint64 = 0x10000000
	SA_NODEFER   uint64 = 0x40000000
	SA_RESETHAND uint64 = 0x80000000

	knownFlags = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND | 0x800 // SA_EXPOSE_TAGBITS
)

// Action is what a process wants done about a signal.
type Action struct {
	Handler  guest.Addr
	Flags    uint64
	Restorer guest.Addr
	Mask     Set // blocked while the handler runs
}

// ActionSize is the size of the kernel's struct sigaction in bytes.
const ActionSize = 32

// Encode returns the bytes of the kernel's struct sigaction.
func (a *Action) Encode() (b [ActionSize]byte) {
	for i, w := range [...]uint64{uint64(a.Handler), a.Flags, uint64(a.Restorer), uint64(a.Mask)} {
		binary.LittleEndian.PutUint64(b[8*i:], w)
	}
	return b
}

// DecodeAction reads the kernel's struct sigaction.
func DecodeAction(b *[ActionSize]byte) Action {
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	return Action{guest.Addr(word(0)), word(1), guest.Addr(word(2)), Set(word(3))}
}

// Action returns the action for n.
func (p *Process) Action(n Number) (Action, syscall.Errno) {
	if n < 1 || n > Max {
		return Action{}, syscall.EINVAL
	}
	return p.actions[n], 0
}

// SetAction sets the action for n. A signal that is ignored from now on is not pending
// any more.
func (p *Process) SetAction(n Number, a Action) syscall.Errno {
	if n < 1 || n > Max || unblockable.Has(n) {
		return syscall.EINVAL
	}
	a.Flags &= knownFlags
	a.Mask &^= unblockable
	p.actions[n] = a
	if p.ignores(n) {
		p.drop(n.bit())
	} else {
		p.wakeTimers(n)
	}
	return 0
}

// ignores reports whether the action for n is to do nothing.
func (p *Process) ignores(n Number) bool {
	switch p.actions[n].Handler {
	case HandlerDefault:
		d := n.Default()
		return d == Ignore || d == Continue
	case HandlerIgnore:
		return true
	}
	return false
}

package signal

import (
	"syscall"

	"patchlab/guest"
)

// Flags of an alternate stack.
const (
	SS_ONSTACK    uint32 = 1
	SS_DISABLE    uint32 = 2
	SS_AUTODISARM uint32 = 1 << 31
)

// minStack is the least size of an alternate stack (MINSIGSTKSZ).
const minStack = 2048

// AltStack is an alternate signal stack (stack_t). With size 0 there is none.
type AltStack struct {
	Base  guest.Addr
	Flags uint32
	Size  uint64
}

// holds reports whether sp lies on s.
func (s AltStack) holds(sp guest.Addr) bool { return sp > s.Base && uint64(sp-s.Base) <= s.Size }

// busy reports whether a thread with this stack pointer runs on s. One that is disarmed
// while it is used counts as never busy.
func (s AltStack) busy(sp guest.Addr) bool { return s.Flags&SS_AUTODISARM == 0 && s.holds(sp) }

// Stack returns a thread's alternate stack as sigaltstack tells it, given its stack pointer.
func (p *Process) Stack(id guest.TaskID, sp guest.Addr) AltStack {
	s := p.thread(id).stack
	flags := s.Flags & SS_AUTODISARM
	switch {
	case s.Size == 0:
		flags |= SS_DISABLE
	case s.busy(sp):
		flags |= SS_ONSTACK
	}
	s.Flags = flags
	return s
}

// SetStack sets a thread's alternate stack, given its stack pointer.
func (p *Process) SetStack(id guest.TaskID, s AltStack, sp guest.Addr) syscall.Errno {
	t := p.thread(id)
	if t.stack.busy(sp) {
		return syscall.EPERM
	}
	switch s.Flags &^ SS_AUTODISARM {
	case SS_DISABLE:
		s.Base, s.Size = 0, 0
	case 0, SS_ONSTACK:
		if s.Size < minStack {
			return syscall.ENOMEM
		}
	default:
		return syscall.EINVAL
	}
	t.stack = s
	return 0
}

package emu

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// Patcher is what the machine asks of whoever redirects functions and keeps
// per-task state. Its methods are called on the machine's goroutine and must not
// step the machine.
type Patcher interface {
	// Route chooses the body for the function whose site returns to ip, for a task
	// that takes the handler whole: 0 means the original. The answer is used again until
	// a variable is written that was read for it, unless once is true. ok is false when
	// ip belongs to no site.
	Route(task guest.TaskID, ip guest.ReturnAddr) (body guest.Addr, once, ok bool)
	// Handler returns the handler's table and its first local for that site, for a
	// task that takes it in steps. The table's result is the body, 0 for the
	// original; it redirects by [Machine.SetIP].
	Handler(ip guest.ReturnAddr) (table protocol.TableID, site uint64, ok bool)
	// Exit returns the table that a task runs before it returns to user mode;
	// pending is false when there is nothing to do.
	Exit(task guest.TaskID) (table protocol.TableID, pending bool)
	// Resched returns the table that a task runs in cond_resched; active is false
	// when there is nothing to do.
	Resched() (table protocol.TableID, active bool)
	// Fork returns the table that a task runs to make a copy of itself by
	// [Machine.Fork] and [Machine.WakeNew]; its result is the answer of pl_fork.
	Fork() protocol.TableID
	// ForkLock returns the lock that whoever makes a thread of a process must find free, and
	// whether it is taken.
	ForkLock() (lock protocol.Var, taken bool)
	// CPUAdded tells of the machine's next CPU; they are numbered from 0.
	CPUAdded()
	// IdlePending reports whether the idle task of a CPU has to run IdlePass, which it
	// does at the end of a pass through its loop.
	IdlePending(guest.CPUID) bool
	IdlePass(guest.CPUID)
	// PatchState returns the task's patch state, for the guest to look at.
	PatchState(task guest.TaskID) int
	// Born and Gone tell that a task comes and goes; parent is the task that it is a
	// copy of, 0 when it was there from the start.
	Born(task, parent guest.TaskID) error
	Gone(task guest.TaskID) error
}

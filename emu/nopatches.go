package emu

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// NoPatches is the [Patcher] of a machine without patch sites.
type NoPatches struct{}

// Route knows no site.
func (NoPatches) Route(guest.TaskID, guest.ReturnAddr) (body guest.Addr, once, ok bool) {
	return 0, false, false
}

// Handler knows no site.
func (NoPatches) Handler(guest.ReturnAddr) (protocol.TableID, uint64, bool) { return 0, 0, false }

// Exit has nothing pending.
func (NoPatches) Exit(guest.TaskID) (protocol.TableID, bool) { return 0, false }

// Resched has nothing to do.
func (NoPatches) Resched() (protocol.TableID, bool) { return 0, false }

// PatchState is that of a task in no transition.
func (NoPatches) PatchState(guest.TaskID) int { return -1 }

// Fork is never asked for.
func (NoPatches) Fork() protocol.TableID { panic("BUG: nobody was asked for a fork") }

// ForkLock is never taken.
func (NoPatches) ForkLock() (protocol.Var, bool) { return 0, false }

// CPUAdded keeps nothing of CPUs.
func (NoPatches) CPUAdded() {}

// IdlePending has nothing pending.
func (NoPatches) IdlePending(guest.CPUID) bool { return false }

// IdlePass is never asked for.
func (NoPatches) IdlePass(guest.CPUID) { panic("BUG: nothing is pending") }

// Born keeps nothing of tasks.
func (NoPatches) Born(_, _ guest.TaskID) error { return nil }

// Gone keeps nothing of tasks.
func (NoPatches) Gone(guest.TaskID) error { return nil }

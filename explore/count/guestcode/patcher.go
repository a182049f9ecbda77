package guestcode

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// noPatches is the patcher of a machine without patch sites.
type noPatches struct{}

// Route knows no site.
func (noPatches) Route(guest.TaskID, guest.ReturnAddr) (body guest.Addr, once, ok bool) {
	return 0, false, false
}

// Handler knows no site.
func (noPatches) Handler(guest.ReturnAddr) (protocol.TableID, uint64, bool) { return 0, 0, false }

// Exit has nothing pending.
func (noPatches) Exit(guest.TaskID) (protocol.TableID, bool) { return 0, false }

// Resched has nothing to do.
func (noPatches) Resched() (protocol.TableID, bool) { return 0, false }

// PatchState is that of a task in no transition.
func (noPatches) PatchState(guest.TaskID) int { return -1 }

// Fork is never asked for.
func (noPatches) Fork() protocol.TableID { panic("BUG: a step program forks") }

// CPUAdded keeps nothing of CPUs.
func (noPatches) CPUAdded() {}

// IdlePending has nothing pending.
func (noPatches) IdlePending(guest.CPUID) bool { return false }

// IdlePass is never asked for.
func (noPatches) IdlePass(guest.CPUID) { panic("BUG: nothing is pending") }

// Born keeps nothing of tasks.
func (noPatches) Born(_, _ guest.TaskID) error { return nil }

// Gone keeps nothing of tasks.
func (noPatches) Gone(guest.TaskID) error { return nil }

package emu

import "patchlab/guest"

// The address map. All of it lies below 2 GiB, so that a call or an absolute 32-bit
// operand reaches everything. Addresses are handed out upwards and never reused
// within a run.
const (
	UserBase    guest.Addr = 0x08000000 // program, user part; the kernel part lies below
	ModuleBase  guest.Addr = 0x10000000 // modules, each at the next 64 KiB boundary
	ArenaBase   guest.Addr = 0x20000000 // stub and shim
	besideStack guest.Addr = 0x28000000 // kernel stacks beside a process, whose memory begins behind
	KernelStack guest.Addr = 0x30000000 // kernel stacks, an unmapped page before each
	UserStack   guest.Addr = 0x40000000 // user stacks, likewise
	Until       guest.Addr = 0x7ffff000 // where calls from the machine return to; never mapped

	ModuleAlign     = 0x10000
	kernelStackSize = 2 * guest.PageSize
	userStackSize   = 4 * guest.PageSize
)

// kernelStack returns the kernel stack of a task, and userStack its user stack.
func kernelStack(id guest.TaskID) guest.Range {
	return stackAt(KernelStack, kernelStackSize, id)
}

func userStack(id guest.TaskID) guest.Range { return stackAt(UserStack, userStackSize, id) }

// besideProcess returns the kernel stack of a task that is not of the process, among what
// the process cannot map.
func besideProcess(id guest.TaskID) guest.Range {
	return stackAt(besideStack, kernelStackSize, id)
}

func stackAt(base guest.Addr, size uint64, id guest.TaskID) guest.Range {
	slot := size + guest.PageSize
	return guest.RangeOf(base+guest.Addr(uint64(id)*slot)+guest.PageSize, size)
}

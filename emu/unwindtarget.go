package emu

import (
	"patchlab/guest"
	"patchlab/unwind"
)

// UnwindTarget returns a task as an unwinder sees it. A task that was interrupted in
// the kernel shows the register frame that the interrupt has pushed; with
// trustInterrupted it shows the interrupted registers themselves instead. A thread of a
// process is shown on its own stack, in whatever way it has left its CPU.
func (m *Machine) UnwindTarget(id guest.TaskID, trustInterrupted bool) unwind.Target {
	t := m.task(id)
	if m.isThread(t) {
		return unwind.Target{Memory: m.mem, Stack: t.ustack, Top: t.ustack.End, Regs: m.cpu.Registers(&t.ctx)}
	}
	target := unwind.Target{
		Memory: m.mem, Stack: t.kstack, Top: t.top(), Decided: t.decided, InUser: t.stackEmpty(),
	}
	if target.InUser {
		return target
	}
	target.Regs = m.cpu.Registers(&t.ctx)
	switch {
	case t.where == interrupted && !trustInterrupted && t.state != OnCPU:
		target.Regs.GPR[guest.RSP] = uint64(t.frame)
		target.Regs.GPR[guest.RBP] = guest.EncodedFramePointer(t.frame)
		target.Regs.RIP = Until
	case m.behindHook(target.Regs.RIP):
		// In the handler, or rescheduled where it has switched preemption back on:
		// it stands at the hook.
		target.Regs.RIP = m.arena.Hook()
	}
	return target
}

// KernelStack returns where the kernel stack of a task lies.
func (m *Machine) KernelStack(id guest.TaskID) guest.Range { return m.task(id).kstack }

// behindHook reports whether a is the instruction behind the hook, which is where the
// CPU stops for the handler.
func (m *Machine) behindHook(a guest.Addr) bool {
	hook, _ := m.arena.At(m.arena.Hook())
	return a == hook.Addr+guest.Addr(hook.Size)
}

// stackEmpty reports whether no kernel function is on a task's kernel stack: it is in
// user mode, on the way there, or runs protocols only, or has not begun.
func (t *task) stackEmpty() bool {
	return t.exiting || t.mode == guest.UserMode || t.protocolsOnly() || t.thread && !t.started
}

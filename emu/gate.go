package emu

import (
	"fmt"

	"patchlab/guest"
)

// initialFlags are the flags that code starts with: interrupts on, and the bit that
// is always one.
const initialFlags = 0x202

// enterGate takes a task from user mode into the kernel function of a gate. The
// user registers go to the top of its kernel stack; the function is called right
// below, so that its frame is the last one of a stack.
func (m *Machine) enterGate(t *task, fn guest.Addr) error {
	user := m.exit.Regs
	nr := user.GPR[guest.RAX]
	user.GPR[guest.RCX], user.GPR[guest.R11] = uint64(user.RIP), user.RFLAGS
	frame := guest.RegFrame{Regs: user, OrigRAX: nr, Mode: guest.UserMode}
	b := frame.Encode()
	if err := m.mem.WriteAt(t.top(), b[:]); err != nil {
		return err
	}
	sp := t.top() - 8
	if err := guest.WriteU64(m.mem, sp, uint64(Until)); err != nil {
		return err
	}
	k := user
	k.GPR[guest.RCX] = user.GPR[guest.R10] // the fourth argument, as Linux passes it
	k.GPR[guest.RBP], k.GPR[guest.RSP] = 0, uint64(sp)
	k.RIP, k.RFLAGS = fn, initialFlags
	m.cpu.SetRegisters(&t.ctx, &k)
	t.mode = guest.KernelMode
	return nil
}

// returned goes on after guest code came back to where the machine called it from.
func (m *Machine) returned(t *task) (goOn bool, err error) {
	if sp := m.exit.Regs.SP(); sp != t.top() {
		return false, m.wrong(t, fmt.Sprintf("returned from the kernel with the stack pointer at %s instead of %s", sp, t.top()))
	}
	if m.atomic(t.cpu) {
		return false, m.wrong(t, "returned from the kernel with preemption off")
	}
	result := m.exit.Regs.GPR[guest.RAX]
	if t.inGuest {
		t.inGuest = false
		t.act.SetResult(result)
		return false, nil
	}
	if t.thread {
		return false, m.exitTask(t, m.exitCode)
	}
	if t.kernel {
		return false, m.wrong(t, "returned from a kernel task")
	}
	frame, err := guest.ReadRegFrame(m.mem, t.top())
	if err != nil {
		return false, err
	}
	frame.GPR[guest.RAX] = result
	m.cpu.SetRegisters(&t.ctx, &frame.Regs)
	t.exiting = true
	return false, nil
}

// exitGate does what every return to user mode does, in the kernel's order
// (exit_to_user_mode_loop in kernel/entry/common.c): reschedule, patch pending. done
// says that the task is in user mode.
func (m *Machine) exitGate(t *task) (done bool, err error) {
	if m.reschedule(t) {
		return false, m.schedule(t, Runnable)
	}
	if table, pending := m.patcher.Exit(t.id); pending {
		m.prog.Start(&t.act, t.id, table)
		if m.stepped(t) {
			t.then = thenExit
			return false, nil
		}
		m.prog.RunWhole(&t.act)
	}
	m.enterUser(t)
	return true, nil
}

// enterUser ends the exit gate.
func (m *Machine) enterUser(t *task) {
	t.exiting = false
	t.mode = guest.UserMode
	t.tick = m.tick()
	t.passes++
	if m.truth.sink != nil {
		m.truth.sink.ToUser(t.id)
	}
}

package emu

import (
	"encoding/binary"
	"errors"
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
)

// A fork makes a copy of a task in kernel mode, which begins where a system call returns
// to user mode. All tasks share one memory, so the child has a user stack at another
// address: a copy of the parent's, in which pointers into the stack lead to the copy.

// errNoRoom says that no further task can be made.
var errNoRoom = errors.New("no room for another task")

// redZone is how far below its stack pointer user code may keep something, in bytes.
const redZone = 128

// startFork begins the fork of the current task. Its steps are the patcher's; the service
// ends with them.
func (m *Machine) startFork(t *task) error {
	m.setResult(t, 0)
	if m.atomic(t.cpu) {
		return m.wrong(t, "pl_fork with preemption off")
	}
	if t.kernel {
		return m.wrong(t, "pl_fork by a task without user mode")
	}
	m.prog.Start(&t.act, t.id, m.patcher.Fork())
	t.then = thenFork
	return nil
}

// Fork makes a copy of a task that is in a gate. The copy returns to user mode from that
// gate with the result 0, by the exit gate like everybody, once [Machine.WakeNew] lets it
// run. Its name is the parent's with the number of the parent's children behind it. An
// error, when there is no room for another task, changes nothing.
func (m *Machine) Fork(parent guest.TaskID) (guest.TaskID, error) {
	p := m.task(parent)
	if len(m.tasks) == maxTasks || m.config.Directed && m.CPUs() == maxCPUs {
		return 0, errNoRoom
	}
	user, err := guest.ReadRegFrame(m.mem, p.top())
	if err != nil {
		return 0, err
	}
	t, err := m.newTask(m.childName(p), parent)
	if err != nil {
		return 0, err
	}
	if m.config.Directed {
		m.addCPU()
	}
	if err := m.mapStack("user stack of "+t.name, t.ustack, guest.User); err != nil {
		return 0, err
	}
	if err := m.copyUserStack(p, t, user.SP()); err != nil {
		return 0, err
	}
	r := user.Regs
	for i := range r.GPR {
		r.GPR[i] = moved(r.GPR[i], p, t)
	}
	r.GPR[guest.RAX] = 0
	t.ctx.CopyFrom(&p.ctx) // vector registers
	m.cpu.SetRegisters(&t.ctx, &r)
	t.mode, t.where, t.exiting = guest.UserMode, inUser, true
	t.state, t.waits = Asleep, sleepNew
	return t.id, m.patcher.Born(t.id, parent)
}

// WakeNew lets a task that [Machine.Fork] has made run.
func (m *Machine) WakeNew(id guest.TaskID) {
	t := m.task(id)
	if t.state != Asleep || t.waits != sleepNew {
		panic(fmt.Sprintf("BUG: task %d was not born just now", id))
	}
	m.wake(t)
}

// childName names a child of p that is about to be born: "p-1", "p-2" and so on.
func (m *Machine) childName(p *task) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s-%d", p.name, n)
		if _, taken := m.TaskByName(name); !taken {
			return name
		}
	}
}

// copyUserStack copies the user stack of p to t, from the red zone below sp on.
func (m *Machine) copyUserStack(p, t *task, sp guest.Addr) error {
	from := p.ustack
	if sp >= from.Start+redZone && sp <= from.End {
		from.Start = (sp - redZone) &^ 7
	}
	b := make([]byte, from.Size())
	if err := m.mem.ReadAt(from.Start, b); err != nil {
		return err
	}
	le := binary.LittleEndian
	for i := 0; i < len(b); i += 8 {
		le.PutUint64(b[i:], moved(le.Uint64(b[i:]), p, t))
	}
	return m.mem.WriteAt(t.ustack.Start+(from.Start-p.ustack.Start), b)
}

// moved returns a word of p's as t has it: a pointer into the user stack points to the
// same place of the copy.
func moved(word uint64, p, t *task) uint64 {
	if a := guest.Addr(word); a >= p.ustack.Start && a <= p.ustack.End {
		return uint64(a - p.ustack.Start + t.ustack.Start)
	}
	return word
}

// spin lets a task that waits for a variable with preemption off keep its CPU. Where a
// search drives the machine it cannot move until the variable was written.
func (m *Machine) spin(t *task, v protocol.Var) {
	if m.config.Directed {
		t.waits, t.waitVar = sleepVar, v
		m.varWaiters++
	}
}

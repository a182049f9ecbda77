package emu

import (
	"fmt"

	"patchlab/guest"
	"patchlab/testprogs/include"
)

// The errno values that user mode gets, as Linux returns them.
const (
	efault = ^uint64(14) + 1
	einval = ^uint64(22) + 1
	enosys = ^uint64(38) + 1
)

// userSyscall answers a SYSCALL of user mode: a gate, or one of the few Linux calls
// that a kernel-style program's user part may make.
func (m *Machine) userSyscall(t *task) (goOn bool, err error) {
	r := &m.exit.Regs
	nr := r.GPR[guest.RAX]
	if nr >= include.GateFirst && nr <= include.GateLast {
		fn, ok := m.gates[nr]
		if !ok {
			return false, m.wrong(t, fmt.Sprintf("no gate has the number %#x", nr))
		}
		return true, m.enterGate(t, fn)
	}
	arg := r.GPR[guest.RDI]
	t.exiting = true
	switch nr {
	case include.UserWrite:
		return false, m.userWrite(t, guest.Addr(r.GPR[guest.RSI]), r.GPR[guest.RDX])
	case include.UserGettid:
		m.setResult(t, uint64(t.id))
	case include.UserYield:
		m.setResult(t, 0)
		return false, m.schedule(t, Runnable)
	case include.UserNanosleep:
		return false, m.nanosleep(t, guest.Addr(arg))
	case include.UserExit:
		return false, m.exitTask(t, int(int32(arg)))
	default:
		m.setResult(t, enosys)
	}
	return false, nil
}

// userWrite is write(2), to wherever: all output is one.
func (m *Machine) userWrite(t *task, from guest.Addr, n uint64) error {
	if !m.mem.Allows(from, n, guest.Read|guest.User) {
		m.setResult(t, efault)
		return nil
	}
	if err := m.writeFrom(t, from, n); err != nil {
		return m.wrong(t, "write: "+err.Error())
	}
	m.setResult(t, n)
	return nil
}

// nanosleep sleeps for the time in a struct timespec.
func (m *Machine) nanosleep(t *task, at guest.Addr) error {
	if !m.mem.Allows(at, 16, guest.Read|guest.User) {
		m.setResult(t, efault)
		return nil
	}
	sec, err := guest.ReadU64(m.mem, at)
	if err != nil {
		return err
	}
	nsec, err := guest.ReadU64(m.mem, at+8)
	if err != nil {
		return err
	}
	if int64(sec) < 0 || nsec >= uint64(guest.Second) {
		m.setResult(t, einval)
		return nil
	}
	m.setResult(t, 0)
	return m.sleepUntil(t, m.now+guest.Time(min(sec, 1<<32))*guest.Second+guest.Time(nsec))
}

// exitTask ends a task.
func (m *Machine) exitTask(t *task, code int) error {
	t.exiting = false
	m.exitCode = code
	m.dropHold(t.id)
	m.leaveCPU(t, Exited, inUser)
	m.rebuildList()
	return m.patcher.Gone(t.id)
}

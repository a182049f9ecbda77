package emu

import (
	"fmt"

	"patchlab/guest"
	"patchlab/testprogs/include"
)

// setResult gives a system call or service its result, and leaves rcx and r11 as
// SYSCALL does.
func (m *Machine) setResult(t *task, v uint64) {
	r := &m.result
	*r = m.exit.Regs
	r.GPR[guest.RAX] = v
	r.GPR[guest.RCX], r.GPR[guest.R11] = uint64(r.RIP), r.RFLAGS
	m.cpu.SetRegisters(&t.ctx, r)
}

// service answers a SYSCALL of kernel mode.
func (m *Machine) service(t *task) (goOn bool, err error) {
	r := &m.exit.Regs
	nr, arg := r.GPR[guest.RAX], r.GPR[guest.RDI]
	result := uint64(0)
	switch nr {
	case include.ServiceLog:
		s, err := guest.ReadString(m.mem, guest.Addr(arg))
		if err != nil {
			return false, m.wrong(t, "pl_log: "+err.Error())
		}
		m.Log("info", s)
	case include.ServiceOut:
		if err := m.writeFrom(t, guest.Addr(arg), r.GPR[guest.RSI]); err != nil {
			return false, m.wrong(t, "pl_out: "+err.Error())
		}
	case include.ServiceCurrent:
		result = uint64(t.id)
	case include.ServicePatchState:
		result = uint64(int64(m.patcher.PatchState(t.id)))
	case include.ServiceTime:
		result = uint64(m.now)
	case include.ServiceCPU:
		result = uint64(t.cpu)
	case include.ServiceWake:
		result = m.wakeChannel(guest.Addr(arg))
	case include.ServicePreemptDisable:
		m.store.Add(m.preempt[t.cpu], 1)
	default:
		m.setResult(t, 0)
		return m.schedulingService(t, nr, arg)
	}
	m.setResult(t, result)
	return true, nil
}

// schedulingService answers the services in which a task may leave its CPU.
func (m *Machine) schedulingService(t *task, nr, arg uint64) (goOn bool, err error) {
	switch nr {
	case include.ServiceSchedule:
		err = m.schedule(t, Runnable)
	case include.ServiceSleep:
		err = m.sleepUntil(t, m.now+guest.Time(min(arg, 1<<62)))
	case include.ServiceWait:
		err = m.sleepOn(t, guest.Addr(arg))
	case include.ServicePreemptEnable:
		if !m.atomic(t.cpu) {
			return false, m.wrong(t, "preemption switched on that was not off")
		}
		if m.store.Add(m.preempt[t.cpu], ^uint64(0)) == 0 {
			err = m.reschedIfNeeded(t)
		}
	case include.ServiceCondResched:
		return m.condResched(t)
	case include.ServiceFork:
		return false, m.startFork(t)
	default:
		return false, m.wrong(t, fmt.Sprintf("no service has the number %#x", nr))
	}
	return err == nil && t.state == OnCPU, err
}

// condResched is the voluntary scheduling point; while a transition runs, it is also
// one where the task may be switched.
func (m *Machine) condResched(t *task) (goOn bool, err error) {
	if table, active := m.patcher.Resched(); active && !m.atomic(t.cpu) {
		m.prog.Start(&t.act, t.id, table)
		if m.stepped(t) {
			t.then = thenResched
			return false, nil
		}
		m.prog.RunWhole(&t.act)
	}
	if !m.atomic(t.cpu) {
		err = m.reschedIfNeeded(t)
	}
	return err == nil && t.state == OnCPU, err
}

// writeFrom writes guest memory to the program's output.
func (m *Machine) writeFrom(t *task, at guest.Addr, n uint64) error {
	if n > uint64(m.config.MaxOutput) {
		return fmt.Errorf("%d bytes are more than all output may be", n)
	}
	b := make([]byte, n)
	if err := m.mem.ReadAt(at, b); err != nil {
		return err
	}
	m.write(t, string(b))
	return nil
}

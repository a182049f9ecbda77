package emu

import (
	"fmt"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// maxTurn bounds a counted turn, in instructions, so that all its events fit into one
// exit of the CPU: how often the recorder interrupts a run must not show.
const maxTurn = 500

// alone reports whether one task can run and nothing waits for time to pass: then
// instructions need not be counted.
func (m *Machine) alone(t *task) bool {
	if len(m.queue) > 0 || m.timer != noTimer || m.stirred != 0 {
		return false
	}
	for c := range m.config.CPUs {
		if id := m.current[c]; id != 0 && id != t.id {
			return false
		}
	}
	return true
}

// runGuest runs guest code until the turn is over.
func (m *Machine) runGuest(t *task) error {
	if t.ctx.PC == m.jump {
		// It was held there. The cell that the stub jumps through is one for all
		// tasks, and others were in the stub since: enter again.
		t.ctx.PC = m.arena.Entry()
	}
	uncounted := m.config.Directed || m.alone(t) && !(m.isThread(t) && m.inStub(t)) // signals wait for its way out
	left := uint64(cpu.Unlimited)
	if !uncounted {
		left = min(m.config.Policy.Turn(t.cpu), maxTurn)
	}
	for first := true; ; first = false {
		req := cpu.Request{
			Task: t.id, Mode: t.mode, Budget: left, Uncounted: uncounted && !m.counting,
			Stepped: m.stepped(t), Exact: m.exact,
		}
		if err := m.execute(t, req, first); err != nil {
			return err
		}
		if m.exit.Reason == cpu.Inexact {
			return errInexact
		}
		m.account(t, uncounted)
		if !uncounted {
			left -= m.exit.Executed
		}
		goOn, err := m.handleExit(t)
		if err != nil || !goOn || left == 0 || m.turnCut(t, uncounted) {
			return err
		}
		if err := m.limits(); err != nil {
			return err
		}
	}
}

// turnCut reports whether a turn ends with what the guest has just asked for: a directed
// machine shows each such point, and an uncounted turn ends when others can run again.
func (m *Machine) turnCut(t *task, uncounted bool) bool {
	if m.config.Directed {
		return m.exit.Reason != cpu.Full && m.exit.Reason != cpu.Budget
	}
	return uncounted && !m.alone(t)
}

// account books what a run of guest code did. Of an uncounted one, which may be cut
// into any number of runs, only the registers at its end are an event, and only its
// system calls take time.
func (m *Machine) account(t *task, uncounted bool) {
	x := &m.exit
	m.uncounted = uncounted
	m.stats.Turns++
	m.truth.record(m, t, x)
	if t.decided != 0 && !m.inStub(t) {
		t.decided = 0
	}
	if m.counting {
		t.counted += x.Executed
	}
	if uncounted {
		if x.Reason == cpu.Full || x.Reason == cpu.Budget {
			return
		}
		if x.Reason == cpu.Syscall && !m.config.Directed { // there time stands still
			m.now += InstructionTime
		}
	} else {
		m.stats.Instructions += x.Executed
		m.digest.Add(x.Executed)
		m.digest.Add(x.Decisions)
		m.now += guest.Time(x.Executed) * InstructionTime
		t.ran += x.Executed
	}
	m.digest.Add(uint64(x.Reason))
	m.digest.Add(uint64(x.Regs.RIP))
	for _, v := range x.Regs.GPR {
		m.digest.Add(v)
	}
	m.digest.Add(x.Regs.RFLAGS)
	m.digest.Add(x.Vector)
}

// inStub reports whether a task stands in stub or shim.
func (m *Machine) inStub(t *task) bool { return m.arena.Range().Contains(t.ctx.PC) }

// handleExit does what the guest asked for. goOn says that the task's turn goes on.
func (m *Machine) handleExit(t *task) (goOn bool, err error) {
	switch m.exit.Reason {
	case cpu.Budget:
		return m.config.Directed, nil
	case cpu.Full:
		return true, nil
	case cpu.Syscall:
		m.shared = m.shared || !ownCall(t.mode, m.exit.Regs.GPR[guest.RAX])
		switch {
		case m.isThread(t):
			return false, m.processCall(t)
		case t.mode == guest.UserMode:
			return m.userSyscall(t)
		}
		return m.service(t)
	case cpu.Hook:
		return false, m.startHandler(t)
	case cpu.Return:
		return m.returned(t)
	case cpu.Break:
		if m.isStop(t.ctx.PC) {
			return false, nil
		}
		return false, m.holdNow(t)
	case cpu.Interrupted:
		return false, ErrInterrupted
	case cpu.Fault:
		if m.isThread(t) {
			return false, m.processFault(t, m.exit.Fault)
		}
		return false, m.fault(t, m.exit.Fault)
	}
	panic(fmt.Sprintf("BUG: exit reason %d", m.exit.Reason))
}

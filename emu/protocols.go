package emu

import (
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
)

// stepped reports whether a task takes its protocols in steps: the policy wants it,
// or it is to be held at a step. A thread of a process never does, since it may be ended
// at any instant, and would leave behind what its handler holds.
func (m *Machine) stepped(t *task) bool {
	if m.isThread(t) {
		return false
	}
	return m.config.Directed || m.config.Policy.Stepped() || m.heldAtStep(t)
}

// protocolStep runs one step of the protocol that a task is in; where protocols are
// taken whole, a handler or an exit gate is run to its end.
func (m *Machine) protocolStep(t *task) error {
	if held, err := m.holdBeforeStep(t); held || err != nil {
		return err
	}
	f := t.act.Top()
	m.digest.Add(uint64(f.Table)<<16 | uint64(f.Step))
	n := m.prog.Step(&t.act)
	if err := m.obey(t, n); err != nil {
		return err
	}
	if t.act.Active() {
		return nil
	}
	return m.protocolEnded(t)
}

// obey does what a step asked for.
func (m *Machine) obey(t *task, n protocol.Request) error {
	switch n.Op {
	case protocol.OpWait:
		if m.atomic(t.cpu) {
			m.spin(t, n.Var)
			return nil
		}
		return m.sleepFor(t, n.Var)
	case protocol.OpSleep:
		return m.sleepUntil(t, n.Until)
	case protocol.OpYield:
		if len(m.queue) == 0 && !m.config.Directed {
			return nil
		}
		return m.schedule(t, Runnable)
	case protocol.OpGuest:
		return m.callGuest(t, n)
	}
	return nil
}

// protocolEnded goes on with what a task was doing before its protocol.
func (m *Machine) protocolEnded(t *task) error {
	after := t.then
	t.then = thenNothing
	switch after {
	case thenHandler:
		m.truth.decided(m, t, guest.Addr(t.act.LastResult()))
	case thenFork:
		r := m.cpu.Registers(&t.ctx)
		r.GPR[guest.RAX] = t.act.LastResult()
		m.cpu.SetRegisters(&t.ctx, &r)
	case thenResched:
		return m.reschedIfNeeded(t)
	case thenExit:
		if !m.needResched[t.cpu] {
			m.enterUser(t)
		}
	}
	if t.kernel && !t.thread && t.state == OnCPU {
		return m.idle(t)
	}
	return nil
}

// startHandler begins the handler of a task that stands behind the hook.
func (m *Machine) startHandler(t *task) error {
	word, err := guest.ReadU64(m.mem, m.exit.Regs.BP()+32)
	if err != nil {
		return m.wrong(t, "the stub's frame is not on a stack")
	}
	ip := guest.ReturnAddr(word)
	table, site, ok := m.patcher.Handler(ip)
	if !ok {
		return m.wrong(t, fmt.Sprintf("control came to the stub with the return address %#x, which is no patch site", word))
	}
	m.prog.Start(&t.act, t.id, table, site)
	t.then = thenHandler
	return nil
}

// SetIP redirects the stub that a task is in to body.
func (m *Machine) SetIP(id guest.TaskID, body guest.Addr) error {
	t := m.task(id)
	if t == nil || t.then != thenHandler {
		return nil // the handler is taken whole: the CPU writes the body
	}
	regs := m.cpu.Registers(&t.ctx)
	t.decided = body
	return guest.WriteU64(m.mem, regs.BP()+16, uint64(body))
}

// callGuest begins a call of guest code that a protocol asked for, on the task's
// kernel stack.
func (m *Machine) callGuest(t *task, n protocol.Request) error {
	var r guest.Regs
	sp := t.top() - 8
	if err := guest.WriteU64(m.mem, sp, uint64(Until)); err != nil {
		return err
	}
	r.GPR[guest.RSP] = uint64(sp)
	r.GPR[guest.RDI], r.GPR[guest.RSI], r.GPR[guest.RDX] = n.Args[0], n.Args[1], n.Args[2]
	r.RIP, r.RFLAGS = n.Fn, initialFlags
	m.cpu.SetRegisters(&t.ctx, &r)
	t.mode, t.inGuest = guest.KernelMode, true
	return nil
}

// Start begins a protocol on a task that is in none, such as a command on the
// operator. A sleeping task is woken. [Machine.Result] tells when it has ended.
func (m *Machine) Start(id guest.TaskID, table protocol.TableID, locals ...uint64) {
	t := m.task(id)
	if t == nil || t.act.Active() {
		panic(fmt.Sprintf("BUG: task %d cannot start a protocol", id))
	}
	m.touched()
	m.prog.Start(&t.act, id, table, locals...)
	if t.state == Asleep {
		m.wake(t)
	}
}

// Result returns what the last protocol of a task returned; running is true while
// one has not ended.
func (m *Machine) Result(id guest.TaskID) (result uint64, running bool) {
	t := m.task(id)
	if t == nil {
		return 0, false
	}
	return t.act.LastResult(), t.act.Active()
}

// Point returns the name of the protocol step before which a task stands, or "".
func (m *Machine) Point(id guest.TaskID) string {
	if t := m.task(id); t != nil {
		return m.prog.Point(&t.act)
	}
	return ""
}

// StepOf is Point as an index in the program's Steps, or -1.
func (m *Machine) StepOf(id guest.TaskID) int {
	if t := m.task(id); t != nil {
		return m.prog.At(&t.act)
	}
	return -1
}

// StepNames returns the names of the steps of all protocols. The caller must not change the
// slice.
func (m *Machine) StepNames() []string { return m.prog.Steps() }

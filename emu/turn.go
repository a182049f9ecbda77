package emu

import "patchlab/guest"

// findReady lists the CPUs that can move: those whose task can, as many idle ones as
// there are runnable tasks, and those whose idle task has something to do.
func (m *Machine) findReady() bool {
	if m.only != 0 {
		return m.findReadyOnly()
	}
	m.ready = m.ready[:0]
	waiting := len(m.queue)
	for c := range m.config.CPUs {
		id := m.current[c]
		switch {
		case id != 0 && m.task(id).state == OnCPU:
			m.ready = append(m.ready, guest.CPUID(c))
		case id == 0 && waiting > 0:
			waiting--
			m.ready = append(m.ready, guest.CPUID(c))
		case id == 0 && m.isStirred(guest.CPUID(c)):
			m.ready = append(m.ready, guest.CPUID(c))
		}
	}
	return len(m.ready) > 0
}

// dispatch gives an idle CPU a task from the queue.
func (m *Machine) dispatch(c guest.CPUID) *task {
	i := m.next()
	t := m.task(m.queue[i])
	m.queue = append(m.queue[:i], m.queue[i+1:]...)
	m.put(t, c)
	return t
}

// put makes a task the current one of an idle CPU.
func (m *Machine) put(t *task, c guest.CPUID) {
	m.stats.Switches++
	m.current[c] = t.id
	m.needResched[c] = false
	t.state, t.cpu, t.ran = OnCPU, c, 0
	t.where, t.frame = inKernel, 0
}

// enqueue makes a task runnable.
func (m *Machine) enqueue(t *task) {
	t.state = Runnable
	m.queue = append(m.queue, t.id)
}

// leaveCPU takes a task off its CPU and says how its registers lie.
func (m *Machine) leaveCPU(t *task, s TaskState, w where) {
	m.becomeIdle(t.cpu)
	t.cpu = guest.NoCPU
	t.where = w
	if w != interrupted && !m.inStub(t) {
		t.passes++
	}
	if s == Runnable {
		m.enqueue(t)
	} else {
		t.state = s
	}
}

// atomic reports whether the CPU's preempt count keeps its task there.
func (m *Machine) atomic(c guest.CPUID) bool { return m.store.Peek(m.preempt[c]) != 0 }

// move lets a task do its turn.
func (m *Machine) move(t *task) error {
	for {
		switch {
		case t.act.Active() && !t.inGuest:
			return m.protocolStep(t)
		case t.exiting:
			done, err := m.exitGate(t)
			if !done || err != nil {
				return err
			}
		case t.protocolsOnly():
			return m.idle(t)
		case t.thread && !t.started:
			if err := m.startThread(t); err != nil {
				return err
			}
		case m.isThread(t) && !m.inStub(t) && m.kernel.Deliver(t.id): // the stub has a handler's answer
			return m.endProcess()
		default:
			return m.runGuest(t)
		}
	}
}

// endTurn lets the timer interrupt a task whose turn is over, if it is due, and
// preempts it when the policy wants that and the kernel allows it.
func (m *Machine) endTurn(t *task) error {
	if t.state != OnCPU {
		return nil
	}
	if t.mode == guest.UserMode && t.tick != m.tick() && !m.isProcess() {
		t.exiting = true
	}
	if len(m.queue) == 0 || m.only != 0 || !m.config.Policy.Preempt(t.ran) {
		return nil
	}
	return m.preemptTask(t)
}

// preemptTask takes a task off its CPU at the end of its turn, or remembers to do so
// when preemption is off.
func (m *Machine) preemptTask(t *task) error {
	switch {
	case m.atomic(t.cpu):
		m.needResched[t.cpu] = true
	case t.protocolsOnly(), t.exiting, m.isThread(t):
		m.leaveCPU(t, Runnable, inUser)
	case t.mode == guest.UserMode:
		t.exiting = true
		m.leaveCPU(t, Runnable, inUser)
	default:
		return m.interruptTask(t, Runnable)
	}
	return nil
}

// interruptTask takes a task off its CPU in kernel mode, at any instruction: a
// register frame goes to its stack, as an interrupt's entry code pushes it.
func (m *Machine) interruptTask(t *task, s TaskState) error {
	regs := m.cpu.Registers(&t.ctx)
	at := (regs.SP() - guest.RegFrameSize) &^ 15
	if !t.kstack.Covers(guest.RangeOf(at, guest.RegFrameSize)) {
		return m.wrong(t, "kernel stack overflow: no room for an interrupt's register frame")
	}
	frame := guest.RegFrame{Regs: regs, OrigRAX: ^uint64(0)}
	b := frame.Encode()
	if err := m.mem.WriteAt(at, b[:]); err != nil {
		return err
	}
	t.frame = at
	m.leaveCPU(t, s, interrupted)
	return nil
}

// reschedule reports whether a task must go at a scheduling point: it was asked to,
// and somebody waits. The request is answered then.
func (m *Machine) reschedule(t *task) bool {
	asked := m.needResched[t.cpu]
	m.needResched[t.cpu] = false
	return asked && len(m.queue) > 0
}

// reschedIfNeeded is the scheduling point of cond_resched and preempt_enable.
func (m *Machine) reschedIfNeeded(t *task) error {
	if t.state != OnCPU || !m.reschedule(t) {
		return nil
	}
	return m.schedule(t, Runnable)
}

// idle ends the turn of a task that has run its protocol.
func (m *Machine) idle(t *task) error {
	t.waits = sleepIdle
	return m.schedule(t, Asleep)
}

package emu

import "patchlab/guest"

// hold keeps a task at a point until it is released.
type hold struct {
	task guest.TaskID
	addr guest.Addr // an instruction, or 0
	step string     // the name of a protocol step, or ""
}

// Hold stops a task before the instruction at addr, or before the protocol step of
// that name, the next time it comes there, and keeps it until [Machine.Release]: it
// is taken off its CPU as by an interrupt, or, where preemption is off, its CPU
// stands still with it. Exactly one of addr and step is given.
func (m *Machine) Hold(id guest.TaskID, addr guest.Addr, step string) {
	m.touched()
	m.holds = append(m.holds, hold{id, addr, step})
	if addr != 0 {
		m.cpu.Break(addr, id, true)
	}
}

// Release lets a task go on that is held, or cancels a hold that it has not come to.
// It returns false when there was neither.
func (m *Machine) Release(id guest.TaskID) bool {
	m.touched()
	found := m.dropHold(id)
	t := m.task(id)
	if t == nil || t.state != Held {
		return found
	}
	if t.heldCPU {
		t.heldCPU = false
		t.state = OnCPU
	} else {
		m.enqueue(t)
	}
	return true
}

func (m *Machine) dropHold(id guest.TaskID) bool {
	found := false
	kept := m.holds[:0]
	for _, h := range m.holds {
		if h.task != id {
			kept = append(kept, h)
			continue
		}
		found = true
		if h.addr != 0 {
			m.cpu.Break(h.addr, id, false)
		}
	}
	m.holds = kept
	return found
}

// heldAtStep reports whether a task has a hold at a protocol step.
func (m *Machine) heldAtStep(t *task) bool {
	for _, h := range m.holds {
		if h.task == t.id && h.step != "" {
			return true
		}
	}
	return false
}

// holdBeforeStep holds a task that is about to run a step it is to be held at.
func (m *Machine) holdBeforeStep(t *task) (held bool, err error) {
	if len(m.holds) == 0 {
		return false, nil
	}
	point := m.prog.Point(&t.act)
	for _, h := range m.holds {
		if h.task == t.id && h.step == point {
			return true, m.holdNow(t)
		}
	}
	return false, nil
}

// holdNow holds a task where it stands, which is where it was to be held.
func (m *Machine) holdNow(t *task) error {
	m.dropHold(t.id)
	switch {
	case m.atomic(t.cpu):
		t.state, t.heldCPU = Held, true
		return nil
	case m.isThread(t): // there is no exit gate on its way
		m.leaveCPU(t, Held, inUser)
		return nil
	case t.mode == guest.UserMode && !t.act.Active():
		t.exiting = true
		m.leaveCPU(t, Held, inUser)
		return nil
	case t.exiting, t.protocolsOnly():
		m.leaveCPU(t, Held, inUser)
		return nil
	}
	return m.interruptTask(t, Held)
}

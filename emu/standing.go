package emu

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// Standing says where a task stands, as far as it costs nothing to tell.
type Standing struct {
	// InTable says that the task is in a protocol, before the step of that index of the
	// innermost table.
	InTable bool
	Table   protocol.TableID
	Step    int

	State TaskState
	// User says that no kernel function is on its kernel stack; Interrupted that a
	// register frame is there; InStub that it stands in stub or shim.
	User, Interrupted, InStub bool
	// Unborn says that it was made by a fork and was not woken yet.
	Unborn bool
}

// Standing returns where a task stands, which there must be.
func (m *Machine) Standing(id guest.TaskID) Standing {
	t := m.task(id)
	s := Standing{
		State: t.state, User: t.stackEmpty(), Interrupted: t.where == interrupted && t.state != OnCPU,
		InStub: m.inStub(t), Unborn: t.state == Asleep && t.waits == sleepNew,
	}
	if f := t.act.Top(); f != nil && !t.inGuest {
		s.InTable, s.Table, s.Step = true, f.Table, int(f.Step)
	}
	return s
}

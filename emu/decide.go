package emu

import (
	"patchlab/emu/cpu"
	"patchlab/guest"
	"patchlab/protocol"
)

// answers is what the machine knows of the bodies that the CPU remembers: a body may
// be used again until a variable is written that was read for it.
//
// The handler locks and unlocks something on its way, and a remembered answer does
// not. So that nobody can tell one from the other, what a whole handler writes and
// takes back is no event: it wakes nobody and is not in the digest.
type answers struct {
	reads   protocol.VarSet // variables that remembered answers rest on
	asking  bool            // the handler is running, whole
	changes []change        // what it has written, by variable
}

// change is a variable with what it held before a handler and what it holds now.
type change struct {
	v      protocol.Var
	old, x uint64
}

// decide is the CPU's question for a body, when the handler is taken whole.
func (m *Machine) decide(id guest.TaskID, ip guest.ReturnAddr) (body guest.Addr, once bool) {
	a := &m.answers
	a.asking, a.changes = true, a.changes[:0]
	m.store.TraceReads(&a.reads)
	body, once, ok := m.patcher.Route(id, ip)
	m.store.TraceReads(nil)
	a.asking = false
	for _, c := range a.changes {
		if c.old == c.x {
			continue
		}
		m.wrote(c.v, c.x)
		once = true // asked again, the handler would do something else
	}
	if !ok {
		return cpu.NotASite, true
	}
	m.stats.Decided++
	return body, once
}

// Deciding reports whether a handler is being run whole: the run of guest code that it is
// in has not ended, and the truth recorder does not know of it yet.
func (m *Machine) Deciding() bool { return m.answers.asking }

func (m *Machine) forgetAnswers() {
	m.answers.reads.Clear()
	m.cpu.ForgetDecisions()
}

// observer sees what is written to the protocol variables.
type observer struct{ m *Machine }

// Wrote implements [protocol.Observer].
func (o observer) Wrote(v protocol.Var, _ protocol.Access, old, x uint64) {
	a := &o.m.answers
	if !a.asking {
		if a.reads.Has(v) {
			o.m.forgetAnswers()
		}
		o.m.wrote(v, x)
		return
	}
	for i := range a.changes {
		if a.changes[i].v == v {
			a.changes[i].x = x
			return
		}
	}
	a.changes = append(a.changes, change{v, old, x})
}

// wrote makes a write an event: it is in the digest, and who waits for the variable is
// woken.
func (m *Machine) wrote(v protocol.Var, x uint64) {
	m.digest.Add(uint64(v))
	m.digest.Add(x)
	for i := 0; m.varWaiters > 0 && i < len(m.tasks); i++ {
		t := &m.tasks[i]
		switch {
		case t.waits != sleepVar || t.waitVar != v:
		case t.state == Asleep:
			m.wake(t)
		default: // it spins
			t.waits = sleepNot
			m.varWaiters--
		}
	}
}

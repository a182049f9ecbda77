package emu

import (
	"patchlab/emu/cpu"
	"patchlab/guest"
	"patchlab/protocol"
)

// written is a variable that a handler has written, and what it held before.
type written struct {
	v   protocol.Var
	old uint64
}

// decide is the CPU's question for a body, when the handler is taken whole. The CPU
// remembers the answer, and then no handler runs at all. So what a handler writes and
// takes back (its lock, the preempt count) must leave no trace: only what it left
// changed counts as written.
func (m *Machine) decide(id guest.TaskID, ip guest.ReturnAddr) guest.Addr {
	m.deciding, m.writes = true, m.writes[:0]
	m.store.TraceReads(&m.memoReads)
	body, ok := m.patcher.Route(id, ip)
	m.store.TraceReads(nil)
	m.deciding = false
	for _, w := range m.writes {
		if x := m.store.Peek(w.v); x != w.old {
			m.wrote(w.v, x)
		}
	}
	if !ok {
		return cpu.NotASite
	}
	return body
}

// observer is the machine as the store sees it.
type observer struct{ m *Machine }

// Wrote implements [protocol.Observer].
func (o observer) Wrote(v protocol.Var, _ protocol.Access, old, x uint64) {
	m := o.m
	if !m.deciding {
		m.wrote(v, x)
		return
	}
	for _, w := range m.writes {
		if w.v == v {
			return
		}
	}
	m.writes = append(m.writes, written{v, old})
}

// wrote drops the decisions that the CPU remembers when one of them rests on v, wakes
// who waits for v, and feeds the digest.
func (m *Machine) wrote(v protocol.Var, x uint64) {
	if m.memoReads.Has(v) {
		m.memoReads.Clear()
		m.cpu.ForgetDecisions()
	}
	m.digest.Add(uint64(v))
	m.digest.Add(x)
	for i := range m.tasks {
		t := &m.tasks[i]
		if t.state == Asleep && t.waits == sleepVar && t.waitVar == v {
			m.wake(t)
		}
	}
}

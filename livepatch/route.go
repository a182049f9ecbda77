package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
)

// memo holds answers of the handler's table. An answer depends on the site, on the
// task's patch state and on the links and transition flags of func_stacks; a write to
// any of these drops all of them. Everything in it is derived.
type memo struct {
	relevant []bool // by variable: the answers depend on it
	answers  []answer
}

// answer is what the handler picks at a site in a patch state.
type answer struct {
	known bool
	body  guest.Addr
}

// states is the number of patch states; state+1 counts them from 0.
const states = 3

// Wrote drops the answers that a write may have changed. It makes memo a
// [protocol.Observer].
func (mm *memo) Wrote(v protocol.Var, _ protocol.Access, _ uint64) {
	if int(v) < len(mm.relevant) && mm.relevant[v] {
		clear(mm.answers)
	}
}

// dependOn says that answers depend on v.
func (mm *memo) dependOn(v protocol.Var) {
	for int(v) >= len(mm.relevant) {
		mm.relevant = append(mm.relevant, false)
	}
	mm.relevant[v] = true
}

// rebuild derives the memo from the state of the run.
func (m *Model) rebuildMemo() {
	clear(m.memo.answers)
	clear(m.memo.relevant)
	for i := range m.funcs {
		m.memo.dependOn(m.funcs[i].transition)
		m.memo.dependOn(m.funcs[i].below)
	}
	for i := range m.ops {
		m.memo.dependOn(m.ops[i].head)
	}
}

// Route runs the handler whole for a task at a site and returns the body that it
// chose, 0 for the original function. It redirects nothing itself. It writes to the store
// what the steps write, in their order, also when the decision itself is remembered from
// an earlier run.
func (m *Model) Route(task guest.TaskID, site int) guest.Addr {
	t := m.mustTask(task)
	i := states*site + int(m.store.Read(t.state, protocol.Plain)+1)
	if i < len(m.memo.answers) && m.memo.answers[i].known && m.store.Read(t.recursion, protocol.Plain) == 0 {
		preempt := m.machine.Preempt(m.cpu(task))
		m.store.Write(t.recursion, protocol.RMW, 1)
		m.store.Add(preempt, 1)
		m.store.Add(preempt, ^uint64(0))
		m.store.Write(t.recursion, protocol.Plain, 0)
		return m.memo.answers[i].body
	}
	m.prog.Start(&m.whole, task, m.tables.Handler, uint64(site), 1)
	body := guest.Addr(m.prog.RunWhole(&m.whole))
	m.remember(i, site, m.store.Peek(t.state), body)
	return body
}

// remember keeps an answer, unless it came with a warning that a later call has to give
// as well, or with a change of state.
func (m *Model) remember(i, site int, state uint64, body guest.Addr) {
	o := m.opsAt(site)
	if o == nil || m.breaks.switchInHandler {
		return
	}
	front := m.store.Peek(o.head)
	if isHead(front) || state == Idle && m.store.Peek(m.funcs[referee(front)].transition) != 0 {
		return
	}
	for i >= len(m.memo.answers) {
		m.memo.answers = append(m.memo.answers, answer{})
	}
	m.memo.answers[i] = answer{true, body}
}

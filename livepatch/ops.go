package livepatch

import (
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
)

// opsAt returns the func_stack of a site, or nil when no patch ever was there.
func (m *Model) opsAt(site int) *ops {
	if uint(site) < uint(len(m.bySite)) && m.bySite[site] != none {
		return &m.ops[m.bySite[site]]
	}
	return nil
}

// findOps returns the index of the func_stack of the function at addr, or none.
func (m *Model) findOps(addr guest.Addr) int32 {
	for i := range m.ops {
		if m.ops[i].oldFunc == addr {
			return int32(i)
		}
	}
	return none
}

// makeOps returns the index of the func_stack of fn's function, which is at site.
func (m *Model) makeOps(fn *funcState, site int) int32 {
	if i := m.findOps(fn.oldFunc); i != none {
		return i
	}
	for site >= len(m.bySite) {
		m.bySite = append(m.bySite, none)
	}
	m.bySite[site] = int32(len(m.ops))
	head := m.store.Declare(fmt.Sprintf("func_stack[%s]", fn.oldName), 0)
	m.ops = append(m.ops, ops{oldFunc: fn.oldFunc, site: int32(site), head: head})
	return int32(len(m.ops) - 1)
}

// stackSingular is list_is_singular of a func_stack.
func (m *Model) stackSingular(o int32) bool {
	front := m.store.Read(m.ops[o].head, protocol.Plain)
	return !isHead(front) && isHead(m.store.Read(m.funcs[referee(front)].below, protocol.Plain))
}

// pop takes fn out of its func_stack, wherever it stands (list_del_rcu). The entry
// keeps its own link, for a handler that stands on it.
func (m *Model) pop(fn int32) {
	link := m.ops[m.funcs[fn].ops].head
	for {
		at := m.store.Peek(link)
		if isHead(at) {
			panic(fmt.Sprintf("BUG: %s is not in its func_stack", m.funcs[fn].oldName))
		}
		if referee(at) == fn {
			break
		}
		link = m.funcs[referee(at)].below
	}
	m.store.Write(link, protocol.Once, m.store.Read(m.funcs[fn].below, protocol.Plain))
}

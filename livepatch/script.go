package livepatch

import (
	"strconv"

	"patchlab/guest"
	"patchlab/protocol"
)

// script builds a table whose steps go to each other by name.
type script struct {
	name  string
	steps []protocol.Step
	index map[string]int
	// item says, for a step of a loop, which item it will work on.
	item map[string]func(f *protocol.Frame) string
}

func newScript(name string) *script {
	return &script{name: name, index: map[string]int{}, item: map[string]func(f *protocol.Frame) string{}}
}

// step adds a step. Names are unique in a table.
func (s *script) step(name string, do func(f *protocol.Frame) protocol.Next) {
	if _, twice := s.index[name]; twice {
		panic("BUG: table " + s.name + " has two steps " + name)
	}
	s.index[name] = len(s.steps)
	s.steps = append(s.steps, protocol.Step{Name: name, Do: do})
}

// act adds a step that always goes on with the one below.
func (s *script) act(name string, do func(f *protocol.Frame)) {
	s.step(name, func(f *protocol.Frame) protocol.Next { do(f); return protocol.Continue() })
}

// fence adds a barrier.
func (s *script) fence(name string) { s.step(name, protocol.Fence(name).Do) }

// to goes to the step with that name.
func (s *script) to(name string) protocol.Next {
	i, ok := s.index[name]
	if !ok {
		panic("BUG: table " + s.name + " has no step " + name)
	}
	return protocol.Goto(i)
}

// Cursors are locals that count through a list, one item per run of a step. 0 is
// before the first item, so that a cursor begins where a frame's locals do.

// eachTask adds the step name, which does do for every task of the list, one task at
// a time, and counts them by pid in L[cursor].
func (m *Model) eachTask(s *script, name string, cursor int, do func(f *protocol.Frame, pid guest.TaskID)) {
	s.item[name] = func(f *protocol.Frame) string {
		return strconv.Itoa(int(m.taskAfter(guest.TaskID(f.L[cursor]))))
	}
	s.step(name, func(f *protocol.Frame) protocol.Next {
		pid := m.taskAfter(guest.TaskID(f.L[cursor]))
		if pid != 0 {
			do(f, pid)
			if m.taskAfter(pid) != 0 {
				f.L[cursor] = uint64(pid)
				return s.to(name)
			}
		}
		f.L[cursor] = 0
		return protocol.Continue()
	})
}

// eachIdle adds the step name, which does do for the idle task of every CPU, all in one
// step: these loops are behind the lock, nobody but their owners looks at the states of
// idle tasks, and no guest code runs on them.
func (m *Model) eachIdle(s *script, name string, do func(f *protocol.Frame, id guest.TaskID, t *taskState)) {
	s.act(name, func(f *protocol.Frame) {
		for c := range m.idles {
			do(f, guest.IdleTask(guest.CPUID(c)), &m.idles[c])
		}
	})
}

// eachFunc adds the step name, which does do for every function of a patch, one at a
// time, and counts them in L[cursor]. patch says which patch that is.
func (m *Model) eachFunc(s *script, name string, cursor int, patch func(f *protocol.Frame) PatchID, do func(fn int32)) {
	s.item[name] = func(f *protocol.Frame) string {
		return m.funcName(reference(m.nextFunc(patch(f), referee(f.L[cursor]))))
	}
	s.step(name, func(f *protocol.Frame) protocol.Next {
		fn := m.nextFunc(patch(f), referee(f.L[cursor]))
		if fn != none {
			do(fn)
			if m.nextFunc(patch(f), fn) != none {
				f.L[cursor] = reference(fn)
				return s.to(name)
			}
		}
		f.L[cursor] = 0
		return protocol.Continue()
	})
}

// aboutFunc says that the steps with these names work on the function that L[ref] refers
// to.
func (m *Model) aboutFunc(s *script, ref int, names ...string) {
	for _, name := range names {
		s.item[name] = func(f *protocol.Frame) string { return m.funcName(f.L[ref]) }
	}
}

// funcName returns the old name of the function that a reference is to, "f" for none.
func (m *Model) funcName(ref uint64) string {
	if isHead(ref) {
		return "f"
	}
	return m.funcs[referee(ref)].oldName
}

// advance moves the cursor L[cursor] to the next object of a patch that want accepts,
// and returns it; behind the last one it returns none and the cursor is back before
// the first.
func (m *Model) advance(f *protocol.Frame, cursor int, id PatchID, want func(o *objectState) bool) int32 {
	obj := m.patches[id].first
	if at := referee(f.L[cursor]); at != none {
		obj = m.objects[at].next
	}
	for obj != none && !want(&m.objects[obj]) {
		obj = m.objects[obj].next
	}
	f.L[cursor] = reference(obj)
	return obj
}

// lockMutex adds the step that takes klp_mutex.
func (m *Model) lockMutex(s *script) {
	s.step("P.lock", func(f *protocol.Frame) protocol.Next {
		if m.store.Read(m.vars.mutex, protocol.Once) != 0 {
			return protocol.Wait(m.vars.mutex)
		}
		m.store.Swap(m.vars.mutex, uint64(f.Actor))
		return protocol.Continue()
	})
}

func (m *Model) unlockMutex() { m.store.Write(m.vars.mutex, protocol.Publish, 0) }

// lockTasks adds the step that takes tasklist_lock for reading, which keeps the task
// from being preempted; unlockTasks adds the inverse. Who has to wait for a writer is off
// its CPU meanwhile: operator and worker have no stack that it would matter for.
func (m *Model) lockTasks(s *script, name string) {
	s.step(name, func(f *protocol.Frame) protocol.Next {
		if m.store.Read(m.vars.tasklist, protocol.Once) >= taskWriter {
			return protocol.Wait(m.vars.tasklist)
		}
		m.preemptOff(f.Actor)
		m.store.Add(m.vars.tasklist, 1)
		return protocol.Continue()
	})
}

func (m *Model) unlockTasks(s *script, name string) {
	s.act(name, func(f *protocol.Frame) {
		m.store.Add(m.vars.tasklist, ^uint64(0))
		m.preemptOn(f.Actor)
	})
}

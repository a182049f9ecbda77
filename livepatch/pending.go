package livepatch

import (
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
)

// PendingTask is a task that the transition waits for, and why.
type PendingTask struct {
	Task   guest.TaskID
	Name   string
	State  uint64 // its patch state
	Target uint64 // where the transition heads
	// Check is the last attempt at it; its verdict is NotTried before the first.
	Check Check
}

// String explains p in one line, such as "worker:12 pending: on stack: f, frame 2 at
// 0x401042 in [0x401040, 0x401080) (attempt)".
func (p PendingTask) String() string {
	s := fmt.Sprintf("%s:%d pending: %s", p.Name, p.Task.PID(), p.Check.Verdict)
	c := p.Check
	switch c.Verdict {
	case OnStack:
		s += fmt.Sprintf(": %s, frame %d at %s in %s", c.Func, c.Index, c.Frame.Addr, c.Range)
	case Unreliable:
		s = fmt.Sprintf("%s:%d pending: %v", p.Name, p.Task.PID(), c.Reason)
	}
	if c.Verdict != NotTried {
		s += fmt.Sprintf(" (%s)", c.Rule)
	}
	return s
}

// Pending returns the tasks that are not on the target's side, in pid order, idle tasks
// behind all others; none when
// no transition runs.
func (m *Model) Pending() []PendingTask {
	var pending []PendingTask
	target := m.store.Peek(m.vars.target)
	if target == Idle {
		return nil
	}
	add := func(pid guest.TaskID, t *taskState) {
		if state := m.store.Peek(t.state); state != target {
			pending = append(pending, PendingTask{
				Task: pid, Name: m.machine.TaskName(pid), State: state, Target: target, Check: t.check,
			})
		}
	}
	for _, pid := range m.machine.Tasks() {
		add(pid, m.mustTask(pid))
	}
	for c := range m.idles {
		add(guest.IdleTask(guest.CPUID(c)), &m.idles[c])
	}
	return pending
}

// LastCheck returns the last attempt at a task in the transition that runs, or in the
// last one.
func (m *Model) LastCheck(pid guest.TaskID) Check {
	if t := m.task(pid); t != nil {
		return t.check
	}
	return Check{}
}

// Attempts returns the number of attempts of the transition so far.
func (m *Model) Attempts() int { return int(m.attempt) }

// Variables returns the variables of a task in the store: its patch_state and its flag.
func (m *Model) Variables(pid guest.TaskID) [2]protocol.Var {
	t := m.mustTask(pid)
	return [2]protocol.Var{t.state, t.flag}
}

// PatchState returns what /proc/PID/patch_state shows: -1, 0 or 1; false when there is
// no such task.
func (m *Model) PatchState(pid guest.TaskID) (int, bool) {
	t := m.task(pid)
	if t == nil {
		return 0, false
	}
	return int(int64(m.store.Peek(t.state))), true
}

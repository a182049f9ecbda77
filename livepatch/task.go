package livepatch

import (
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
)

// taskState is what the model knows of a task.
type taskState struct {
	live      bool
	state     protocol.Var // patch_state
	flag      protocol.Var // TIF_PATCH_PENDING
	recursion protocol.Var // trace_recursion: the handler runs

	check Check    // the last attempt
	moved Switched // the last switch

	// For Tasks RCU: while holdout, the grace period waits for the task to pass a
	// quiescent point beyond its passes-th.
	holdout bool
	passes  uint64
}

// TaskBorn declares the variables of a task, before the task runs. It inherits flag
// and state of its parent as they are now (klp_copy_process); with parent 0, of the
// first task of the list, as everything descends from init. While a run goes on, tasks
// are born in [Tables].Fork only, which holds tasklist_lock for writing, or where
// [Model.ForkLock] finds it free.
func (m *Model) TaskBorn(pid, parent guest.TaskID) error {
	if pid <= 0 {
		return fmt.Errorf("livepatch: %d is no pid", pid)
	}
	if m.task(pid) != nil {
		return fmt.Errorf("livepatch: task %d exists already", pid)
	}
	p := m.task(parent)
	if parent != 0 && p == nil {
		return fmt.Errorf("livepatch: task %d has parent %d, which does not exist", pid, parent)
	}
	if p == nil {
		p = m.task(m.taskAfter(0))
	}
	state, flag := Idle, uint64(0)
	if p != nil {
		state, flag = m.store.Read(p.state, protocol.Plain), m.store.Read(p.flag, protocol.Once)
	}
	for int(pid) >= len(m.tasks) {
		m.tasks = append(m.tasks, taskState{})
	}
	m.tasks[pid] = taskState{
		live:      true,
		state:     m.store.Declare(fmt.Sprintf("patch_state[%d]", pid), state),
		flag:      m.store.Declare(fmt.Sprintf("TIF_PATCH_PENDING[%d]", pid), flag),
		recursion: m.store.Declare(fmt.Sprintf("trace_recursion[%d]", pid), 0),
	}
	if state != Idle {
		m.tasks[pid].moved = m.tell(Switched{Task: pid, Rule: RuleFork, From: Idle, To: state, CPU: guest.NoCPU})
	}
	return nil
}

// CPUAdded declares the idle task of the next CPU: the variables of its state. CPUs are
// numbered from 0 and stay. One that is added during a run was there all the time, as a
// possible CPU: its idle task is where that of CPU 0 is.
func (m *Model) CPUAdded() {
	state, flag := Idle, uint64(0)
	if len(m.idles) > 0 {
		state = m.store.Read(m.idles[0].state, protocol.Plain)
		flag = m.store.Read(m.idles[0].flag, protocol.Once)
	}
	m.idles = append(m.idles, taskState{
		live:  true,
		state: m.store.Declare(fmt.Sprintf("patch_state[swapper/%d]", len(m.idles)), state),
		flag:  m.store.Declare(fmt.Sprintf("TIF_PATCH_PENDING[swapper/%d]", len(m.idles)), flag),
	})
}

// IdlePass is what an idle task does at the end of each pass of its loop (do_idle of
// kernel/sched/idle.c), where it is on no stack but its own: klp_update_patch_state. It is
// taken in one go, since nobody else looks at its state, and a change of the target waits
// for CPUs with preemption off.
func (m *Model) IdlePass(c guest.CPUID) { m.updatePatchState(guest.IdleTask(c), RuleIdle) }

// TaskGone retires a task that is off the task list. Its variables stay in the store,
// unused; a later task of the same pid gets new ones.
func (m *Model) TaskGone(pid guest.TaskID) error {
	t := m.task(pid)
	if t == nil {
		return fmt.Errorf("livepatch: task %d does not exist", pid)
	}
	*t = taskState{}
	return nil
}

// task returns the state of a task, or nil when there is none.
func (m *Model) task(pid guest.TaskID) *taskState {
	if c, idle := pid.Idle(); idle {
		if int(c) < len(m.idles) {
			return &m.idles[c]
		}
		return nil
	}
	if uint(pid) < uint(len(m.tasks)) && m.tasks[pid].live {
		return &m.tasks[pid]
	}
	return nil
}

// mustTask returns the state of a task that the machine speaks of.
func (m *Model) mustTask(pid guest.TaskID) *taskState {
	t := m.task(pid)
	if t == nil {
		panic(fmt.Sprintf("BUG: task %d was not declared to livepatch", pid))
	}
	return t
}

// Flagged reports whether a task has TIF_PATCH_PENDING set, so that the exit gate has
// to run [Tables.Exit].
func (m *Model) Flagged(pid guest.TaskID) bool {
	t := m.task(pid)
	return t != nil && m.store.Peek(t.flag) != 0
}

// taskAfter returns the first task of the list with a pid above after, 0 for none.
func (m *Model) taskAfter(after guest.TaskID) guest.TaskID {
	tasks := m.machine.Tasks()
	lo, hi := 0, len(tasks)
	for lo < hi {
		mid := (lo + hi) / 2
		if tasks[mid] > after {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == len(tasks) {
		return 0
	}
	return tasks[lo]
}

// Rule says what moved a task from one side to the other.
type Rule uint8

// The rules.
const (
	RuleAttempt Rule = iota + 1 // the periodic attempt, by a check of its stack
	RuleExit                    // the exit gate
	RuleSched                   // the scheduler hook, by a check of its own stack
	RuleFork                    // it was born there
	RuleForce                   // the operator's force
	RuleHandler                 // BreakSwitchInHandler
	RuleIdle                    // an idle task's loop
	RuleOffline                 // the idle task of a CPU that is offline: directly
)

// String returns the rule as a report names it.
func (r Rule) String() string {
	switch r {
	case RuleAttempt:
		return "attempt"
	case RuleExit:
		return "exit gate"
	case RuleSched:
		return "sched hook"
	case RuleFork:
		return "fork"
	case RuleForce:
		return "force"
	case RuleHandler:
		return "handler"
	case RuleIdle:
		return "idle loop"
	case RuleOffline:
		return "offline"
	}
	return "rule?"
}

// Switched is the record of one task's switch.
type Switched struct {
	Task     guest.TaskID
	Time     guest.Time
	Rule     Rule
	From, To uint64      // patch states
	CPU      guest.CPUID // where the task was running, NoCPU when it was not
}

// LastSwitch returns how a task got its patch state, and false when it was not
// switched since it was born.
func (m *Model) LastSwitch(pid guest.TaskID) (Switched, bool) {
	t := m.task(pid)
	if t == nil || t.moved.Rule == 0 {
		return Switched{}, false
	}
	return t.moved, true
}

// move switches a task: it writes patch_state, as a plain access, and records it.
func (m *Model) move(pid guest.TaskID, rule Rule, to uint64) {
	t := m.mustTask(pid)
	from := m.store.Peek(t.state)
	m.store.Write(t.state, protocol.Plain, to)
	if from != to {
		t.moved = m.tell(Switched{Task: pid, Rule: rule, From: from, To: to, CPU: m.machine.CPUOf(pid)})
	}
}

// tell reports a switch, which happens now, to the observer.
func (m *Model) tell(s Switched) Switched {
	s.Time = m.machine.Now()
	if m.observer != nil {
		m.observer.Switched(s)
	}
	return s
}

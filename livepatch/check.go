package livepatch

import (
	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/unwind"
)

// Verdict is the answer to whether a task may be switched.
type Verdict uint8

// The verdicts. All but the first are results of klp_check_and_switch_task or of the
// test before it.
const (
	// NotTried: there was no attempt at the task yet in this transition.
	NotTried Verdict = iota
	// Already: the task was on the target's side before the attempt.
	Already
	// Safe: no function that stands in the way is on its stack; it was switched.
	Safe
	// Running: it runs on a CPU, and is not the one that asks (EBUSY).
	Running
	// Unreliable: its stack could not be had in full (EINVAL).
	Unreliable
	// OnStack: a function of the side that is left is on its stack (EADDRINUSE).
	OnStack
)

// String returns the verdict in the words of the reports.
func (v Verdict) String() string {
	switch v {
	case NotTried:
		return "not tried"
	case Already:
		return "already"
	case Safe:
		return "safe"
	case Running:
		return "running"
	case Unreliable:
		return "unreliable"
	case OnStack:
		return "on stack"
	}
	return "verdict?"
}

// Ok reports whether the task is on the target's side with that verdict.
func (v Verdict) Ok() bool { return v == Already || v == Safe }

// Check is the result of one attempt at one task.
type Check struct {
	Verdict Verdict
	// Time is when it was made.
	Time guest.Time
	// Rule is RuleAttempt or RuleSched: who made it.
	Rule Rule
	// Func is the name of the function that stands in the way (its old name),
	// Range the code that was looked for and Frame what was found in it: the
	// Index-th entry of the stack, counted from 0 at the innermost. For OnStack.
	Func  string
	Range guest.Range
	Frame unwind.Frame
	Index int
	// Reason says why the stack is unreliable. For Unreliable.
	Reason error
}

// trySwitch is klp_try_switch_task: one step, as the kernel runs it under the task's
// pi_lock, and its runqueue's lock where need be.
func (m *Model) trySwitch(pid, actor guest.TaskID, rule Rule) Verdict {
	t := m.mustTask(pid)
	c := Check{Time: m.machine.Now(), Rule: rule, Verdict: Already}
	if m.store.Read(t.state, protocol.Plain) != m.target() {
		c.Verdict = Running
		if pid == actor || m.machine.CPUOf(pid) == guest.NoCPU {
			m.checkStack(pid, &c)
		}
	}
	t.check = c
	if m.observer != nil {
		m.observer.Checked(pid, c)
	}
	name := m.machine.TaskName
	switch c.Verdict {
	case Safe:
		m.store.Swap(t.flag, 0)
		m.move(pid, rule, m.target())
	case Running:
		m.log(DebugScan, "klp_try_switch_task: %s:%d is running", name(pid), pid.PID())
	case Unreliable:
		m.log(DebugScan, "klp_try_switch_task: %s:%d has an unreliable stack", name(pid), pid.PID())
	case OnStack:
		m.log(DebugScan, "klp_try_switch_task: %s:%d is sleeping on function %s", name(pid), pid.PID(), c.Func)
	}
	return c.Verdict
}

// checkStack is klp_check_stack: it fills in c's verdict, which is Safe, Unreliable or
// OnStack.
func (m *Model) checkStack(pid guest.TaskID, c *Check) {
	c.Verdict = Safe
	if m.breaks.skipStackCheck {
		return
	}
	if err := m.machine.Unwind(pid, &m.stack); err != nil {
		c.Verdict, c.Reason = Unreliable, err
		return
	}
	for o := m.patches[m.current()].first; o != none; o = m.objects[o].next {
		if !m.locked(m.objects[o].patched) {
			continue
		}
		for fn := m.objects[o].first; fn != none; fn = m.funcs[fn].next {
			r, parts := m.forbidden(fn)
			i := m.find(r)
			for ; i < 0 && len(parts) > 0; parts = parts[1:] {
				r = parts[0]
				i = m.find(r)
			}
			if i >= 0 {
				c.Verdict, c.Func, c.Range = OnStack, m.funcs[fn].oldName, r
				c.Index, c.Frame = i, m.stack.Frames()[i]
				return
			}
		}
	}
}

// find returns the index of the first entry of the stack that lies in r, else -1. As in
// klp_check_stack_func the raw address counts, also of a return address: without
// [Options.CheckParts] a call that is the last instruction of its function is not found.
func (m *Model) find(r guest.Range) int {
	for i, f := range m.stack.Frames() {
		if f.Kind == unwind.Decided && !m.options.CheckDecided {
			continue
		}
		if r.Contains(f.Addr) || m.options.CheckParts && r.Contains(f.Lookup()) {
			return i
		}
	}
	return -1
}

// forbidden returns the code of fn that no task may be in when it is switched: what a
// task runs on the side that is left (klp_check_stack_func), and with
// [Options.CheckParts] the parts of it elsewhere. When patching that is only the version
// right below; older ones are not looked for.
func (m *Model) forbidden(fn int32) (r guest.Range, parts []guest.Range) {
	r = m.left(fn)
	if m.options.CheckParts {
		parts = m.symbols.Parts(r.Start)
	}
	if m.breaks.wideRange {
		r = guest.Range{Start: guest.PageDown(r.Start), End: guest.PageUp(r.End)}
	}
	return r, parts
}

// left returns the code that is forbidden, to the byte.
func (m *Model) left(fn int32) guest.Range {
	f := &m.funcs[fn]
	unpatching := m.target() == Unpatched
	if m.breaks.wrongRange {
		unpatching = !unpatching
	}
	if unpatching {
		return guest.RangeOf(f.newFunc, f.newSize)
	}
	if below := m.store.Read(f.below, protocol.Plain); !isHead(below) {
		prev := &m.funcs[referee(below)]
		return guest.RangeOf(prev.newFunc, prev.newSize)
	}
	return guest.RangeOf(f.oldFunc, f.oldSize)
}

package explore

import (
	"fmt"
	"slices"

	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// chronicler writes down what happens in a run, for whoever explains it: a witness that
// is told after the oracle. Its log only grows, except when the laboratory goes back.
type chronicler struct {
	lab    *lab.Lab
	oracle *oracle.Oracle
	chronicle
}

// chronicle is what a chronicler keeps of a run.
type chronicle struct {
	log  []entry
	bad  *scene // when the first violation was found; nil before
	mods []lab.Module
}

// entry is one thing that happened.
type entry struct {
	task guest.TaskID // whom it is about, or 0
	text string       // without the task's name; "" for a stack that was shown
	// stack is one that the model was shown.
	stack *unwind.Stack
}

// scene is how things stood in the moment of a violation.
type scene struct {
	violation oracle.Violation
	live      []emu.Activation // of the violation's task, outermost first
	// stack is what the unwinder says in that moment, and unreliable why it does not.
	// Both are nil while guest code runs: then no stack can be read.
	stack      *unwind.Stack
	unreliable error
}

func (c *chronicler) note(task guest.TaskID, format string, args ...any) {
	c.log = append(c.log, entry{task: task, text: fmt.Sprintf(format, args...)})
}

// look takes in whether the oracle has found its first violation just now. committed, if
// not nil, is the activation that has begun inside of those that are live.
func (c *chronicler) look(committed *emu.Activation, live []emu.Activation) {
	if c.bad != nil || c.oracle.Found() == 0 {
		return
	}
	s := &scene{violation: c.oracle.Violations()[0]}
	c.bad = s
	if committed != nil {
		s.live = append(slices.Clone(live), *committed)
		return
	}
	if s.violation.Task == 0 {
		return
	}
	s.live = slices.Clone(c.lab.Machine.Truth().Live(s.violation.Task))
	var stack unwind.Stack
	if s.unreliable = c.lab.Unwind(s.violation.Task, &stack); s.unreliable == nil {
		s.stack = &stack
	}
}

// Committed implements [lab.Witness].
func (c *chronicler) Committed(task guest.TaskID, a emu.Activation, live []emu.Activation) {
	c.note(task, "runs %s", c.called(a))
	c.look(&a, live)
}

// ToUser implements [lab.Witness].
func (c *chronicler) ToUser(guest.TaskID) { c.look(nil, nil) }

// Switched implements [lab.Witness].
func (c *chronicler) Switched(s livepatch.Switched) {
	if _, idle := s.Task.Idle(); idle {
		return
	}
	c.note(s.Task, "goes over to %d, by the %s", int64(s.To), s.Rule)
	c.look(nil, nil)
}

// Reached implements [lab.Witness].
func (c *chronicler) Reached(s livepatch.Stage, t livepatch.Transition) {
	c.note(0, "%s: %s", t.Name, s)
	c.look(nil, nil)
}

// Checked implements [lab.Witness].
func (c *chronicler) Checked(id guest.TaskID, k livepatch.Check) {
	if _, idle := id.Idle(); idle {
		return
	}
	switch k.Verdict {
	case livepatch.Already:
	case livepatch.OnStack:
		c.note(id, "is not switched: %s is on its stack", k.Func)
	case livepatch.Unreliable:
		c.note(id, "is not switched: its stack %v", k.Reason)
	case livepatch.Running:
		c.note(id, "is not switched: it is running")
	}
	c.look(nil, nil)
}

// Warned implements [lab.Witness].
func (c *chronicler) Warned(line string) {
	c.note(0, "%s", line)
	c.look(nil, nil)
}

// Unwound implements [lab.Witness].
func (c *chronicler) Unwound(id guest.TaskID, s *unwind.Stack) {
	shown := *s
	c.log = append(c.log, entry{task: id, stack: &shown})
	c.look(nil, nil)
}

// Loaded implements [lab.Witness].
func (c *chronicler) Loaded(m lab.Module) {
	c.mods = append(slices.Clip(c.mods), m)
	c.note(0, "module %s is loaded", m.Name)
}

// Unloaded implements [lab.Witness].
func (c *chronicler) Unloaded(m lab.Module) {
	c.mods = slices.DeleteFunc(slices.Clone(c.mods), func(o lab.Module) bool { return o.Name == m.Name })
	c.note(0, "module %s is unloaded", m.Name)
	c.look(nil, nil)
}

// Save implements [lab.Witness].
func (c *chronicler) Save(any) any {
	saved := c.chronicle
	saved.log = slices.Clip(saved.log)
	return saved
}

// Restore implements [lab.Witness].
func (c *chronicler) Restore(state any) error {
	c.chronicle = state.(chronicle)
	return nil
}

// called names an activation by what was called and the side of what runs for it.
func (c *chronicler) called(a emu.Activation) string {
	name := c.lab.Symbol(a.Fn)
	if a.Body == 0 {
		return name
	}
	side := c.side(a.Body)
	switch {
	case a.Body == a.Fn && side == "":
		return name
	case a.Body == a.Fn:
		return fmt.Sprintf("the %s %s", side, name)
	}
	return fmt.Sprintf("the %s %s (%s)", side, name, c.lab.Symbol(a.Body))
}

// side returns the side that a body is of: "old", "new", or "" when no patch is about it.
// Where there are several patches the newest that knows it counts.
func (c *chronicler) side(body guest.Addr) string {
	for i := len(c.mods) - 1; i >= 0; i-- {
		m := c.mods[i]
		if !m.IsPatch {
			continue
		}
		for _, s := range c.lab.Model.Sides(m.Patch, nil) {
			switch {
			case s.With == s.Without:
			case body == s.With:
				return "new"
			case body == s.Without:
				return "old"
			}
		}
		if m.Range.Contains(body) {
			return "new"
		}
	}
	return ""
}

var _ lab.Witness = (*chronicler)(nil)

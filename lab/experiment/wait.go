package experiment

import (
	"fmt"
	"slices"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab/scenario"
)

// wait lets the program run until something is so.
func (r *runner) wait(c scenario.Command) error {
	if c.Verb == scenario.WaitDuration {
		r.lab.Sleep(r.lab.Now() + c.Duration)
		return r.until("the time has passed", r.lab.Done)
	}
	what, cond := r.condition(c)
	return r.untilTask(c.Task+c.Path.Task, what, cond)
}

// condition returns what a command waits for, and how to tell whether it is so.
func (r *runner) condition(c scenario.Command) (what string, cond func() bool) {
	switch c.Verb {
	case scenario.WaitPath:
		value := r.reader(c.Path)
		return fmt.Sprintf("%s is %s", c.Path, c.Value), func() bool {
			v, err := value()
			if err != nil && c.Path.Attr != scenario.PatchState {
				v = "0" // a patch that is gone
			}
			return v == c.Value
		}
	case scenario.WaitExit:
		return "all tasks have exited", r.allExited
	}
	// By its name each time: a task that is born has another id in another schedule.
	if c.Verb == scenario.WaitAsleep {
		return c.Task + " sleeps", func() bool {
			id, ok := r.lab.Machine.TaskByName(c.Task)
			t, _ := r.lab.Machine.Task(id)
			return ok && t.State == emu.Asleep
		}
	}
	return fmt.Sprintf("%s is in %s", c.Task, c.Function), func() bool {
		id, ok := r.lab.Machine.TaskByName(c.Task)
		return ok && r.inFunction(id, c.Function)
	}
}

// cutLast cuts s at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func (r *runner) allExited() bool {
	return !slices.ContainsFunc(r.lab.Machine.Tasks(), func(id guest.TaskID) bool {
		t, _ := r.lab.Machine.Task(id)
		return !t.Kernel
	})
}

// inFunction reports whether a function is on a task's stack, or the task stands in it.
// It looks at the truth for functions with a patch site, and at the registers for
// others.
func (r *runner) inFunction(id guest.TaskID, name string) bool {
	for _, a := range r.lab.Machine.Truth().Live(id) {
		if r.lab.Symbol(a.Fn) == name {
			return true
		}
	}
	t, _ := r.lab.Machine.Task(id)
	if t.State == emu.Exited {
		return false
	}
	f, _, _ := strings.Cut(r.lab.Symbol(t.Regs.RIP), "+")
	return f == name
}

// hold lets a task come to a point, and keeps it there: with everybody else going on, or
// alone.
func (r *runner) hold(c scenario.Command) error {
	id, err := r.task(c.Task)
	if err != nil {
		return err
	}
	addr, step, err := r.lab.Point(c.Point)
	if err != nil {
		return err
	}
	m := r.lab.Machine
	m.Release(id)
	m.Hold(id, addr, step)
	if c.Verb == scenario.RunUntil {
		m.Only(id)
		defer m.Only(0)
	}
	return r.untilTask(c.Task, fmt.Sprintf("%s is at %s", c.Task, c.Point), func() bool {
		t, _ := m.Task(id)
		return t.State == emu.Held
	})
}

func (r *runner) release(c scenario.Command) error {
	id, err := r.task(c.Task)
	if err != nil {
		return err
	}
	if !r.lab.Machine.Release(id) {
		return fmt.Errorf("%s is not held", c.Task)
	}
	return nil
}

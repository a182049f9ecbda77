package experiment

import (
	"slices"

	"patchlab/image"
	"patchlab/lab/scenario"
)

// tasks keeps which tasks are held or gone, and wants those that a command is about to be
// able to do what it says.
func (v *vetter) tasks(c scenario.Command) {
	name := c.Task + c.Path.Task
	if v.exit > 0 && v.leaves(name) && needsTask(c) {
		v.wrong(c, "%s has exited by then: line %d waits for that", name, v.exit)
		return
	}
	line, held := v.held[name]
	switch c.Verb {
	case scenario.Hold, scenario.RunUntil:
		v.held[name] = c.Line
	case scenario.Release:
		if !held {
			v.wrong(c, "%s is not held here", name)
		}
		delete(v.held, name)
	case scenario.WaitAsleep:
		if held {
			v.wrong(c, "%s is held since line %d: it does not fall asleep", name, line)
		}
	case scenario.WaitExit:
		v.waitExit(c)
	case scenario.ExpectState:
		if held && c.State != "held" {
			v.wrong(c, "%s is held since line %d", name, line)
		} else if !held && c.State == "held" {
			v.wrong(c, "%s is not held here", name)
		}
	}
}

// waitExit wants nobody to be held who has to exit.
func (v *vetter) waitExit(c scenario.Command) {
	for _, t := range v.b.Program.Tasks { // not in the order of a map
		if line, held := v.held[t.Name]; held && !t.Kernel {
			v.wrong(c, "%s is held since line %d: it does not exit", t.Name, line)
		}
	}
	if v.exit == 0 {
		v.exit = c.Line
	}
}

// leaves reports whether "wait exit" waits for a task: for those with a user mode.
func (v *vetter) leaves(name string) bool {
	return v.b.mayBeBorn(name) ||
		slices.ContainsFunc(v.b.Program.Tasks, func(t image.TaskDecl) bool { return t.Name == name && !t.Kernel })
}

// needsTask reports whether a command needs its task not to have exited.
func needsTask(c scenario.Command) bool {
	switch c.Verb {
	case scenario.WaitPath, scenario.WaitIn, scenario.WaitAsleep, scenario.Hold, scenario.RunUntil, scenario.Release,
		scenario.ExpectPath, scenario.ExpectIn, scenario.ExpectPending, scenario.ExpectRunning, scenario.ExpectUnreliable, scenario.ExpectOnStack:
		return true
	case scenario.ExpectState:
		return c.State != "exited"
	}
	return false
}

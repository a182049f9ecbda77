package experiment

import (
	"fmt"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/scenario"
)

// until runs the machine until cond holds. A machine that cannot go on is an error that
// says what the script waited for.
func (r *runner) until(what string, cond func() bool) error { return r.untilTask("", what, cond) }

// untilTask is until for what a task has to do, or "" for nobody: it does not wait for one
// that has exited.
func (r *runner) untilTask(task, what string, cond func() bool) error {
	met := false
	ok, err := r.lab.Run(func() bool {
		r.stays.check()
		met = cond()
		return met || r.exited(task)
	})
	switch {
	case met:
		return nil
	case err != nil:
		return r.bounds.judge(what, err)
	case ok:
		return fmt.Errorf("%w: waiting until %s: %s has exited", ErrNotConverged, what, task)
	}
	return fmt.Errorf("%w: waiting until %s: %s", ErrNotConverged, what, r.rest())
}

// exited reports whether the task of that name has been there and has exited.
func (r *runner) exited(name string) bool {
	if name == "" {
		return false
	}
	id, ok := r.lab.Machine.TaskByName(name)
	t, _ := r.lab.Machine.Task(id)
	return ok && t.State == emu.Exited
}

// rest says why nothing moves any more.
func (r *runner) rest() string {
	var waiting []string
	for _, id := range r.lab.Machine.Tasks() {
		if t, _ := r.lab.Machine.Task(id); !t.Kernel {
			waiting = append(waiting, fmt.Sprintf("%s is %s", t.Name, t.State))
		}
	}
	switch {
	case r.line.Verb == scenario.RunUntil:
		id, _ := r.lab.Machine.TaskByName(r.line.Task)
		return fmt.Sprintf("it is %s, and nothing will change that while all others stand still", place(r.lab, id))
	case len(waiting) == 0:
		return "all tasks have exited"
	}
	return "nothing moves any more: " + strings.Join(waiting, ", ")
}

// task returns a task by its name in the script.
func (r *runner) task(name string) (guest.TaskID, error) { return taskByName(r.lab, name) }

// taskByName finds a task. The error names the nearest, or those that there are.
func taskByName(l *lab.Lab, name string) (guest.TaskID, error) {
	id, ok := l.Machine.TaskByName(name)
	if !ok {
		var names []string
		for _, id := range l.Machine.Tasks() {
			names = append(names, l.Machine.TaskName(id))
		}
		return 0, fmt.Errorf("no task is called %q: %s", name, scenario.Suggest(name, names))
	}
	return id, nil
}

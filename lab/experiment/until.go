package experiment

import (
	"fmt"
	"slices"
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
// that cannot do it any more.
func (r *runner) untilTask(task, what string, cond func() bool) error {
	met, never := false, ""
	_, err := r.lab.Run(func() bool {
		r.progress.set(r.lab)
		r.stays.check()
		if met = cond(); !met {
			never = r.never(task)
		}
		return met || never != ""
	})
	switch {
	case met:
		return nil
	case err != nil:
		return r.bounds.judge(what+r.pending(), err)
	case never != "":
		r.bounds.cut = true // what else goes on is not seen to its end
		return fmt.Errorf("%w: waiting until %s: %s", ErrNotConverged, what, never)
	}
	return fmt.Errorf("%w: waiting until %s: %s", ErrNotConverged, what, r.rest())
}

// never says why a task will not do what the script waits for, or "".
func (r *runner) never(task string) string {
	if task == "" {
		return ""
	}
	id, _ := r.lab.Machine.TaskByName(task)
	t, _ := r.lab.Machine.Task(id)
	moves := r.line.Verb == scenario.WaitIn || r.line.Verb == scenario.WaitAsleep
	switch {
	case t.State == emu.Exited:
		return task + " has exited"
	case t.State == emu.Held && moves:
		return task + " is held"
	}
	return ""
}

// pending says whom a transition waits for that the script waits for, or nothing.
func (r *runner) pending() string {
	if r.line.Verb != scenario.WaitPath {
		return ""
	}
	var names []string
	for _, p := range r.lab.Model.Pending() {
		names = append(names, p.Name)
	}
	if names == nil {
		return ""
	}
	return ", for which " + strings.Join(names, ", ") + " must be switched"
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

// taskByName finds a task, idle ones too. The error names the nearest, or those that there
// are.
func taskByName(l *lab.Lab, name string) (guest.TaskID, error) {
	ids := slices.Clone(l.Machine.Tasks())
	for c := range l.Machine.CPUs() {
		ids = append(ids, guest.IdleTask(guest.CPUID(c)))
	}
	var names []string
	for _, id := range ids {
		names = append(names, l.Machine.TaskName(id))
	}
	if i := slices.Index(names, name); i >= 0 {
		return ids[i], nil
	}
	if id, ok := l.Machine.TaskByName(name); ok { // it has exited
		return id, nil
	}
	return 0, fmt.Errorf("no task is called %q: %s", name, scenario.Suggest(name, names))
}

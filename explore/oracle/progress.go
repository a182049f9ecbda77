package oracle

import (
	"errors"
	"fmt"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/livepatch"
)

// Ended judges the end of a run that could not go on, or not for longer: err is what the
// machine said, nil when nothing moves any more. It judges [Progress], and
// [NothingDangles] for a fault.
//
// Preconditions: for Progress the scheduling was fair, and the run not cut short from
// outside. A run with a task that is held is not judged.
func (o *Oracle) Ended(err error) {
	var f *emu.Fault
	if errors.As(err, &f) {
		o.checkFault(f)
		return
	}
	if o.current == none || o.holding() {
		return
	}
	v := Violation{Rule: Progress, Attribution: KnownLimit}
	var why []string
	for _, p := range o.l.Model.Pending() {
		why = append(why, p.String())
		if !o.stays(p) {
			v.Attribution = Model
		}
	}
	if len(why) == 0 {
		v.Attribution = Model
		why = []string{"no task is pending"}
	}
	v.Text = fmt.Sprintf("the transition of %s is not complete: %s", o.patches[o.current].name, strings.Join(why, "; "))
	o.report(v)
}

// ToUser implements [lab.Witness]: a task goes to user mode. It judges the second half of
// [Progress].
func (o *Oracle) ToUser(id guest.TaskID) {
	p := o.current
	if p == none || o.patches[p].forced || !o.l.Model.Flagged(id) {
		return
	}
	state, _ := o.l.Model.PatchState(id)
	_, target := o.l.Model.At()
	t := o.task(id)
	if state == int(target) || t.passed {
		return
	}
	t.passed = true
	o.report(Violation{Rule: Progress, Task: id, Text: fmt.Sprintf(
		"%s was flagged, has come to user mode, and still is on the %s side of %s", o.name(id), sideOf(state), o.patches[p].name)})
}

// holding reports whether some task is kept from going on.
func (o *Oracle) holding() bool {
	for _, id := range o.l.Machine.Tasks() {
		if t, _ := o.l.Machine.Task(id); t.State == emu.Held {
			return true
		}
	}
	return false
}

// stays reports whether a task is where no rule of livepatch moves it: really in a
// function of the side that is left.
func (o *Oracle) stays(p livepatch.PendingTask) bool {
	left := sideOf(int(p.State))
	for _, a := range o.l.Machine.Truth().Live(p.Task) {
		if o.side(o.current, a) == left {
			return true
		}
	}
	return false
}

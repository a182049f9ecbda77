package oracle

import (
	"fmt"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/livepatch"
)

// Switched implements [lab.Witness]: a task changes its side. It judges the first half of
// [CleanSwitch], and takes in that tasks are forced.
func (o *Oracle) Switched(s livepatch.Switched) {
	if _, idle := s.Task.Idle(); idle {
		return // no guest code runs on it
	}
	left, p := sideOf(int(int64(s.From))), o.current
	if p == none || left == neither || sideOf(int(int64(s.To))) == neither {
		return
	}
	if s.Rule == livepatch.RuleForce {
		o.force(p)
	}
	t := o.task(s.Task)
	t.late = 0
	switch {
	case o.patches[p].unjudged():
	case o.l.Machine.Deciding():
		// The recorder is behind: what begins in this very step is not judged by the
		// side that the task is on.
		t.asked = o.l.Machine.Steps() + 1
	default:
		o.checkLive(p, s, left, t)
	}
}

// force waives the sides of the p-th patch and of those that it replaces.
func (o *Oracle) force(p int) {
	for i := range o.patches {
		if i == p || o.patches[i].covered && o.patches[p].replaces {
			o.patches[i].forced = true
		}
	}
}

// checkLive wants nothing of the side that is left to be live: the innermost such
// activation is told.
func (o *Oracle) checkLive(p int, s livepatch.Switched, left side, t *task) {
	live := o.l.Machine.Truth().Live(s.Task)
	for i := len(live) - 1; i >= 0; i-- {
		a := live[i]
		if o.side(p, a) != left {
			continue
		}
		if !a.Committed {
			t.late = a.Slot
		}
		t.cause = o.whose(s, t, i, a)
		o.report(Violation{
			Rule: CleanSwitch, Attribution: t.cause, Task: s.Task, Call: o.call(a),
			Text: fmt.Sprintf("%s was switched to the %s side of %s, by the rule %q, while it was %s the %s %s",
				o.name(s.Task), left.other(), o.patches[p].name, s.Rule.String(), inside(a), left, o.function(p, a)),
		})
		return
	}
}

// other returns the other side.
func (s side) other() side { return without + with - s }

// inside says how far an activation is.
func inside(a emu.Activation) string {
	if a.Committed {
		return "in"
	}
	return "on the way, decided already, into"
}

// whose tells whose fault it is that a task was switched in spite of its i-th activation.
// livepatch's own check does not see a body that was decided on and that is not on the
// stack yet, unless that is the function which was called; nor code of a function outside
// of its range. That counts for a task whose stack it was shown, and rightly so.
func (o *Oracle) whose(s livepatch.Switched, t *task, i int, a emu.Activation) Attribution {
	checked := s.Rule == livepatch.RuleAttempt || s.Rule == livepatch.RuleSched
	if d, _ := o.l.Machine.Task(s.Task); !checked || !t.unwound || d.Interrupted {
		return Model
	}
	if a.Committed && t.isOutside(i) || !a.Committed && bySite(a) {
		return KnownLimit
	}
	return Model
}

// checkBegins judges the second half of [CleanSwitch] when a body of side s of the patch in
// transition begins.
func (o *Oracle) checkBegins(id guest.TaskID, a emu.Activation, s side) {
	state, _ := o.l.Model.PatchState(id)
	on, t := sideOf(state), o.task(id)
	if on == neither || on == s || t.asked == o.l.Machine.Steps()+1 {
		return
	}
	if t.late == a.Slot {
		t.late = 0 // it was told when the task was switched
		return
	}
	v := Violation{Rule: CleanSwitch, Attribution: t.cause, Task: id, Call: o.call(a)}
	if byName(a, s) {
		v.Attribution = Author
	}
	v.Text = fmt.Sprintf("%s begins to run the %s %s, and is on the %s side of %s",
		o.name(id), s, o.function(o.current, a), on, o.patches[o.current].name)
	o.report(v)
}

package explore

import (
	"context"
	"errors"

	"patchlab/explore/oracle"
	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/livepatch"
)

// Explanation is one run told step by step. [Explanation.Text] writes it.
type Explanation struct {
	Tasks []TaskName // that there were in the run, by id
	// Moments are how things stood before the first step, and after each.
	Moments []Moment
	Ending  search.Ending // when the schedule was followed to its end
	// Difference says where the run did not follow the schedule, or is nil.
	Difference *search.Difference
	Bad        *Bad // when the run failed
	// Near is the nearest schedule that passes, for a run that failed; nil when there is
	// none, or when NearCut says that the search for it was cut short.
	Near    *search.Near
	NearCut bool
}

// TaskName is a task's id and name.
type TaskName struct {
	ID   guest.TaskID
	Name string
}

// Moment is a step, and how things stood after it.
type Moment struct {
	Step     search.Step // zero before the first step
	Preempts string      // the task that could have gone on in place of the step's, or ""
	Notes    []string    // what happened
	// Transition says which patch is on its way, and where to; "" for none.
	Transition string
	// States are in the order of Explanation.Tasks; those of tasks that are born later are
	// not there.
	States []TaskState

	shown []entry // stacks that the model was shown
}

// TaskState is the state of a task as livepatch sees it.
type TaskState struct {
	Gone    bool
	State   int  // patch_state: -1, 0 or 1
	Pending bool // TIF_PATCH_PENDING
}

// Bad is what went wrong in a run, in its last step.
type Bad struct {
	search.Failure
	Statement string // what the rule says, or ""
	Stacks    []Stacks
}

// Stacks are the two stacks of a task: what is live in truth, and what the unwinder says.
type Stacks struct {
	Task  string
	Place string // what it does, and where
	// Live are the live calls of functions that a patch is about, innermost first.
	Live []string
	// Read says when the unwinder was asked, and Frames what it says, innermost first;
	// Unreliable is its error when it says nothing, or "".
	Read       string
	Frames     []string
	Unreliable string
}

// nearSteps bounds the steps that the search for a passing schedule may take.
const nearSteps = 2_000_000

// Explain runs a schedule and tells what happens. The error is a failure of the
// laboratory, or ctx's; a schedule that cannot be followed is none.
func (s *Subject) Explain(ctx context.Context, schedule search.Schedule) (*Explanation, error) {
	w := &chronicler{}
	sys, err := newSystem(s.built, s.bounds, s.options, watch{memory: s.memory, witness: w, counting: true})
	if err != nil {
		return nil, err
	}
	defer sys.Close()
	t := &told{System: sys, w: w, e: &Explanation{}}
	e := t.e
	e.Ending, err = search.Replay(t, schedule)
	if err != nil && !errors.As(err, &e.Difference) {
		return nil, err
	}
	if e.Difference != nil || e.Ending.Status != search.Failed {
		return e, nil
	}
	e.Bad = t.bad(e.Ending.Failure)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e.Near, err = search.NearestPassing(ctx, &bounded{sys, nearSteps, cancel}, t.path)
	if errors.Is(err, context.Canceled) {
		e.NearCut, err = true, nil
	}
	return e, err
}

// bounded is a system that cancels what it is used for after so many steps.
type bounded struct {
	*System
	left   int
	cancel func()
}

func (b *bounded) Do(c search.Choice) (search.Status, error) {
	if b.left--; b.left == 0 {
		b.cancel()
	}
	return b.System.Do(c)
}

// told is a system that tells of its run as it goes.
type told struct {
	*System
	w    *chronicler
	e    *Explanation
	path []search.Choice
}

// Reset implements [search.System].
func (t *told) Reset() (search.Status, error) {
	status, err := t.System.Reset()
	t.path = t.path[:0]
	t.e.Moments = []Moment{t.moment(len(t.w.log))}
	return status, err
}

// Do implements [search.System].
func (t *told) Do(c search.Choice) (search.Status, error) {
	var step search.Step
	step.Actor, step.Kind, step.Point = t.Describe(c)
	preempted := ""
	if t.Preempts(c) && t.last != 0 {
		preempted = t.lab.Machine.TaskName(t.last)
	}
	var notes []string
	if guest.TaskID(c.Actor) == t.lab.Operator && !t.begun {
		notes = append(notes, t.d.Script[t.command].String())
	}
	before, from := t.decided(guest.TaskID(c.Actor)), len(t.w.log)
	status, err := t.System.Do(c)
	if err != nil {
		return status, err
	}
	if now := t.decided(guest.TaskID(c.Actor)); now != "" && now != before {
		notes = append(notes, "decides on "+now)
	}
	t.path = append(t.path, c)
	m := t.moment(from)
	m.Step, m.Preempts = step, preempted
	m.Notes = append(notes, m.Notes...)
	t.e.Moments = append(t.e.Moments, m)
	return status, nil
}

// decided names the body that was decided on for a task and has not begun; "" for none.
func (t *told) decided(id guest.TaskID) string {
	live := t.lab.Machine.Truth().Live(id)
	if n := len(live); n > 0 && live[n-1].Body != 0 && !live[n-1].Committed {
		return t.w.called(live[n-1])
	}
	return ""
}

// moment takes down how things stand, with what has happened since the log had from
// entries.
func (t *told) moment(from int) Moment {
	m := Moment{Transition: t.transition()}
	for _, id := range t.lab.Machine.Tasks() {
		if n := len(t.e.Tasks); n == 0 || id > t.e.Tasks[n-1].ID {
			t.e.Tasks = append(t.e.Tasks, TaskName{id, t.lab.Machine.TaskName(id)})
		}
	}
	for _, id := range t.e.Tasks {
		state, ok := t.lab.Model.PatchState(id.ID)
		m.States = append(m.States, TaskState{!ok, state, t.lab.Model.Flagged(id.ID)})
	}
	for _, e := range t.w.log[from:] {
		switch {
		case e.stack != nil:
			m.shown = append(m.shown, e)
		case e.task != 0:
			m.Notes = append(m.Notes, t.lab.Machine.TaskName(e.task)+" "+e.text)
		default:
			m.Notes = append(m.Notes, e.text)
		}
	}
	return m
}

// transition says which patch is on its way.
func (t *told) transition() string {
	for _, name := range t.lab.Model.Patches() {
		id, _ := t.lab.Model.PatchByName(name)
		switch t.lab.Model.Phase(id) {
		case livepatch.PhasePatching:
			return "patching " + name + ", to 1"
		case livepatch.PhaseUnpatching:
			return "unpatching " + name + ", to 0"
		}
	}
	return ""
}

// bad says what went wrong in the last step.
func (t *told) bad(f search.Failure) *Bad {
	b := &Bad{Failure: f}
	about := guest.TaskID(0)
	if rule, ok := oracle.RuleByName(f.Rule); ok && t.w.bad != nil {
		b.Statement = rule.Statement()
		about = t.w.bad.violation.Task
	}
	if about != 0 {
		b.Stacks = append(b.Stacks, t.stacks(about, t.w.bad))
	}
	if n := len(t.path); n > 0 && guest.TaskID(t.path[n-1].Actor) != about {
		b.Stacks = append(b.Stacks, t.stacks(guest.TaskID(t.path[n-1].Actor), nil))
	}
	return b
}

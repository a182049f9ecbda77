package experiment

import (
	"slices"

	"patchlab/guest"
	"patchlab/livepatch"
)

// Transition is what became of one transition.
type Transition struct {
	Patch string
	// Direction is "patching" or "unpatching".
	Direction string
	Start     guest.Time
	End       guest.Time // of one that has ended
	// Outcome is "complete", "canceled", "reversed", or "" for one that runs still.
	Outcome string
	Moves   []Move // in the order in which they happened
	Waits   []Wait // likewise
}

// Move is a task's switch from one side to the other.
type Move struct {
	Task  guest.TaskID
	Name  string
	Time  guest.Time
	Rule  livepatch.Rule
	Where string // where the task stood
}

// Wait is a reason for which attempts left a task where it was.
type Wait struct {
	Task   guest.TaskID
	Name   string
	Reason string
	Stack  []string // what it seemed to be in then, innermost first, with source lines
}

// same reports whether two waits are of one task and for one reason.
func (w Wait) same(o Wait) bool { return w.Task == o.Task && w.Reason == o.Reason }

// directions are the words for where a transition heads, by its target.
var directions = map[uint64]string{livepatch.Patched: "patching", livepatch.Unpatched: "unpatching"}

// reached takes in that a transition has come to a stage.
func (r *recorder) reached(s livepatch.Stage, of livepatch.Transition) {
	r.Transitions = follow(r.Transitions, s, of, r.Lab.Now())
}

// follow brings the transitions up to date with a stage that the last one has reached, or
// a new one.
func follow(ts []Transition, s livepatch.Stage, of livepatch.Transition, now guest.Time) []Transition {
	next := Transition{Patch: of.Name, Direction: directions[of.Target], Start: now}
	if s == livepatch.Initializing {
		return append(ts, next)
	}
	t := &ts[len(ts)-1]
	switch s {
	case livepatch.Canceling:
		t.Outcome = "canceled"
	case livepatch.Reversing:
		t.End, t.Outcome = now, "reversed"
		next.Direction = directions[1-of.Target]
		return append(ts, next)
	case livepatch.Complete:
		if t.End = now; t.Outcome == "" {
			t.Outcome = "complete"
		}
	}
	return ts
}

// checked takes in an attempt at a task: what left it where it is.
func (r *recorder) checked(id guest.TaskID, c livepatch.Check) {
	t := r.transition()
	if t == nil || c.Verdict.Ok() {
		return
	}
	w := Wait{Task: id, Name: r.Lab.Machine.TaskName(id), Reason: reason(r.Lab, id, c)}
	if !slices.ContainsFunc(t.Waits, w.same) {
		w.Stack = frames(r.Lab, id)
		t.Waits = append(t.Waits, w)
	}
}

// transition returns the last transition, or nil.
func (r *recorder) transition() *Transition {
	if n := len(r.Transitions); n > 0 {
		return &r.Transitions[n-1]
	}
	return nil
}

// switched takes in that a task is being switched.
func (r *recorder) switched(s livepatch.Switched) {
	name, where := r.Lab.Machine.TaskName(s.Task), stood(r.Lab, s)
	if t := r.transition(); t != nil {
		t.Moves = append(t.Moves, Move{Task: s.Task, Name: name, Time: s.Time, Rule: s.Rule, Where: where})
	}
	r.add(Event{Kind: Moved, Task: s.Task, Name: name, Text: where, Rule: s.Rule, To: s.To})
}

package experiment

import (
	"regexp"
	"slices"
	"strconv"

	"patchlab/emu"
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
}

// The lines of the kernel log that say what becomes of transitions and tasks.
var (
	transitionLine = regexp.MustCompile(`^livepatch: '(.+)': (?:(initializing|completing) (\w+) transition|(canceling|reversing) .*|(\w+) complete)$`)
	checkLine      = regexp.MustCompile(`^livepatch: klp_try_switch_task: .*:(\d+) (?:is|has) `)
)

// programLevel is the level of the lines that the program logs, and the laboratory for
// its commands: whatever they say, they are not livepatch's.
const programLevel = "info"

// follow keeps the transitions up to date with a line of the log, and reports whether it
// is one about a single task.
func (r *recorder) follow(l emu.LogLine) (check bool) {
	if l.Level == programLevel {
		return false
	}
	if m := checkLine.FindStringSubmatch(l.Text); m != nil {
		pid, _ := strconv.ParseInt(m[1], 10, 32)
		r.waits(guest.TaskID(pid))
		return true
	}
	m := transitionLine.FindStringSubmatch(l.Text)
	if m == nil {
		return false
	}
	t := r.transition()
	switch {
	case m[2] == "initializing":
		r.Transitions = append(r.Transitions, Transition{Patch: m[1], Direction: m[3], Start: l.Time})
	case t == nil:
	case m[4] == "canceling":
		t.Outcome = "canceled"
	case m[4] == "reversing":
		t.End, t.Outcome = l.Time, "reversed"
		other := map[string]string{"patching": "unpatching", "unpatching": "patching"}[t.Direction]
		r.Transitions = append(r.Transitions, Transition{Patch: t.Patch, Direction: other, Start: l.Time})
	case m[5] != "":
		if t.End = l.Time; t.Outcome == "" {
			t.Outcome = "complete"
		}
	}
	return false
}

// transition returns the last transition, or nil.
func (r *recorder) transition() *Transition {
	if n := len(r.Transitions); n > 0 {
		return &r.Transitions[n-1]
	}
	return nil
}

// waits takes in that an attempt left a task where it is.
func (r *recorder) waits(id guest.TaskID) {
	t := r.transition()
	if t == nil {
		return
	}
	w := Wait{Task: id, Name: r.Lab.Machine.TaskName(id), Reason: reason(r.Lab, id, r.Lab.Model.LastCheck(id))}
	if !slices.Contains(t.Waits, w) {
		t.Waits = append(t.Waits, w)
	}
}

// switched takes in that a task is being switched.
func (r *recorder) switched(s livepatch.Switched) {
	name, where := r.Lab.Machine.TaskName(s.Task), stood(r.Lab, s)
	if t := r.transition(); t != nil {
		t.Moves = append(t.Moves, Move{Task: s.Task, Name: name, Time: s.Time, Rule: s.Rule, Where: where})
	}
	r.add(Event{Kind: Moved, Task: s.Task, Name: name, Text: where, Rule: s.Rule, To: s.To})
}

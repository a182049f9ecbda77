package livepatch

import "patchlab/guest"

// Observer is told what a model does, apart from its log. It must not touch the model
// or the store.
type Observer interface {
	// Reached reports that a transition has come to a stage, before the log says so.
	Reached(s Stage, t Transition)
	// Checked reports an attempt at a task.
	Checked(task guest.TaskID, c Check)
	// Switched reports that a task changed its patch state during a transition.
	Switched(Switched)
	// Warned reports a WARN of the kernel: something that must never happen. The
	// same line goes to the log.
	Warned(line string)
}

// Stage is a point in the life of a transition.
type Stage uint8

// The stages, by the lines of the log that mark them.
const (
	Initializing Stage = iota // every task is about to get the state of the side that is left
	Starting                  // tasks are about to be flagged
	Reversing                 // the target is about to flip
	Canceling                 // enabling has failed; it ends as an unpatching
	Completing                // all tasks have arrived
	Complete                  // the transition is over
)

// String returns the stage's name in lower case.
func (s Stage) String() string {
	return [...]string{"initializing", "starting", "reversing", "canceling", "completing", "complete"}[s]
}

// Transition says which transition a stage is of.
type Transition struct {
	Patch PatchID
	Name  string // of the patch
	// Target is where it heads: Patched or Unpatched. At Reversing it is where it has
	// headed until now.
	Target uint64
}

// At returns the stage that the transition in progress has come to, Complete when there
// is none, and its target as it is now.
func (m *Model) At() (s Stage, target uint64) { return m.stage, m.store.Peek(m.vars.target) }

// reached tells the observer.
func (m *Model) reached(s Stage, id PatchID, target uint64) {
	m.stage = s
	if m.observer != nil {
		m.observer.Reached(s, Transition{Patch: id, Name: m.patches[id].name, Target: target})
	}
}

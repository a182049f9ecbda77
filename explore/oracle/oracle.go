package oracle

import (
	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
)

// Oracle judges the runs of one laboratory.
type Oracle struct {
	l *lab.Lab // fixed

	// State of the run; a snapshot copies it.
	run

	sides []livepatch.Sides // scratch
}

// run is what an oracle keeps of a run.
type run struct {
	patches []patch     // loaded, oldest first
	funcs   []function  // of all of them
	tasks   []task      // by id - 1, as far as there was something to keep
	names   []name      // what the patches say that they replace
	gone    []module    // unloaded
	current int         // index in patches of the one in transition, or none
	found   []Violation // in the order in which they were found
	more    int         // how many were found beyond maxViolations
	tails   int         // tail mixes
}

// none is no index.
const none = -1

// task is what is kept of a task during a transition.
type task struct {
	// unwound says that a stack was shown to the model in this transition, and outside
	// which of the activations the last one showed only outside of their function's
	// range, by their index.
	unwound bool
	outside uint64
	// late is the slot of an activation that was told to be of the side that was left
	// before it has begun.
	late guest.Addr
	// asked is the step of the machine, plus 1, in which a handler that was taken whole
	// has switched the task.
	asked uint64
	// passed says that it was told of the task that it came to user mode and stayed behind.
	passed bool
	// cause is whose fault the last unclean switch of the task was; what follows from it
	// is so as well.
	cause Attribution
}

// module is a module that was unloaded.
type module struct {
	name string
	at   guest.Range
}

// Attach returns the oracle of a laboratory, which is told of all that happens there from
// now on.
//
// Preconditions: as of [lab.Lab.Attach].
func Attach(l *lab.Lab) *Oracle {
	o := &Oracle{l: l, run: run{current: none}}
	l.Attach(o)
	return o
}

// Violations returns what was found so far, in order, at most a thousand. The caller must
// not change them; they are valid until the laboratory goes on.
func (o *Oracle) Violations() []Violation { return o.found }

// Found returns how many violations were found so far.
func (o *Oracle) Found() int { return len(o.found) + o.more }

// TailMixes returns how often a body of one side has called one of the other by a tail
// call. It has left then: nothing is mixed in the sense of [NoMixing], and it still is
// what an author may not expect.
func (o *Oracle) TailMixes() int { return o.tails }

// report takes in a violation of now.
func (o *Oracle) report(v Violation) {
	if len(o.found) >= maxViolations {
		o.more++
		return
	}
	v.Time = o.l.Now()
	o.found = append(o.found, v)
}

// task returns what is kept of a task, to change.
func (o *Oracle) task(id guest.TaskID) *task {
	for int(id) > len(o.tasks) {
		o.tasks = append(o.tasks, task{})
	}
	return &o.tasks[id-1]
}

// Committed implements [lab.Witness]: a body begins in a task.
func (o *Oracle) Committed(id guest.TaskID, a emu.Activation, live []emu.Activation) {
	if len(o.gone) > 0 {
		o.checkGone(id, a)
	}
	for p := range o.patches {
		s := o.side(p, a)
		if s == neither || o.patches[p].unjudged() {
			continue
		}
		o.checkMixing(p, id, a, s, live)
		if o.patches[p].left != neither {
			o.checkDone(p, id, a, s)
		} else if p == o.current {
			o.checkBegins(id, a, s)
		}
	}
}

// Reached implements [lab.Witness]: a transition comes to a stage.
func (o *Oracle) Reached(s livepatch.Stage, t livepatch.Transition) {
	switch s {
	case livepatch.Initializing:
		o.beginTransition(t)
	case livepatch.Completing:
		o.beginCompletion(t.Target)
	case livepatch.Complete:
		o.checkIdle(t)
		o.current = none
	}
}

// Save implements [lab.Witness].
func (o *Oracle) Save(old any) any {
	s, ok := old.(*run)
	if !ok {
		s = &run{}
	}
	s.copy(&o.run)
	return s
}

// Restore implements [lab.Witness].
func (o *Oracle) Restore(state any) error {
	o.copy(state.(*run))
	return nil
}

// copy makes r equal to from, in r's own memory.
func (r *run) copy(from *run) {
	r.patches = append(r.patches[:0], from.patches...)
	r.funcs = append(r.funcs[:0], from.funcs...)
	r.tasks = append(r.tasks[:0], from.tasks...)
	r.names = append(r.names[:0], from.names...)
	r.gone = append(r.gone[:0], from.gone...)
	r.current = from.current
	r.found = append(r.found[:0], from.found...)
	r.more, r.tails = from.more, from.tails
}

var _ lab.Witness = (*Oracle)(nil)

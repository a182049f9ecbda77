package explore

import (
	"slices"
	"strings"

	"patchlab/explore/classes"
	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/protocol"
)

// Places of what is no memory, above all of it: the variables of the protocols, and a byte
// for all else that there is of each task.
const (
	variablePlace guest.Addr = 1 << 62
	taskPlace     guest.Addr = 1 << 63
	taskPlaces               = 1 << 16
)

// ownSteps are the beginnings of the names of those protocol steps that tasks of the program
// make: handler, exit gate, scheduler hook. They touch variables of the store and what is
// their task's own; what else they read (patches and their functions, sites, modules) only
// operator and worker write, and the oracle judges them by what is their task's own, and
// what steps of those two have left.
var ownSteps = []string{"H.", "X.", "S.", "rmb_sched"}

// coreSteps are those of the operator's and the worker's steps that touch variables of the
// store, their own task, and otherwise read only what operator and worker write in other
// steps: barriers, locks of the task list, and switches of func->transition and of the
// scheduler's hook. A step for one task, such as P.flag[T], is not among them: tasks look
// at their own state in more ways than by reading the variable.
var coreSteps = []string{"wmb_", "P.lock_", "P.unlock_", "P.trans[f]", "P.clear[f]", "P.hook_on", "P.hook_off", "P.signals", "P.swappers_"}

// footprints notes for each step of a run what it has touched.
//
// A step that is known to touch nothing else has touched the memory that the guest has
// accessed, the variables of the store that were read and written, and its task. Every other
// step stands for all tasks: most steps of the operator and the worker, interrupts, steps
// that wake, wait, print, look at the time or end a task, and those behind which the script
// goes on. That is more than they touch, so there can be more classes than there need be,
// and never fewer.
type footprints struct {
	s     *System
	run   *classes.Run
	store *protocol.Store

	// Of the step in progress:
	own      bool // by its kind, it touches only what is known
	command  int
	begun    bool
	reads    protocol.VarSet
	accesses []classes.Access // the variables written, then all
}

// Wrote implements [protocol.Observer].
func (f *footprints) Wrote(v protocol.Var, _ protocol.Access, _, _ uint64) { f.variable(v, true) }

func (f *footprints) variable(v protocol.Var, write bool) {
	f.accesses = append(f.accesses, classes.Access{Range: guest.RangeOf(variablePlace+guest.Addr(v), 1), Write: write})
}

// begin is called before a step.
func (f *footprints) begin(c search.Choice) {
	id, m := guest.TaskID(c.Actor), f.s.lab.Machine
	point := m.Point(id)
	switch {
	case id == f.s.lab.Operator || id == f.s.lab.Worker:
		// When one of them wakes by time, it is counted how often.
		f.own = c.Kind == search.Move && begins(point, coreSteps)
	case c.Kind == kindInterrupt: // there is a bound on all of them together
		f.own = false
	default:
		f.own = point == "" || begins(point, ownSteps)
	}
	f.command, f.begun = f.s.command, f.s.begun
	f.accesses = f.accesses[:0]
	f.reads.Clear()
	f.store.TraceReads(&f.reads)
}

// begins reports whether s has one of the beginnings.
func begins(s string, beginnings []string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(s, b) })
}

// stop is called when the step is made, well or not.
func (f *footprints) stop() { f.store.TraceReads(nil) }

// end adds the step to the run.
func (f *footprints) end(c search.Choice, status search.Status) {
	point := uint64(c.Kind)<<32 | uint64(c.Point)
	if !f.own || !f.s.lab.Machine.Private() || status == search.Failed || f.command != f.s.command || f.begun != f.s.begun {
		f.run.Add(int(c.Actor), point, []classes.Access{{Range: guest.RangeOf(taskPlace, taskPlaces), Write: true}})
		return
	}
	for v := range f.store.Len() {
		if f.reads.Has(protocol.Var(v)) {
			f.variable(protocol.Var(v), false)
		}
	}
	for _, a := range f.s.lab.Machine.Accesses() {
		f.accesses = append(f.accesses, classes.Access{Range: guest.RangeOf(a.Addr, a.Size), Write: a.Write})
	}
	f.accesses = append(f.accesses, classes.Access{Range: guest.RangeOf(taskPlace+guest.Addr(c.Actor), 1), Write: true})
	f.run.Add(int(c.Actor), point, f.accesses)
}

// classifying is a system that also knows the classes of its runs.
type classifying struct{ *System }

// Classify has the system note what its steps touch from now on, which makes them slower,
// and returns it as a [search.Classifier].
func (s *System) Classify() search.System {
	m := s.lab.Machine
	actors := int(max(s.lab.Operator, s.lab.Worker))
	for _, id := range m.Tasks() {
		actors = max(actors, int(id))
	}
	f := &footprints{s: s, run: classes.New(actors + 1), store: m.Program().Store}
	f.store.Observe(f)
	m.TraceAccesses()
	s.footprints = f
	return classifying{s}
}

// Class implements [search.Classifier].
func (s classifying) Class() [2]uint64 { return s.footprints.run.Class() }

// ClassText implements [search.ClassTeller].
func (s classifying) ClassText() string {
	return s.footprints.run.Text(func(actor int, point uint64) (string, string) {
		name := s.points.name(uint32(point))
		if kind := kindNames[point>>32]; kind != "" {
			name += ":" + kind
		}
		return s.lab.Machine.TaskName(guest.TaskID(actor)), name
	})
}

var (
	_ search.Classifier  = classifying{}
	_ search.ClassTeller = classifying{}
	_ search.Witness     = classifying{}
)

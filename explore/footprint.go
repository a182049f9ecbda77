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
// store, their own task, and otherwise only what operator and worker alone read and write:
// barriers, locks, waits for CPUs, what comes before a site is written and behind it, and
// switches of func->transition and of the scheduler's hook.
var coreSteps = []string{
	"wmb_", "P.lock_", "P.unlock_", "P.trans[f]", "P.clear[f]", "P.hook_on", "P.hook_off", "P.signals", "P.swappers_",
	"P.entry", "P.decide", "P.count", "P.signal_due", "sync_complete_", "sync_reverse", "sync_rcu_tasks_rude",
	"T.lock", "T.check", "T.sync", "T.unlock",
}

// taskSteps are like coreSteps, and touch one more task: that whose variables they access.
// It looks at its own state in more ways than by reading the variables, so that they have
// touched all of it.
var taskSteps = []string{"P.state[T]", "P.flag[T]", "P.unflag[T]", "P.idle[T]", "P.try[T]"}

// footprints notes for each step of a run what it has touched.
//
// A step that is known to touch nothing else has touched the memory that the guest has
// accessed, the variables of the store that were read and written, and its task; one of the
// operator or the worker both of these, and the stack of the task that it is about. Every
// other step stands for all tasks: those in which the operator or the worker changes what
// tasks look at outside of the store, interrupts, steps that wake, wait, print, look at the
// time or end a task, and those behind which the script goes on. That is more than they
// touch, so there can be more classes than there need be, and never fewer.
type footprints struct {
	s     *System
	run   *classes.Run
	store *protocol.Store

	// Of the step in progress:
	own      bool // by its kind, it touches only what is known
	core     bool // it is the operator's or the worker's
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
		f.own = c.Kind == search.Move && (begins(point, coreSteps) || begins(point, taskSteps))
	case c.Kind == kindInterrupt: // there is a bound on all of them together
		f.own = false
	default:
		f.own = point == "" || begins(point, ownSteps)
	}
	f.core = f.own && f.s.poller(id) != nil
	// Where not all points of the protocols are there, a step can be several of these.
	f.own = f.own && f.s.bounds.Points&Protocol == Protocol
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
	f.task(guest.TaskID(c.Actor))
	if f.core {
		f.task(f.s.lab.Operator)
		f.task(f.s.lab.Worker)
		f.others()
	}
	f.run.Add(int(c.Actor), point, f.accesses)
}

// task notes that a task was touched.
func (f *footprints) task(id guest.TaskID) {
	f.accesses = append(f.accesses, classes.Access{Range: guest.RangeOf(taskPlace+guest.Addr(id), 1), Write: true})
}

// others notes the tasks whose variables were accessed, and their stacks.
func (f *footprints) others() {
	for _, id := range f.s.lab.Machine.Tasks() {
		for _, v := range f.s.lab.Model.Variables(id) {
			at := guest.RangeOf(variablePlace+guest.Addr(v), 1)
			if slices.ContainsFunc(f.accesses, func(a classes.Access) bool { return a.Range == at }) {
				f.task(id)
				f.accesses = append(f.accesses, classes.Access{Range: f.s.lab.Machine.KernelStack(id)})
				break
			}
		}
	}
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

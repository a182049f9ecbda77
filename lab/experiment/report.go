package experiment

import (
	"errors"

	"patchlab/emu"
	"patchlab/emu/trace"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/scenario"
)

// Report is what came of a run. Besides Lab it is plain data, which stays when the
// laboratory is closed; [Report.Timeline] and [Report.Summary] write it for a reader.
// Runs of the same scenario with the same options have the same report.
type Report struct {
	Lab *lab.Lab // still open; the caller closes it

	Scenario *scenario.Scenario
	// What the run was made with.
	Scheduler string
	Seed      uint64
	CPUs      int
	Breaks    []string

	Tasks       []Task // the program's, by rising id
	Events      []Event
	Transitions []Transition
	// Both describes the first moment at which one task was in an old body while
	// another was in a new one; "" if there was none.
	Both string

	Expectations int // how many were judged
	Failures     []*Failure
	// Violations are all that the oracle has found, expected or not, in order.
	Violations []oracle.Violation
	Err        error // why the script could not be carried on, as [Built.Run] returns it
	// Rest says where the tasks are that have not exited, when Err is not nil.
	Rest []Place
	// Stack is what the task of a guest fault seems to be in, innermost first, with source
	// lines; nil without a fault.
	Stack []string

	Functions []Function // that patches of the scenario replace
	// Nested counts calls of a patched function from inside of another during
	// transitions, by the patch state of the task; Mixed those of them, or later
	// ones, whose bodies were of both sides.
	Nested [2]uint64
	Mixed  int
	// TailMixes counts tail calls from a body of one side to one of the other.
	TailMixes int

	Digest trace.Digest
	Stats  emu.Stats
	Steps  uint64
	Time   guest.Time // at the end
}

// Task is a task of the program.
type Task struct {
	ID   guest.TaskID
	Name string
}

// Place says where a task is.
type Place struct {
	Name, Where string
	Stack       []string // what it seems to be in, innermost first, with source lines
}

// Function is a function that a patch replaces, and how often each side of it ran.
type Function struct {
	Name     string
	Old, New uint64
	entry    guest.Addr
}

// begin fills in what is known before the run.
func (r *Report) begin(l *lab.Lab, replaced []Function) {
	r.Lab, r.CPUs, r.Functions = l, l.Machine.CPUs(), replaced
	for _, id := range l.Machine.Tasks() {
		if t, _ := l.Machine.Task(id); !t.Kernel || t.Thread {
			r.Tasks = append(r.Tasks, Task{t.ID, t.Name})
		}
	}
}

// end fills in what is known behind the run, which ended with err.
func (r *Report) end(err error) {
	m := r.Lab.Machine
	if r.Err = err; err != nil {
		for _, id := range m.Tasks() {
			r.Rest = append(r.Rest, Place{m.TaskName(id), place(r.Lab, id), frames(r.Lab, id)})
		}
	}
	if fault := (*emu.Fault)(nil); errors.As(err, &fault) {
		r.Stack = frames(r.Lab, fault.Task)
	}
	counts := r.Lab.Counts()
	for i := range r.Functions {
		f := &r.Functions[i]
		f.Old, f.New = counts.Calls(f.entry, lab.SideOld), counts.Calls(f.entry, lab.SideNew)
	}
	r.Nested = [2]uint64{counts.Nested(0), counts.Nested(1)}
	r.Mixed = len(counts.Mixes())
	r.Digest, r.Stats, r.Steps, r.Time = m.Digest(), m.Stats(), m.Steps(), m.Now()
}

// OK reports whether the script was carried out and all was as expected.
func (r *Report) OK() bool { return r.Err == nil && len(r.Failures) == 0 }

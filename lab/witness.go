package lab

import (
	"patchlab/emu"
	"patchlab/guest"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// Witness is told of what really happens in a laboratory, and of what is claimed there,
// in the order in which it happens: what the program does, as the truth recorder has it,
// and what the model says that it does. It judges or counts; it must change nothing, and
// nothing in a run depends on it.
//
// When the machine goes back to an earlier state, the witness is taken back too, by
// Restore, and told again of what happens from there on. What it keeps between calls
// belongs into what Save returns.
//
// The program's side is told at the end of each run of guest code. A switch that the
// model makes inside of such a run is therefore told before the calls that were made in
// the run ahead of it; only a handler that is taken whole can do that.
type Witness interface {
	livepatch.Observer
	emu.TruthSink
	// Unwound reports a stack that the unwinder claims to be complete, when the model
	// has asked for it. s is valid until the call returns.
	Unwound(task guest.TaskID, s *unwind.Stack)
	// Loaded reports a module that is in memory from now on, and Unloaded one that is
	// about to go: nothing of it may be used from now on.
	Loaded(Module)
	Unloaded(Module)
	// Save and Restore are those of [emu.Companion].
	Save(old any) any
	Restore(state any) error
}

// Tracer is a witness that is told more, for who draws a run: steps, and calls that end.
type Tracer interface {
	Witness
	emu.Tracer
}

// Module is a module that comes or goes. Names are told when it comes.
type Module struct {
	Name  string
	Range guest.Range // of all that is in memory of it
	// Patch is what the model calls the patch that the module is, if IsPatch is true.
	Patch   livepatch.PatchID
	IsPatch bool
	// Replaces says that the patch takes the place of all others.
	Replaces bool
	// Names are the functions that the patch says it replaces.
	Names []Name
}

// Name is what a patch says of a function that it replaces.
type Name struct {
	Name   string
	Sympos uint64       // its position among those of that name, 0 for the only one
	At     []guest.Addr // all of that name that were loaded when the patch came, by address
	New    guest.Addr   // the replacement
}

// Attach has a witness told of all that happens from now on; one that is a [Tracer] of more.
//
// Preconditions: nothing has run in the laboratory yet, and no module was loaded.
func (l *Lab) Attach(w Witness) {
	if l.Machine.Steps() > 0 || len(l.modules) > 0 {
		panic("BUG: a witness was attached to a laboratory that has run")
	}
	l.witnesses = append(l.witnesses, w)
	if t, ok := w.(Tracer); ok {
		l.tracers = append(l.tracers, t)
		l.Machine.Trace(teller{l})
	}
}

// teller passes on what machine and model tell: to all witnesses, and to the observer,
// which cannot be taken back, each thing once.
type teller struct{ l *Lab }

// observer returns the observer, or nil when it must not be told.
func (t teller) observer() livepatch.Observer {
	if t.l.Machine.Repeating() {
		return nil
	}
	return t.l.config.Observer
}

func (t teller) Switched(s livepatch.Switched) {
	if o := t.observer(); o != nil {
		o.Switched(s)
	}
	for _, w := range t.l.witnesses {
		w.Switched(s)
	}
}

func (t teller) Reached(s livepatch.Stage, of livepatch.Transition) {
	if o := t.observer(); o != nil {
		o.Reached(s, of)
	}
	for _, w := range t.l.witnesses {
		w.Reached(s, of)
	}
}

func (t teller) Checked(id guest.TaskID, c livepatch.Check) {
	if o := t.observer(); o != nil {
		o.Checked(id, c)
	}
	for _, w := range t.l.witnesses {
		w.Checked(id, c)
	}
}

func (t teller) Warned(line string) {
	if o := t.observer(); o != nil {
		o.Warned(line)
	}
	for _, w := range t.l.witnesses {
		w.Warned(line)
	}
}

// Committed implements [emu.TruthSink].
func (t teller) Committed(task guest.TaskID, a emu.Activation, live []emu.Activation) {
	t.l.counts.Committed(task, a, live)
	for _, w := range t.l.witnesses {
		w.Committed(task, a, live)
	}
}

// ToUser implements [emu.TruthSink].
func (t teller) ToUser(task guest.TaskID) {
	for _, w := range t.l.witnesses {
		w.ToUser(task)
	}
}

// Left implements [emu.Tracer].
func (t teller) Left(task guest.TaskID, a emu.Activation) {
	for _, w := range t.l.tracers {
		w.Left(task, a)
	}
}

// Moves implements [emu.Tracer].
func (t teller) Moves(task guest.TaskID, c guest.CPUID) {
	for _, w := range t.l.tracers {
		w.Moves(task, c)
	}
}

// Moved implements [emu.Tracer].
func (t teller) Moved(task guest.TaskID, c guest.CPUID, on bool) {
	for _, w := range t.l.tracers {
		w.Moved(task, c, on)
	}
}

func (t teller) unwound(task guest.TaskID, s *unwind.Stack) {
	for _, w := range t.l.witnesses {
		w.Unwound(task, s)
	}
}

func (t teller) loaded(m *module) {
	d := m.describe()
	for _, o := range m.decl.Objects {
		for _, f := range o.Funcs {
			d.Names = append(d.Names, Name{f.OldName, f.Sympos, modelSymbols(t).Occurrences(o.Name, f.OldName), f.NewFunc})
		}
	}
	for _, w := range t.l.witnesses {
		w.Loaded(d)
	}
}

func (t teller) unloaded(m *module) {
	for _, w := range t.l.witnesses {
		w.Unloaded(m.describe())
	}
}

func (m *module) describe() Module {
	return Module{Name: m.name, Range: m.linked.Range, Patch: m.patch, IsPatch: m.isPatch, Replaces: m.replaces}
}

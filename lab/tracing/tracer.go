package tracing

import (
	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// maxEvents bounds a trace: more are more than a viewer opens.
const maxEvents = 1 << 20

// Tracer takes in what happens in a laboratory. It is a [lab.Tracer].
type Tracer struct {
	l      *lab.Lab
	events []event
	state
}

// state is the part of a tracer that is not in its events.
type state struct {
	current [64]guest.TaskID // by CPU
	staged  bool             // a transition is in a stage
	full    bool             // there were more events than are kept
}

// saved is what goes back with the machine.
type saved struct {
	state
	events int
}

// Attach draws what happens in l from now on.
//
// Preconditions: as of [lab.Lab.Attach].
func Attach(l *lab.Lab) *Tracer {
	t := &Tracer{l: l}
	l.Attach(t)
	return t
}

func (t *Tracer) add(e event) {
	if len(t.events) == maxEvents {
		t.full = true
		return
	}
	t.events = append(t.events, e)
}

// task is the lane of a task. Idle tasks come behind all others: viewers want no negative numbers.
func task(id guest.TaskID) lane {
	if c, idle := id.Idle(); idle {
		return lane{tasksPID, 1_000_000 + int(c)}
	}
	return lane{tasksPID, int(id)}
}

// Viewers take thread 0 for something of their own.
func cpu(c guest.CPUID) lane { return lane{cpusPID, int(c) + 1} }

// Committed implements [emu.TruthSink].
func (t *Tracer) Committed(id guest.TaskID, a emu.Activation, _ []emu.Activation) {
	e := event{at: t.l.Machine.Truth().Time(), kind: begin, in: task(id), name: t.name(a.Fn), call: a.Fn}
	if a.Body != a.Fn {
		e.body = t.name(a.Body)
	}
	if line, ok := t.l.Line(a.Body); ok {
		e.args = []arg{{"line", line.String()}}
	}
	if s, ok := t.l.Model.PatchState(id); ok && s >= 0 {
		e.args = append(e.args, arg{"patch_state", s})
	}
	t.add(e)
}

// name returns the name of a function.
func (t *Tracer) name(a guest.Addr) string {
	if s := t.l.Symbol(a); s != "" {
		return s
	}
	return a.String()
}

// Left implements [emu.Tracer].
func (t *Tracer) Left(id guest.TaskID, _ emu.Activation) {
	t.add(event{at: t.l.Machine.Truth().Time(), kind: end, in: task(id)})
}

// Moves implements [emu.Tracer].
func (t *Tracer) Moves(id guest.TaskID, c guest.CPUID) {
	if was := t.current[c]; was != id {
		t.leaveCPU(c)
		t.add(event{at: t.l.Now(), kind: begin, in: cpu(c), name: t.l.Machine.TaskName(id)})
		t.current[c] = id
	}
}

// Moved implements [emu.Tracer].
func (t *Tracer) Moved(_ guest.TaskID, c guest.CPUID, on bool) {
	if !on {
		t.leaveCPU(c)
	}
}

func (t *Tracer) leaveCPU(c guest.CPUID) {
	if t.current[c] != 0 {
		t.add(event{at: t.l.Now(), kind: end, in: cpu(c)})
		t.current[c] = 0
	}
}

// Switched implements [livepatch.Observer].
func (t *Tracer) Switched(s livepatch.Switched) {
	side := "old side"
	if s.To == livepatch.Patched {
		side = "new side"
	}
	t.add(event{at: t.l.Now(), kind: instant, in: task(s.Task), name: "switch to the " + side, args: []arg{{"rule", s.Rule.String()}}})
	t.count(s.Task, int(s.To))
}

// Reached implements [livepatch.Observer].
func (t *Tracer) Reached(s livepatch.Stage, of livepatch.Transition) {
	now := t.l.Now()
	if t.staged {
		t.add(event{at: now, kind: end, in: transitions})
	}
	target := of.Target
	if s == livepatch.Reversing {
		t.add(event{at: now, kind: end, in: transitions})
		target = livepatch.Patched + livepatch.Unpatched - target
	}
	if s == livepatch.Initializing || s == livepatch.Reversing {
		direction := "unpatching "
		if target == livepatch.Patched {
			direction = "patching "
		}
		t.add(event{at: now, kind: begin, in: transitions, name: direction + of.Name})
	}
	if t.staged = s != livepatch.Complete; t.staged {
		t.add(event{at: now, kind: begin, in: transitions, name: s.String()})
	} else {
		t.add(event{at: now, kind: end, in: transitions})
	}
	t.count(0, 0)
}

// count adds how many tasks are in which patch state; that of one of them, which is about to
// change, is given.
func (t *Tracer) count(id guest.TaskID, state int) {
	old, patched := 0, 0
	for _, o := range t.l.Machine.Tasks() {
		s, ok := t.l.Model.PatchState(o)
		if o == id {
			s = state
		}
		switch {
		case !ok || s < 0:
		case uint64(s) == livepatch.Patched:
			patched++
		default:
			old++
		}
	}
	t.add(event{
		at: t.l.Now(), kind: counter, in: lane{pid: livepatchPID}, name: "tasks by patch_state",
		args: []arg{{"0, unpatched", old}, {"1, patched", patched}},
	})
}

// Checked implements [livepatch.Observer]; the log says it.
func (t *Tracer) Checked(guest.TaskID, livepatch.Check) {}

// Warned implements [livepatch.Observer]; the log says it.
func (t *Tracer) Warned(string) {}

// ToUser implements [emu.TruthSink].
func (t *Tracer) ToUser(guest.TaskID) {}

// Unwound implements [lab.Witness].
func (t *Tracer) Unwound(guest.TaskID, *unwind.Stack) {}

// Loaded implements [lab.Witness].
func (t *Tracer) Loaded(m lab.Module) { t.module("loaded", m) }

// Unloaded implements [lab.Witness].
func (t *Tracer) Unloaded(m lab.Module) { t.module("unloaded", m) }

func (t *Tracer) module(what string, m lab.Module) {
	t.add(event{at: t.l.Now(), kind: instant, in: transitions, name: m.Name + " " + what, args: []arg{{"at", m.Range.Start.String()}}})
}

// Save implements [lab.Witness].
func (t *Tracer) Save(any) any { return saved{t.state, len(t.events)} }

// Restore implements [lab.Witness].
func (t *Tracer) Restore(s any) error {
	back := s.(saved)
	t.state, t.events = back.state, t.events[:back.events]
	return nil
}

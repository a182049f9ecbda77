package emu

import "patchlab/guest"

// Tracer is told more of a run than a [TruthSink] is, for who draws it. It must not change anything. Steps
// that are repeated from a checkpoint are told again: a [Companion] knows when the machine goes back.
type Tracer interface {
	// Left reports that a committed activation has ended, at [Truth.Time].
	Left(task guest.TaskID, a Activation)
	// Moves reports that a task is about to make a step on a CPU, and Moved that it has; on says that it
	// is there still. Directed machines, where each task has a CPU of its own, do not tell it.
	Moves(task guest.TaskID, c guest.CPUID)
	Moved(task guest.TaskID, c guest.CPUID, on bool)
}

// Trace sets who is told of steps and of calls that end; nil for nobody.
func (m *Machine) Trace(t Tracer) { m.tracer, m.truth.tracer = t, t }

// afterRunning returns the time when the run of guest code that is being booked had executed n
// instructions.
func (m *Machine) afterRunning(n uint64) guest.Time {
	if m.uncounted {
		return m.now
	}
	return m.now + guest.Time(n)*InstructionTime
}

// Time returns the virtual time of what a sink or tracer is just being told, to the instruction where these
// are counted.
func (r *Truth) Time() guest.Time { return r.at }

// pop ends the innermost activation.
func (r *Truth) pop(t *task, s *[]Activation) {
	top := len(*s) - 1
	a := (*s)[top]
	*s = (*s)[:top]
	if r.tracer != nil && a.Committed {
		r.tracer.Left(t.id, a)
	}
}

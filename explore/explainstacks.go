package explore

import (
	"fmt"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/unwind"
)

// notAsked is said where there is no stack to show.
const notAsked = "the model has not asked the unwinder"

// stacks tells both stacks of a task: in the moment of a violation when at is not nil,
// else as they are now.
func (t *told) stacks(id guest.TaskID, at *scene) Stacks {
	s := Stacks{Task: t.lab.Machine.TaskName(id), Place: t.place(id)}
	live := t.lab.Machine.Truth().Live(id)
	if at != nil {
		live = at.live
	}
	for i := len(live) - 1; i >= 0; i-- {
		s.Live = append(s.Live, t.liveText(live[i]))
	}
	last := len(t.e.Moments) - 1
	step, shown := t.lastShown(id)
	switch {
	case shown != nil && (step == last || at != nil && at.stack == nil && at.unreliable == nil):
		s.Read = fmt.Sprintf("the unwinder told the model in step %d", step)
		if step == last {
			s.Read = "the unwinder told the model in this step"
		}
		s.Frames = t.frames(shown)
	case at != nil && at.stack != nil:
		s.Read, s.Frames = "the unwinder would say; the model has not asked", t.frames(at.stack)
	case at != nil && at.unreliable != nil:
		s.Read, s.Unreliable = "the unwinder would say; the model has not asked", at.unreliable.Error()
	case at != nil:
		s.Read = notAsked
	default:
		var now unwind.Stack
		s.Read = "the unwinder says now"
		if err := t.lab.Unwind(id, &now); err != nil {
			s.Unreliable = err.Error()
		} else {
			s.Frames = t.frames(&now)
		}
	}
	return s
}

// lastShown returns the last stack of a task that the model was shown, and in which step.
func (t *told) lastShown(id guest.TaskID) (step int, s *unwind.Stack) {
	for i := len(t.e.Moments) - 1; i > 0; i-- {
		shown := t.e.Moments[i].shown
		for k := len(shown) - 1; k >= 0; k-- {
			if shown[k].task == id {
				return i, shown[k].stack
			}
		}
	}
	return 0, nil
}

// place says what a task does and where.
func (t *told) place(id guest.TaskID) string {
	d, ok := t.lab.Machine.Task(id)
	if !ok || d.State == emu.Exited {
		return "has exited"
	}
	if id == t.lab.Operator && !t.begun {
		return "between two commands"
	}
	what := d.State.String()
	if d.State == emu.OnCPU {
		what = "on its CPU"
	}
	if d.Interrupted {
		what += ", interrupted in the kernel"
	}
	state := "no patch_state"
	if n, ok := t.lab.Model.PatchState(id); ok {
		state = fmt.Sprintf("patch_state %d", n)
	}
	return fmt.Sprintf("%s, before %s, %s", what, t.points.name(t.point(id)), state)
}

// liveText tells a live call.
func (t *told) liveText(a emu.Activation) string {
	switch name := t.w.called(a); {
	case a.Body == 0:
		return name + ": not decided yet"
	case !a.Committed:
		return name + ": decided, has not begun"
	default:
		return name
	}
}

// frames tells the entries of a stack.
func (t *told) frames(s *unwind.Stack) []string {
	var list []string
	for _, f := range s.Frames() {
		text := t.lab.FrameText(f)
		if f.Kind == unwind.Decided {
			text = t.lab.Symbol(f.Addr) + ", decided; no word of the stack says so"
		}
		if fn := t.lab.Code.Find(f.Lookup()); fn != nil {
			if side := t.w.side(fn.Range.Start); side != "" {
				text += " (" + side + ")"
			}
		}
		list = append(list, text)
	}
	return list
}

package experiment

import (
	"fmt"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// stateText says what a task is doing, without where.
func stateText(t emu.Task) string {
	switch t.State {
	case emu.OnCPU:
		return fmt.Sprintf("on CPU %d", t.CPU)
	case emu.Runnable:
		return "waiting for a CPU"
	}
	return t.State.String()
}

// place says what a task is doing and where: for one that left its CPU by itself the
// functions on its kernel stack, innermost first.
func place(l *lab.Lab, id guest.TaskID) string {
	t, ok := l.Machine.Task(id)
	if !ok || t.State == emu.Exited {
		return "exited"
	}
	var s unwind.Stack
	err := l.Unwind(id, &s)
	switch {
	case err != nil && t.Interrupted:
		return stateText(t) + " before " + codeText(l, t.Regs.RIP) + ", interrupted in the kernel"
	case err != nil:
		return stateText(t) + " at " + codeText(l, t.Regs.RIP)
	case s.Len() > 0 && t.Thread: // nobody has entered the kernel by a gate
		return stateText(t) + " in " + strings.TrimSuffix(stackNames(l, &s), " < gate")
	case s.Len() > 0:
		return stateText(t) + " in " + stackNames(l, &s)
	case !t.Kernel:
		return stateText(t) + " in user mode"
	case t.Point != "":
		return stateText(t) + " in step " + t.Point
	}
	return stateText(t)
}

// codeText writes where code lies.
func codeText(l *lab.Lab, a guest.Addr) string {
	if s := l.Machine.Symbol(a); s != "" {
		return s
	}
	return a.String()
}

// stackNames writes the functions of a stack, innermost first.
func stackNames(l *lab.Lab, s *unwind.Stack) string {
	var names []string
	for _, f := range s.Frames() {
		name, _, _ := strings.Cut(l.Code.Text(f), "+")
		names = append(names, name)
	}
	return strings.Join(names, " < ")
}

// frames writes what a task seems to be in, innermost first, with source lines. A task that runs
// protocols only is in nothing.
func frames(l *lab.Lab, id guest.TaskID) (list []string) {
	if t, _ := l.Machine.Task(id); t.Kernel && !t.Thread {
		return nil
	}
	for _, f := range l.Backtrace(id) {
		list = append(list, l.FrameText(f))
	}
	return list
}

// stood says where a task stands that is being switched.
func stood(l *lab.Lab, s livepatch.Switched) string {
	t, _ := l.Machine.Task(s.Task)
	_, idle := s.Task.Idle()
	switch {
	case idle && s.CPU == guest.NoCPU:
		return "not running: its CPU is busy"
	case idle:
		return fmt.Sprintf("on CPU %d, in its loop", s.CPU)
	case s.CPU == guest.NoCPU:
		return place(l, s.Task)
	case s.Rule == livepatch.RuleExit:
		return stateText(t) + ", about to return to user mode"
	case s.Rule == livepatch.RuleAttempt:
		return stateText(t) + ", making this attempt"
	}
	return place(l, s.Task)
}

// reason says why an attempt left a task where it is.
func reason(l *lab.Lab, id guest.TaskID, c livepatch.Check) string {
	t, _ := l.Machine.Task(id)
	switch c.Verdict {
	case livepatch.Running:
		return fmt.Sprintf("running on CPU %d", l.Machine.CPUOf(id))
	case livepatch.OnStack:
		text := stateText(t) + " in " + c.Func
		var s unwind.Stack
		if l.Unwind(id, &s) == nil {
			text += ": stack " + stackNames(l, &s)
		}
		return text
	case livepatch.Unreliable:
		return stateText(t) + ", its stack " + c.Reason.Error()
	}
	return c.Verdict.String()
}

package livepatch

import (
	"errors"
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/unwind"
)

// What a model needs of machine, sites, symbols and observer.

func (r *rig) Tasks() []guest.TaskID {
	var pids []guest.TaskID
	for i := range r.tasks {
		pids = append(pids, r.tasks[i].pid)
	}
	return pids
}

func (r *rig) TaskName(pid guest.TaskID) string {
	if c, idle := pid.Idle(); idle {
		return fmt.Sprintf("swapper/%d", c)
	}
	return fmt.Sprintf("task%d", pid)
}

func (r *rig) CPUs() int                          { return len(r.cpus) }
func (r *rig) Online(c guest.CPUID) bool          { return !r.offline[c] }
func (r *rig) WakeIdle(c guest.CPUID)             { r.stirred = append(r.stirred, c) }
func (r *rig) Preempt(c guest.CPUID) protocol.Var { return r.cpus[c] }
func (r *rig) Now() guest.Time                    { return r.now }
func (r *rig) Kick(pid guest.TaskID)              { r.kicked = append(r.kicked, pid) }
func (r *rig) Switched(s Switched)                { r.switched = append(r.switched, s) }
func (r *rig) Reached(s Stage, t Transition) {
	r.stages = append(r.stages, fmt.Sprintf("%s %s %d", s, t.Name, t.Target))
}
func (r *rig) Checked(guest.TaskID, Check)          { r.checks++ }
func (r *rig) Warned(line string)                   { r.warnings = append(r.warnings, line) }
func (r *rig) Writer() protocol.TableID             { return r.write }
func (r *rig) Loaded(object string) bool            { return !r.unloaded[object] }
func (r *rig) Size(at guest.Addr) (uint64, bool)    { s, ok := r.sizes[at]; return s, ok }
func (r *rig) Parts(at guest.Addr) []guest.Range    { return r.parts[at] }
func (r *rig) Find(fn guest.Addr) (int, bool)       { return int(fn/0x1000) - 1, !r.noSite[fn] }
func (r *rig) Occurrences(o, n string) []guest.Addr { return r.symbols[o+"/"+n] }

func (r *rig) CPUOf(pid guest.TaskID) guest.CPUID {
	if c, idle := pid.Idle(); idle {
		if r.idling[c] {
			return c
		}
		return guest.NoCPU
	}
	return r.task(pid).cpu
}

func (r *rig) WakeNew(pid guest.TaskID) { r.woken = append(r.woken, pid) }

func (r *rig) Fork(parent guest.TaskID) (guest.TaskID, error) {
	if r.full {
		return 0, errors.New("no room")
	}
	pid := r.tasks[len(r.tasks)-1].pid + 1
	r.spawn(pid, parent)
	return pid, nil
}

func (r *rig) SetIP(_ guest.TaskID, body guest.Addr) error {
	r.bodies = append(r.bodies, body)
	return nil
}

func (r *rig) Quiescence(pid guest.TaskID) (uint64, bool) {
	t := r.task(pid)
	inHandler := false
	for _, f := range t.act.Frames() {
		inHandler = inHandler || f.Table == r.do && protocol.TableID(f.L[0]) == r.m.Tables().Handler
	}
	return t.passes, !t.busy && !inHandler
}

func (r *rig) Log(l Level, line string) {
	if l != DebugScan {
		r.log = append(r.log, line)
	}
}

func (r *rig) Unwind(pid guest.TaskID, s *unwind.Stack) error {
	s.Reset()
	if _, idle := pid.Idle(); idle {
		return nil
	}
	t := r.task(pid)
	if t.bad != nil {
		return t.bad
	}
	for i, a := range t.stack {
		kind := unwind.Return
		if i == 0 {
			kind = unwind.ExactPC
		}
		s.Push(unwind.Frame{Addr: a, Kind: kind})
	}
	if t.body != 0 {
		s.Push(unwind.Frame{Addr: t.body, Kind: unwind.Decided})
	}
	return nil
}

package oracle

import (
	"fmt"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
)

// Unloaded implements [lab.Witness]: a module is about to go. It judges [NothingDangles]
// for all that the tasks hold then.
func (o *Oracle) Unloaded(m lab.Module) {
	for _, id := range o.l.Machine.Tasks() {
		if what, a := o.holds(id, m.Range); what != "" {
			o.report(Violation{
				Rule: NothingDangles, Attribution: o.task(id).cause, Task: id, Call: o.call(a),
				Text: fmt.Sprintf("%s is unloaded while %s %s", m.Name, o.name(id), what),
			})
		}
	}
	o.gone = append(o.gone, module{m.Name, m.Range})
	if m.IsPatch {
		o.forget(m.Patch)
	}
}

// holds says what a task has to do with the code at r, "" for nothing.
func (o *Oracle) holds(id guest.TaskID, r guest.Range) (what string, a emu.Activation) {
	live := o.l.Machine.Truth().Live(id)
	for i := len(live) - 1; i >= 0; i-- {
		a := live[i]
		switch {
		case r.Contains(a.Body):
			return "is " + inside(a) + " " + o.l.Symbol(a.Body), a
		case r.Contains(a.Fn):
			return "is in " + o.l.Symbol(a.Fn), a
		}
		// An address that cannot be read is nobody's.
		if word, err := guest.ReadU64(o.l.Machine.Memory(), a.Slot); err == nil && r.Contains(guest.ReturnAddr(word).CallSite()) {
			return fmt.Sprintf("returns from %s to %s", o.l.Symbol(a.Fn), o.l.Symbol(guest.Addr(word))), a
		}
	}
	if t, _ := o.l.Machine.Task(id); r.Contains(t.Regs.RIP) {
		return "stands at " + o.l.Symbol(t.Regs.RIP), emu.Activation{}
	}
	return "", emu.Activation{}
}

// checkGone judges [NothingDangles] when a body begins.
func (o *Oracle) checkGone(id guest.TaskID, a emu.Activation) {
	for _, m := range o.gone {
		if m.at.Contains(a.Body) {
			o.dangles(id, a, m)
		}
	}
}

// checkFault judges [NothingDangles] when the guest has faulted: code that is not there any
// more cannot be seen to begin.
func (o *Oracle) checkFault(f *emu.Fault) {
	for _, m := range o.gone {
		if m.at.Contains(f.PC) {
			o.dangles(f.Task, emu.Activation{}, m)
		}
	}
}

func (o *Oracle) dangles(id guest.TaskID, a emu.Activation, m module) {
	o.report(Violation{
		Rule: NothingDangles, Attribution: o.task(id).cause, Task: id, Call: o.call(a),
		Text: fmt.Sprintf("%s runs code of %s, which is unloaded", o.name(id), m.name),
	})
}

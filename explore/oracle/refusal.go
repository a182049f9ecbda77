package oracle

import (
	"fmt"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/livepatch"
)

// Checked implements [lab.Witness]. A verdict is judged by what comes of it, but for a
// refusal, of which nothing comes: it judges [RefusalHasReason].
func (o *Oracle) Checked(id guest.TaskID, c livepatch.Check) {
	if c.Verdict != livepatch.OnStack || o.current == none || !o.recorded() {
		return
	}
	for _, a := range o.l.Machine.Truth().Live(id) {
		if o.ofCurrent(a) {
			return
		}
	}
	v := Violation{Rule: RefusalHasReason, Task: id}
	if !c.Range.Contains(c.Frame.Lookup()) {
		v.Attribution = KnownLimit // a return address behind the end of another function
	}
	v.Text = fmt.Sprintf("%s was refused because of %s on its stack, at %s, and is in no function of %s",
		o.name(id), c.Func, o.l.Symbol(c.Frame.Addr), o.patches[o.current].name)
	o.report(v)
}

// recorded reports whether calls of all functions of the patch in transition are recorded.
func (o *Oracle) recorded() bool {
	for i := range o.funcs {
		if o.funcs[i].patch == o.current && !o.l.Machine.Truth().Watches(o.funcs[i].Fn) {
			return false
		}
	}
	return true
}

// ofCurrent reports whether an activation is of a function of the patch in transition:
// called by its name, decided on or not, or by that of its replacement.
func (o *Oracle) ofCurrent(a emu.Activation) bool {
	for i := range o.funcs {
		if o.funcs[i].patch == o.current && o.funcs[i].Fn == a.Fn {
			return true
		}
	}
	return o.side(o.current, a) != neither
}

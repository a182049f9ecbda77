package oracle

import (
	"fmt"

	"patchlab/emu"
	"patchlab/guest"
)

// checkMixing judges [NoMixing] when a body of side s of the p-th patch begins. The
// innermost live one with a side stands for those outside of it: it was held against them
// when it began.
func (o *Oracle) checkMixing(p int, id guest.TaskID, a emu.Activation, s side, live []emu.Activation) {
	if a.Tail != 0 && o.sideOfBody(p, a.Tail) == s.other() {
		o.tails++
	}
	for i := len(live) - 1; i >= 0; i-- {
		outer := o.side(p, live[i])
		if outer == neither {
			continue
		}
		if outer != s {
			o.mixed(p, id, a, s, live[i])
		}
		return
	}
}

// mixed reports that a, of side s, was called from inside of outer, of the other one.
func (o *Oracle) mixed(p int, id guest.TaskID, a emu.Activation, s side, outer emu.Activation) {
	v := Violation{Rule: NoMixing, Task: id, Call: o.call(a), Outer: o.call(outer), Attribution: o.task(id).cause}
	if byName(a, s) || byName(outer, s.other()) {
		v.Attribution = Author
	}
	v.Text = fmt.Sprintf("%s: the %s %s was called from inside of the %s %s (patch %s)",
		o.name(id), s, o.function(p, a), s.other(), o.function(p, outer), o.patches[p].name)
	o.report(v)
}

// byName reports whether a body of a patch runs that was called past the site of the
// function that it replaces.
func byName(a emu.Activation, s side) bool { return s == with && !bySite(a) }

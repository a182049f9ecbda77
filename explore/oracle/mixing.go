package oracle

import (
	"fmt"

	"patchlab/emu"
	"patchlab/guest"
)

// checkMixing judges [NoMixing] when a body of side s of the p-th patch begins: the
// innermost live one of the other side is told.
func (o *Oracle) checkMixing(p int, id guest.TaskID, a emu.Activation, s side, live []emu.Activation) {
	if a.Tail != 0 && o.sideOfBody(p, a.Tail) == s.other() {
		o.tails++
	}
	for i := len(live) - 1; i >= 0; i-- {
		outer := o.side(p, live[i])
		if !live[i].Committed || outer == neither || outer == s {
			continue
		}
		v := Violation{Rule: NoMixing, Task: id, Call: o.call(a), Outer: o.call(live[i]), Attribution: o.task(id).cause}
		if byName(a, s) || byName(live[i], outer) {
			v.Attribution = Author
		}
		v.Text = fmt.Sprintf("%s: the %s %s was called from inside of the %s %s (patch %s)",
			o.name(id), s, o.function(p, a), outer, o.function(p, live[i]), o.patches[p].name)
		o.report(v)
		return
	}
}

// byName reports whether a body of a patch runs that was called past the site of the
// function that it replaces.
func byName(a emu.Activation, s side) bool { return s == with && !bySite(a) }

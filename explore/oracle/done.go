package oracle

import (
	"fmt"

	"patchlab/emu"
	"patchlab/guest"
)

// doneWords say what a patch is when a side of it is left behind.
var doneWords = [...]string{without: "patched", with: "unpatched"}

// beginCompletion judges the first half of [DoneMeansDone]: all tasks are where the
// transition heads.
func (o *Oracle) beginCompletion(target uint64) {
	p := o.current
	patch := &o.patches[p]
	patch.left = sideOf(int(target)).other()
	if patch.covers {
		o.uncover(p, target)
	}
	if patch.unjudged() {
		return
	}
	for _, id := range o.l.Machine.Tasks() {
		for _, a := range o.l.Machine.Truth().Live(id) {
			if o.side(p, a) == patch.left {
				o.notDone(p, id, a, "is still "+inside(a))
			}
		}
	}
}

// checkDone judges the second half of [DoneMeansDone] when a body of side s of the p-th
// patch begins, whose last transition is complete.
func (o *Oracle) checkDone(p int, id guest.TaskID, a emu.Activation, s side) {
	if s == o.patches[p].left {
		o.notDone(p, id, a, "begins to run")
	}
}

func (o *Oracle) notDone(p int, id guest.TaskID, a emu.Activation, does string) {
	patch := &o.patches[p]
	v := Violation{Rule: DoneMeansDone, Attribution: o.task(id).cause, Task: id, Call: o.call(a)}
	if byName(a, patch.left) {
		v.Attribution = Author
	}
	v.Text = fmt.Sprintf("%s %s the %s %s, and all of %s is %s",
		o.name(id), does, patch.left, o.function(p, a), patch.name, doneWords[patch.left])
	o.report(v)
}

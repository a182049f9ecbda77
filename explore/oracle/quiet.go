package oracle

import (
	"fmt"

	"patchlab/guest"
	"patchlab/livepatch"
)

// Warned implements [lab.Witness]: it judges the first half of [Quiet].
func (o *Oracle) Warned(line string) {
	o.report(Violation{Rule: Quiet, Text: line})
}

// checkIdle judges the second half of [Quiet]: the transition is complete.
func (o *Oracle) checkIdle(t livepatch.Transition) {
	ids := o.l.Machine.Tasks()
	for c := range o.l.Machine.CPUs() {
		ids = append(ids[:len(ids):len(ids)], guest.IdleTask(guest.CPUID(c)))
	}
	for _, id := range ids {
		if state, _ := o.l.Model.PatchState(id); state != -1 {
			o.report(Violation{Rule: Quiet, Task: id, Text: fmt.Sprintf(
				"the transition of %s is complete, and %s has the patch state %d", t.Name, o.name(id), state)})
		}
		if o.l.Model.Flagged(id) {
			o.report(Violation{Rule: Quiet, Task: id, Text: fmt.Sprintf(
				"the transition of %s is complete, and %s is flagged", t.Name, o.name(id))})
		}
	}
}

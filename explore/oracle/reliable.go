package oracle

import (
	"fmt"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/unwind"
)

// Unwound implements [lab.Witness]: a stack is claimed to be complete. It judges
// [ReliableMeansComplete], from the outermost activation inwards.
func (o *Oracle) Unwound(id guest.TaskID, s *unwind.Stack) {
	t := o.task(id)
	t.unwound, t.outside = true, 0
	frames := s.Frames()
	next := len(frames) - 1
	for i, a := range o.l.Machine.Truth().Live(id) {
		found := false
		for ; next >= 0 && !found; next-- {
			var raw bool
			if found, raw = o.shows(frames[next], a); found && !raw {
				t.outside |= 1 << min(i, maxOutside)
			}
		}
		if !found {
			o.incomplete(id, a)
			return
		}
	}
}

// maxOutside is the last index of an activation in task.outside, which stands for all
// behind it too.
const maxOutside = 63

// isOutside reports whether the stack shows the i-th activation only outside of its range.
func (t *task) isOutside(i int) bool { return t.outside>>min(i, maxOutside)&1 != 0 }

// shows reports whether a frame is of an activation. raw says that the address itself, as
// livepatch compares it, lies in the range of the function.
func (o *Oracle) shows(f unwind.Frame, a emu.Activation) (is, raw bool) {
	fn := o.l.Code.Find(f.Lookup())
	if fn == nil {
		return false, false
	}
	if fn.Range.Start == a.Body || !a.Committed && fn.Range.Start == a.Fn {
		return true, fn.Range.Contains(f.Addr)
	}
	if a.Committed && strings.Contains(fn.Name, coldPart) {
		body := o.l.Code.Find(a.Body)
		return body != nil && isPart(fn.Name, body.Name), false
	}
	return false, false
}

// coldPart is what gcc appends to the name of a function for the parts of it that it moves
// away: f.cold, f.cold.N.
const coldPart = ".cold"

func isPart(name, of string) bool {
	rest, ok := strings.CutPrefix(name, of)
	return ok && strings.HasPrefix(rest, coldPart)
}

// incomplete reports that a stack lacks an activation.
func (o *Oracle) incomplete(id guest.TaskID, a emu.Activation) {
	what := a.Fn
	if a.Committed {
		what = a.Body
	}
	o.report(Violation{
		Rule: ReliableMeansComplete, Task: id, Call: o.call(a),
		Text: fmt.Sprintf("the stack of %s was taken to be complete, and lacks %s", o.name(id), o.l.Symbol(what)),
	})
}

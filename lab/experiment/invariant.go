package experiment

import (
	"fmt"
	"slices"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// invariants are what must stay so from lines of the script on. They are a witness, so that
// a search which goes back takes them back too; one that was broken has ended.
type invariants struct {
	r    *runner
	live []invariant // replaced, never changed: snapshots share it
	// broken are the calls that must not have been made, and were not reported yet.
	broken []broken
}

// invariant is a line of the script that is in force.
type invariant struct {
	line scenario.Command
	v    variable     // of always
	task guest.TaskID // of never TASK runs
	fn   guest.Addr
}

// broken is a line of the script that does not hold any more, and why.
type broken struct {
	line scenario.Command
	text string
}

// newInvariants returns the invariants of a run: none yet, and nothing watches if the script
// has none.
func newInvariants(r *runner) *invariants {
	v := &invariants{r: r}
	if slices.ContainsFunc(r.built.Scenario.Script, isInvariant) {
		r.lab.Attach(v)
	}
	return v
}

func isInvariant(c scenario.Command) bool {
	return c.Verb == scenario.Always || c.Verb == scenario.NeverRuns || c.Verb == scenario.NeverOutput
}

// begin puts a line of the script in force. The error says that it names what there is not.
func (v *invariants) begin(c scenario.Command) (err error) {
	i := invariant{line: c}
	switch c.Verb {
	case scenario.Always:
		if i.v, err = v.r.built.variable(c.Variable); err != nil {
			return err
		}
	case scenario.NeverRuns:
		if i.task, err = v.r.task(c.Task); err != nil {
			return err
		}
		for _, f := range v.r.built.replaced() {
			if f.Name == c.Function {
				i.fn = f.entry
			}
		}
		if i.fn == 0 {
			return fmt.Errorf("no patch replaces a function %q", c.Function)
		}
	}
	v.live = append(slices.Clip(v.live), i)
	return nil
}

// check reports what does not hold any more.
func (v *invariants) check() {
	for _, b := range v.broken {
		v.fail(b)
	}
	v.broken = v.broken[:0]
	for i := 0; i < len(v.live); i++ {
		if text := v.wrong(&v.live[i]); text != "" {
			v.fail(broken{v.live[i].line, text})
			v.end(i)
			i--
		}
	}
}

// wrong says why an invariant that can be looked at does not hold, or "".
func (v *invariants) wrong(i *invariant) string {
	switch c := &i.line; c.Verb {
	case scenario.Always:
		if x := i.v.read(v.r.lab); !compares(x, c.Op, c.N) {
			return fmt.Sprintf("%s is %d, and was always to be %s %d", c.Variable, x, c.Op, c.N)
		}
	case scenario.NeverOutput:
		if strings.Contains(v.r.outputText(), c.Text) {
			return fmt.Sprintf("the output has %q in it, and was never to", c.Text)
		}
	}
	return ""
}

func (v *invariants) end(i int) { v.live = slices.Delete(slices.Clone(v.live), i, i+1) }

func (v *invariants) fail(b broken) {
	line := v.r.line
	v.r.line = b.line
	v.r.fail("%s", b.text)
	v.r.line = line
}

// ToUser implements [emu.TruthSink].
func (*invariants) ToUser(guest.TaskID) {}

// Committed implements [emu.TruthSink]: a task has begun a call.
func (v *invariants) Committed(task guest.TaskID, a emu.Activation, _ []emu.Activation) {
	for i := 0; i < len(v.live); i++ {
		c := &v.live[i].line
		if c.Verb != scenario.NeverRuns || v.live[i].task != task || v.live[i].fn != a.Fn || side(a) != c.Side {
			continue
		}
		v.broken = append(v.broken, broken{*c, fmt.Sprintf("%s runs the %s body of %s, and was never to",
			c.Task, c.Side, c.Function)})
		v.end(i)
		i--
	}
}

// side returns the side of a call of a patched function, as scripts write it.
func side(a emu.Activation) string {
	if a.Body != a.Fn {
		return lab.SideNew.String()
	}
	return lab.SideOld.String()
}

// The rest of [lab.Witness] tells nothing that matters here.
func (v *invariants) Reached(livepatch.Stage, livepatch.Transition) {}
func (v *invariants) Checked(guest.TaskID, livepatch.Check)         {}
func (v *invariants) Switched(livepatch.Switched)                   {}
func (v *invariants) Warned(string)                                 {}
func (v *invariants) Unwound(guest.TaskID, *unwind.Stack)           {}
func (v *invariants) Loaded(lab.Module)                             {}
func (v *invariants) Unloaded(lab.Module)                           {}

// Save implements [lab.Witness].
func (v *invariants) Save(old any) any {
	s, ok := old.(*invariants)
	if !ok {
		s = &invariants{}
	}
	s.live, s.broken = v.live, append(s.broken[:0], v.broken...)
	return s
}

// Restore implements [lab.Witness].
func (v *invariants) Restore(state any) error {
	s := state.(*invariants)
	v.live, v.broken = s.live, append(v.broken[:0], s.broken...)
	return nil
}

var _ lab.Witness = (*invariants)(nil)

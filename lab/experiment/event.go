package experiment

import (
	"io"
	"slices"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/livepatch"
)

// EventKind is what happened in an [Event].
type EventKind uint8

// The kinds of events.
const (
	Logged  EventKind = iota // a line of the kernel log
	Checked                  // a line of it that says why one task was not switched
	Printed                  // a line of the program's output
	Moved                    // a task changed its patch state in a transition
)

// String returns the kind in lower case.
func (k EventKind) String() string {
	return [...]string{"logged", "checked", "printed", "moved"}[k]
}

// Event is one thing that happened in a run.
type Event struct {
	Time guest.Time
	Kind EventKind
	Task guest.TaskID // of Printed and Moved
	Name string       // the task's name
	Text string       // the line, without newline; of Moved where the task stood
	Rule livepatch.Rule
	To   uint64 // of Moved: the patch state
	// Bodies says what each task of [Report.Tasks] is in at that moment.
	Bodies []Body
}

// Body is which body of a patched function a task is in.
type Body uint8

// The bodies.
const (
	NoBody    Body = iota // in no patched function
	OldBody               // in the program's own
	NewBody               // in a patch's
	MixedBody             // in both, one called from inside of the other
)

// recorder turns what machine and model tell into events, for a report.
type recorder struct {
	*Report
	to      io.Writer           // takes a timeline as it comes; nil for nobody
	patched map[guest.Addr]bool // the functions that patches of the scenario replace
	partial []Event             // lines of output that have begun, one at most of a task
}

func newRecorder(r *Report) *recorder { return &recorder{Report: r, patched: map[guest.Addr]bool{}} }

// begin starts with recording what the report's laboratory does.
func (r *recorder) begin(timeline io.Writer) {
	for _, f := range r.Functions {
		r.patched[f.entry] = true
	}
	if r.to = timeline; r.to != nil {
		_, _ = io.WriteString(r.to, r.timelineHead())
	}
	r.Lab.Machine.Observe(r)
}

// add takes in an event of now.
func (r *recorder) add(e Event) {
	e.Time, e.Bodies = r.Lab.Now(), r.bodies()
	if r.Both == "" && slices.Contains(e.Bodies, OldBody) && slices.Contains(e.Bodies, NewBody) {
		r.Both = r.describeBoth(e)
	}
	r.Events = append(r.Events, e)
	if r.to != nil {
		_, _ = io.WriteString(r.to, r.streamed(e))
	}
}

// Logged implements [emu.Observer].
func (r *recorder) Logged(l emu.LogLine) {
	e := Event{Kind: Logged, Text: l.Text}
	if l.Level == livepatch.DebugScan.String() {
		e.Kind = Checked
	}
	r.add(e)
}

// Wrote implements [emu.Observer]. Tasks write lines in pieces, and others write between
// them: an event is a line, when it ends.
func (r *recorder) Wrote(o emu.Output) {
	e := Event{Kind: Printed, Task: o.Task, Name: r.Lab.Machine.TaskName(o.Task)}
	if i := r.begun(o.Task); i >= 0 {
		e.Text = r.partial[i].Text
		r.partial = slices.Delete(r.partial, i, i+1)
	}
	text := e.Text + o.Text
	for {
		line, rest, ended := strings.Cut(text, "\n")
		if e.Text = line; !ended {
			break
		}
		r.add(e)
		text = rest
	}
	if e.Text != "" {
		r.partial = append(r.partial, e)
	}
}

// begun returns the index of a task's line that has not ended, or -1.
func (r *recorder) begun(id guest.TaskID) int {
	return slices.IndexFunc(r.partial, func(e Event) bool { return e.Task == id })
}

// flush makes events of the lines that have not ended.
func (r *recorder) flush() {
	for _, e := range r.partial {
		r.add(e)
	}
	r.partial = nil
}

// bodies says what the program's tasks are in. It asks the truth, not the model.
func (r *recorder) bodies() []Body {
	bodies := make([]Body, len(r.Tasks))
	for i, t := range r.Tasks {
		for _, a := range r.Lab.Machine.Truth().Live(t.ID) {
			switch b := r.body(a); {
			case bodies[i] == NoBody:
				bodies[i] = b
			case b != NoBody && b != bodies[i]:
				bodies[i] = MixedBody
			}
		}
	}
	return bodies
}

// body returns which body an activation is in.
func (r *recorder) body(a emu.Activation) Body {
	switch {
	case !a.Committed || !r.patched[a.Fn]:
		return NoBody
	case a.Body == a.Fn:
		return OldBody
	}
	return NewBody
}

// describeBoth says in a sentence that there are tasks on both sides.
func (r *recorder) describeBoth(e Event) string {
	inside := func(b Body) string {
		i := slices.Index(e.Bodies, b)
		live := r.Lab.Machine.Truth().Live(r.Tasks[i].ID)
		fn := ""
		for _, a := range live {
			if r.body(a) == b {
				fn = r.Lab.Symbol(a.Fn)
			}
		}
		t, _ := r.Lab.Machine.Task(r.Tasks[i].ID)
		return r.Tasks[i].Name + " (" + stateText(t) + ") is in the " + map[Body]string{OldBody: "old ", NewBody: "new "}[b] + fn
	}
	return "at " + seconds(e.Time) + " " + inside(OldBody) + " while " + inside(NewBody)
}

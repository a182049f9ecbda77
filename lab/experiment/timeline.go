package experiment

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"patchlab/livepatch"
)

// A timeline shows so many rows, from its start and its end.
const maxRows = 100

// maxLanes is up to how many tasks a timeline has a column for each.
const maxLanes = 12

// maxFolds is over how many lines of a timeline a long text goes.
const maxFolds = 3

// Timeline writes what happened, a line for each event, without the checks of single
// tasks, and the middle of a long one left out.
func (r *Report) Timeline() string {
	rows := r.timelineRows()
	if len(rows) == 0 {
		return "Nothing was logged or printed.\n"
	}
	var b strings.Builder
	b.WriteString(r.timelineHead())
	for i, row := range rows {
		left := len(rows) - maxRows
		switch {
		case left <= 0 || i < maxRows/2 || i >= len(rows)-maxRows/2:
			b.WriteString(row)
		case i == maxRows/2:
			fmt.Fprintf(&b, "        ...  %d events are left out here: -v shows all\n", left)
		}
	}
	if r.Both != "" {
		writeWrapped(&b, "", "* old and new side by side: "+r.Both+".")
	}
	return b.String()
}

// timelineRows writes the events, neighbours that differ in the task only as one.
func (r *Report) timelineRows() []string {
	var rows []string
	for i := 0; i < len(r.Events); {
		e := r.Events[i]
		names := e.Name
		for i++; e.Kind == Moved && i < len(r.Events); i++ {
			next := r.Events[i]
			if next.Kind != Moved || next.Time != e.Time || next.Rule != e.Rule || next.To != e.To {
				break
			}
			names += ", " + next.Name
		}
		switch e.Kind {
		case Checked:
		case Moved:
			rows = append(rows, fold(r.prefix(e), names+sideText(e)))
		default:
			rows = append(rows, fold(r.prefix(e), printable(e.Text)))
		}
	}
	return rows
}

// fold writes a text behind a prefix, and what does not fit below itself.
func fold(prefix, text string) string {
	room := max(width-utf8.RuneCountInString(prefix), 20)
	var b strings.Builder
	for n := 1; ; n++ {
		line := []rune(text)
		if len(line) <= room {
			b.WriteString(strings.TrimRight(prefix+text, " ") + "\n")
			return b.String()
		}
		if n == maxFolds {
			b.WriteString(prefix + string(line[:room-1]) + "…\n")
			return b.String()
		}
		at := room
		if i := strings.LastIndexByte(string(line[:room]), ' '); i > room/2 {
			at = utf8.RuneCountInString(string(line[:room])[:i]) + 1
		}
		b.WriteString(strings.TrimRight(prefix+string(line[:at]), " ") + "\n")
		prefix, text = strings.Repeat(" ", utf8.RuneCountInString(prefix)), string(line[at:])
	}
}

// sideText says where a switch goes, and by which rule.
func sideText(e Event) string {
	return fmt.Sprintf(" -> %s side (%s)", sideName(e.To), e.Rule)
}

// sideName calls a patch state what the timeline calls the bodies.
func sideName(state uint64) string {
	if state == livepatch.Patched {
		return "new"
	}
	return "old"
}

// timelineHead writes the lines above a timeline.
func (r *Report) timelineHead() string {
	lanes, legend := "", "Time is virtual."
	if r.lanes() {
		var names []string
		for _, t := range r.Tasks {
			lanes += fmt.Sprintf("%3d", t.ID)
			names = append(names, fmt.Sprintf("%d %s", t.ID, t.Name))
		}
		legend = "Below each task's number: o while it is in the old body of a patched function, n in the new body, " +
			"x in both (mixed); * marks moments with o and n. Tasks: " + strings.Join(names, ", ") + ". " + legend
	}
	var b strings.Builder
	writeWrapped(&b, "", legend)
	fmt.Fprintf(&b, "\n%11s%s   who\n", "seconds", lanes)
	return b.String()
}

// lanes reports whether tasks have columns.
func (r *Report) lanes() bool { return len(r.Tasks) <= maxLanes && len(r.Functions) > 0 }

// prefix writes what stands before the text of an event in a timeline.
func (r *Report) prefix(e Event) string {
	lanes := ""
	if r.lanes() {
		for _, b := range e.Bodies {
			lanes += "  " + [...]string{NoBody: ".", OldBody: "o", NewBody: "n", MixedBody: "x"}[b]
		}
	}
	mark := " "
	if slices.Contains(e.Bodies, OldBody) && slices.Contains(e.Bodies, NewBody) {
		mark = "*"
	}
	who := e.Name
	switch e.Kind {
	case Logged, Checked:
		who = "kernel"
	case Moved:
		who = "switch"
	}
	who += strings.Repeat(" ", max(r.whoWidth()-utf8.RuneCountInString(who), 0))
	return fmt.Sprintf("%11.6f%s %s %s  ", float64(e.Time)/1e9, lanes, mark, who)
}

// whoWidth is how wide the column is that says who speaks.
func (r *Report) whoWidth() int {
	w := len("kernel")
	for _, t := range r.Tasks {
		w = max(w, utf8.RuneCountInString(t.Name))
	}
	return min(w, 20)
}

// streamed writes an event for a reader who wants all of it, as it comes.
func (r *Report) streamed(e Event) string {
	text := printable(e.Text)
	if e.Kind == Moved {
		text = e.Name + sideText(e) + ": " + e.Text
	}
	return strings.TrimRight(r.prefix(e)+text, " ") + "\n"
}

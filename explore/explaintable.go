package explore

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The columns of the table of steps.
const (
	numberWidth    = 4
	mostTransition = 22
	leastActor     = 10 // an actor's column
	leastNotes     = 24
	leastRoom      = 16 // for all but ruler and states
)

// layout is how the table of steps is divided.
type layout struct {
	actors []int // the tasks that have a column, by index
	each   []int // their widths
	one    int   // if not 0, all actors share one column of this width
	notes  int   // of the column of notes; 0: notes stand below their step
	ruler  int   // of the column of the transition
	tasks  int   // whose states stand in one line
	left   int   // of all before the actors
	width  int
}

// layOut divides a width: every actor gets what his points need, and the notes the rest.
// When there is not enough, notes go below the steps; then columns get narrower, with
// points over several lines; and at last all actors share one.
func (e *Explanation) layOut(width int) layout {
	l := layout{ruler: len("transition"), width: width}
	for _, m := range e.Moments {
		l.ruler = max(l.ruler, min(mostTransition, utf8.RuneCountInString(m.Transition)))
	}
	l.left = numberWidth + 1 + l.ruler + 1 + 1
	l.tasks = max(1, min(len(e.Tasks), (width-l.left-leastRoom)/4))
	l.left += 4 * l.tasks
	sum := 0
	for i, moves := range e.moved() {
		if !moves {
			continue
		}
		need := max(leastActor, utf8.RuneCountInString(e.Tasks[i].Name))
		for _, m := range e.Moments[1:] {
			if m.Step.Actor == e.Tasks[i].Name {
				for _, word := range strings.Fields(pointText(m)) {
					need = max(need, utf8.RuneCountInString(word))
				}
			}
		}
		l.actors, l.each = append(l.actors, i), append(l.each, need)
		sum += need + 1
	}
	room := width - l.left
	switch {
	case room-sum >= leastNotes:
		l.notes = room - sum
	case room >= sum:
	case room >= len(l.each)*(leastActor+1):
		for i := range l.each {
			l.each[i] = min(l.each[i], room/len(l.each)-1)
		}
	default:
		l.one = max(leastActor, room)
	}
	return l
}

// pointText is what stands in the actor's column.
func pointText(m Moment) string {
	if m.Step.Kind != "" {
		return m.Step.Point + " (" + m.Step.Kind + ")"
	}
	return m.Step.Point
}

// table writes one line for each step.
func (e *Explanation) table(b *strings.Builder, width int) {
	l := e.layOut(width)
	var names []string
	for _, i := range l.actors {
		names = append(names, e.Tasks[i].Name)
	}
	if l.one > 0 {
		names = []string{"task: point"}
	}
	notes := ""
	if l.notes > 0 {
		notes = "what happens"
	}
	l.row(b, "step", "transition", l.ofTasks(len(e.Tasks), func(i int) string { return fmt.Sprintf(" %-2d", i+1) }), names, notes)
	for n, m := range e.Moments {
		e.row(b, l, n, m)
	}
}

// row writes a step.
func (e *Explanation) row(b *strings.Builder, l layout, n int, m Moment) {
	var before *Moment
	if n > 0 {
		before = &e.Moments[n-1]
	}
	cells := make([]string, len(l.actors))
	for k, i := range l.actors {
		if n > 0 && e.Tasks[i].Name == m.Step.Actor {
			cells[k] = pointText(m)
		}
	}
	if l.one > 0 {
		cells = nil
		if n > 0 {
			cells = []string{m.Step.Actor + ": " + pointText(m)}
		}
	}
	notes := m.Notes
	if m.Preempts != "" {
		notes = append([]string{"preempts " + m.Preempts}, notes...)
	}
	if n == 0 {
		notes = append([]string{"the search begins"}, notes...)
	}
	text := strings.Join(notes, "; ")
	number := fmt.Sprintf("%4d", n)
	if n == 0 {
		number = ""
	}
	states := l.ofTasks(len(e.Tasks), func(i int) string { return stateText(m, before, i) })
	if l.notes > 0 {
		l.row(b, number, transitionText(m, before), states, cells, text)
		return
	}
	l.row(b, number, transitionText(m, before), states, cells, "")
	if text != "" {
		writeWrapped(b, strings.Repeat(" ", l.left-4), l.width, text)
	}
}

// transitionText is the transition where it has changed, else a ruler's line.
func transitionText(m Moment, before *Moment) string {
	switch {
	case before == nil && m.Transition == "":
		return "none"
	case before == nil:
		return m.Transition
	case m.Transition == "" && before.Transition == "":
		return ""
	case m.Transition == before.Transition:
		return "|"
	case m.Transition == "":
		return "none"
	}
	return m.Transition
}

// ofTasks writes three columns for each task, in as many lines as there have to be.
func (l layout) ofTasks(n int, text func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 && i%l.tasks == 0 {
			b.WriteByte('\n')
		}
		b.WriteString(text(i) + " ")
	}
	return b.String()
}

// stateText writes the state of the i-th task, nothing when it was not born yet.
func stateText(m Moment, before *Moment, i int) string {
	if i >= len(m.States) {
		return "   "
	}
	s := m.States[i]
	mark, pending, state := " ", " ", fmt.Sprint(s.State)
	if before != nil && (i >= len(before.States) || before.States[i] != s) {
		mark = "*"
	}
	if s.Pending {
		pending = "p"
	}
	switch {
	case s.Gone:
		state = "x"
	case s.State < 0:
		state = "-"
	}
	return mark + state + pending
}

// row writes a line of the table, or several where a cell needs them.
func (l layout) row(b *strings.Builder, number, transition, states string, actors []string, notes string) {
	cells := []string{number, transition, states}
	widths := []int{numberWidth, l.ruler, 4 * l.tasks}
	if l.one > 0 {
		cells, widths = append(cells, strings.Join(actors, "")), append(widths, l.one-1)
	} else {
		cells, widths = append(cells, actors...), append(widths, l.each...)
	}
	if l.notes > 0 {
		cells, widths = append(cells, notes), append(widths, l.notes-1)
	}
	writeCells(b, "", cells, widths, " ")
}

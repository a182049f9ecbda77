package explore

import (
	"fmt"
	"strings"

	"patchlab/explore/search"
)

// Text writes the explanation in lines of at most so many columns, which are 60 or more.
func (e *Explanation) Text(width int) string {
	var b strings.Builder
	writeWrapped(&b, "", width, e.outcome())
	e.legend(&b, width)
	b.WriteByte('\n')
	e.table(&b, width)
	if d := e.Difference; d != nil {
		fmt.Fprintf(&b, "\nthe run does not follow the schedule any further:\n")
		writeWrapped(&b, "  ", width, d.Error())
		return b.String()
	}
	if e.Bad != nil {
		e.bad(&b, width)
		e.near(&b, width)
	}
	return b.String()
}

// outcome says in one line how the run ends.
func (e *Explanation) outcome() string {
	n := len(e.Moments) - 1
	if e.Difference != nil {
		return fmt.Sprintf("%s, then the run is another one than the schedule", plural(n, "step"))
	}
	text := fmt.Sprintf("%s, %s: ", plural(n, "step"), plural(e.Ending.Preemptions, "preemption"))
	switch e.Ending.Status {
	case search.Failed:
		if n == 0 {
			return "it goes wrong where the search begins, by the rule " + e.Bad.Rule
		}
		return text + "the last one goes wrong, by the rule " + e.Bad.Rule
	case search.Done:
		return text + "it passes, nothing goes wrong"
	case search.Going:
		return text + "nothing goes wrong as far as the schedule goes, which is not the whole run"
	case search.Blocked:
		return text + "nothing goes wrong, and at its end nobody can move any more"
	}
	return text + "nothing goes wrong up to a bound of the search"
}

// legend says what the columns are.
func (e *Explanation) legend(b *strings.Builder, width int) {
	var ids []string
	for i, t := range e.Tasks {
		ids = append(ids, fmt.Sprintf("%d %s", i+1, t.Name))
	}
	b.WriteByte('\n')
	writeWrapped(b, "  ", width, "Each line is a step: which task moves, in its column, and the point that it moves on from. To the left are the transition and the patch_state of every task, as the step leaves them.")
	writeWrapped(b, "  ", width, "The tasks: "+strings.Join(ids, ", ")+". States: 0, 1, - for none; p: TIF_PATCH_PENDING is set; *: the step has changed it; x: the task has exited.")
	moved := e.moved()
	var still []string
	for i, t := range e.Tasks {
		if !moved[i] {
			still = append(still, t.Name)
		}
	}
	if len(still) > 0 {
		writeWrapped(b, "  ", width, "Without a column, since they do not move: "+strings.Join(still, ", ")+".")
	}
}

// moved says which of the tasks have a step.
func (e *Explanation) moved() []bool {
	moved := make([]bool, len(e.Tasks))
	for _, m := range e.Moments[1:] {
		for i, t := range e.Tasks {
			moved[i] = moved[i] || t.Name == m.Step.Actor
		}
	}
	return moved
}

// bad writes what went wrong.
func (e *Explanation) bad(b *strings.Builder, width int) {
	last := len(e.Moments) - 1
	step := "before the first step"
	if last > 0 {
		step = fmt.Sprintf("in step %d, %s", last, e.Moments[last].Step)
	}
	b.WriteByte('\n')
	writeWrapped(b, "", width, fmt.Sprintf("VIOLATION of %s %s", e.Bad.Rule, step))
	writeWrapped(b, "  ", width, e.Bad.Text)
	if e.Bad.Statement != "" {
		writeWrapped(b, "  ", width, "The rule: "+e.Bad.Statement+".")
	}
	for _, s := range e.Bad.Stacks {
		b.WriteByte('\n')
		if len(s.Live) == 0 && len(s.Frames) == 0 && s.Unreliable == "" {
			writeWrapped(b, "", width, s.Task+": "+s.Place+"; its kernel stack is empty")
			continue
		}
		writeWrapped(b, "", width, s.Task+": "+s.Place)
		s.write(b, width)
	}
}

// write writes both stacks side by side, innermost first.
func (s Stacks) write(b *strings.Builder, width int) {
	left := append([]string{"live in truth"}, s.Live...)
	if len(s.Live) == 0 {
		left = append(left, "no function of a patch")
	}
	right := append([]string{s.Read}, s.Frames...)
	switch {
	case s.Unreliable != "":
		right = append(right, s.Unreliable)
	case s.Frames == nil && s.Read != notAsked:
		right = append(right, "nothing on it")
	}
	half := (width - 5) / 2
	for i := range max(len(left), len(right)) {
		writeCells(b, "  ", []string{at(left, i), at(right, i)}, []int{half, half}, " ")
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// near writes the nearest schedule that passes.
func (e *Explanation) near(b *strings.Builder, width int) {
	b.WriteByte('\n')
	switch n := e.Near; {
	case n != nil:
		writeWrapped(b, "", width, "The nearest schedule that passes has two events the other way round:")
		writeWrapped(b, "  ", width, fmt.Sprintf("step %d, %s, waits until", n.FirstAt+1, n.First))
		writeWrapped(b, "  ", width, fmt.Sprintf("step %d, %s, is done", n.SecondAt+1, n.Second))
	case e.NearCut:
		writeWrapped(b, "", width, fmt.Sprintf("No schedule that passes was found by letting one step wait for another, in the first %d steps of looking.", nearSteps))
	default:
		writeWrapped(b, "", width, "No schedule passes that comes from this one by letting one step wait for another.")
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

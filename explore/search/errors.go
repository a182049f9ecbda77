package search

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInfeasible is what a system's Do returns, wrapped or not, for a choice that it does
// not offer. In a search it means that the system does not repeat itself: the part of
// the tree behind the choice is counted as infeasible, and the search goes on.
var ErrInfeasible = errors.New("infeasible choice")

// ErrDifferent is what every *Difference is: a run did not repeat itself.
var ErrDifferent = errors.New("runs differ")

// Difference is where a run stopped following its schedule.
type Difference struct {
	Index   int    // of the step, from 0
	Want    Step   // the step in the schedule
	Reason  string // what is different
	Enabled []Step // what could be chosen instead, empty when the run was over
	Where   string // how far the run had come, in the system's words, or ""
}

// Error names the step, the difference and what was enabled, in one line.
func (d *Difference) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "step %d, %s: %s", d.Index+1, d.Want, d.Reason)
	if len(d.Enabled) > 0 {
		b.WriteString("; enabled:")
		for i, s := range d.Enabled {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte(' ')
			b.WriteString(s.String())
		}
	}
	if d.Where != "" {
		fmt.Fprintf(&b, " (%s)", d.Where)
	}
	return b.String()
}

// Is makes every Difference an ErrDifferent.
func (d *Difference) Is(target error) bool { return target == ErrDifferent }

// SyntaxError says what is wrong with a schedule's text.
type SyntaxError struct {
	Line int // from 1, or 0 for a one-line string
	What string
}

// Error is one line.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "schedule: " + e.What
	}
	return fmt.Sprintf("schedule, line %d: %s", e.Line, e.What)
}

// doError locates an error of a system.
func doError(step int, err error) error {
	return fmt.Errorf("step %d of a run: %w", step+1, err)
}

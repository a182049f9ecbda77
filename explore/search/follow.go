package search

import (
	"errors"
	"fmt"
)

// runner takes a system through single runs, one choice at a time. What it returns of a
// run is valid until the next one.
type runner struct {
	sys      System
	maxSteps int // of a run
	path     []Choice
	choices  []Choice
}

// chooser returns the index of one of the choices, or less than 0 to end the run there.
type chooser func(step int, choices []Choice) (int, error)

// run resets the system and lets pick choose until the run ends. A run that is as long
// as one may be is Truncated, one that pick ends is Going.
func (r *runner) run(pick chooser) (Status, error) {
	r.path = r.path[:0]
	s, err := r.sys.Reset()
	if err != nil {
		return 0, fmt.Errorf("reset: %w", err)
	}
	for s == Going {
		if len(r.path) >= r.maxSteps {
			return Truncated, nil
		}
		r.choices = r.sys.Choices(r.choices[:0])
		if len(r.choices) == 0 {
			return 0, errNoChoices
		}
		i, err := pick(len(r.path), r.choices)
		if err != nil {
			return 0, err
		}
		if i < 0 {
			return Going, nil
		}
		c := r.choices[i]
		if s, err = r.sys.Do(c); err != nil {
			return 0, doError(len(r.path), err)
		}
		r.path = append(r.path, c)
	}
	return s, nil
}

// What a system must not do.
var (
	errNoChoices     = errors.New("the system is going but offers nothing to choose")
	errFirstPreempts = errors.New("the system's first choice takes the CPU from somebody")
)

// along returns a chooser that follows a path of choices, and ends the run behind it.
func along(path []Choice) chooser {
	return func(step int, choices []Choice) (int, error) {
		if step == len(path) {
			return -1, nil
		}
		if i := indexOf(choices, path[step]); i >= 0 {
			return i, nil
		}
		return 0, doError(step, fmt.Errorf("%w: it was offered before", ErrInfeasible))
	}
}

func indexOf(choices []Choice, c Choice) int {
	for i, o := range choices {
		if o == c {
			return i
		}
	}
	return -1
}

// describe names a choice and checks that the names can be written down.
func describe(sys System, c Choice) (Step, error) {
	var s Step
	s.Actor, s.Kind, s.Point = sys.Describe(c)
	return s, s.check()
}

package search

import (
	"context"
	"slices"
)

// Near is a run that passes, and differs from a failing one in the order of two steps.
type Near struct {
	Schedule Schedule
	// First and Second are the two steps, in the order in which the failing run has
	// them, and where they stand there, from 0. In Schedule the second comes first.
	First, Second     Step
	FirstAt, SecondAt int
}

// NearestPassing looks for a run that does not fail and comes from a failing one when
// two of its steps change places: the actor of the first step waits until the second has
// been done, and behind that the run goes on as the failing one does, as far as it can.
// Neighbouring steps are tried first, then those with one step between them, and so on,
// from the end each time. It returns nil when there is none.
func NearestPassing(ctx context.Context, sys System, path []Choice) (*Near, error) {
	failing, _, err := Record(sys, path)
	if err != nil {
		return nil, err
	}
	p := newPlanner(sys, len(path)+defaultMaxSteps)
	for distance := 1; distance < len(path); distance++ {
		for j := len(path) - 1; j >= distance; j-- {
			i := j - distance
			if path[i].Actor == path[j].Actor {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			w := &waiting{path: path, rest: slices.Clone(path[i:]), from: i, left: distance}
			status, err := p.run(w.choose)
			if err != nil {
				return nil, err
			}
			if status != Done || w.left > 0 {
				continue
			}
			s, _, err := Record(sys, slices.Clone(p.path))
			if err != nil {
				return nil, err
			}
			return &Near{s, failing[i], failing[j], i, j}, nil
		}
	}
	return nil, nil
}

// waiting follows a path in which the actor of one step waits for another step.
type waiting struct {
	path []Choice
	rest []Choice // the path from the step that waits on, without what was done
	from int      // that step
	left int      // where in rest the other step is, or 0 when it was done
}

func (w *waiting) choose(step int, choices []Choice) (int, error) {
	if step < w.from {
		return indexOf(choices, w.path[step]), nil
	}
	for k, want := range w.rest {
		if w.left > 0 && (k > w.left || want.Actor == w.path[w.from].Actor) {
			continue
		}
		i := slices.IndexFunc(choices, func(c Choice) bool { return who(c) == who(want) })
		if i < 0 {
			continue
		}
		w.rest = slices.Delete(w.rest, k, k+1)
		switch {
		case k == w.left:
			w.left = 0
		case k < w.left:
			w.left--
		}
		return i, nil
	}
	if w.left > 0 {
		return -1, nil // the other step cannot be done without the one that waits
	}
	return 0, nil
}

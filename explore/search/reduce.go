package search

import (
	"context"
	"fmt"
	"slices"
)

// Reduce looks for a run that is smaller than a shrunk one in other respects: it fails by
// the same rule, with no more preemptions. First it does without actors that move in the
// run, one after the other: all schedules of the others are searched, with preemptions only
// where somebody stood in the run. Then it looks, in the same way, for the fewest steps:
// what that leaves out is rounds, of the actors' programs and of what is done to them.
// The limits of o hold for each of these searches; what they cut off is not found. The
// result has been replayed.
func Reduce(ctx context.Context, sys System, s *Shrunk, o Options) (*Shrunk, error) {
	r := &reducer{
		ctx: ctx, sys: &without{System: sys}, o: o, best: s.Path, tried: s.Tried,
		strategy: preemptions{most: s.Preemptions, rule: s.Failure.Rule},
	}
	var err error
	if r.strategy.points, err = stood(sys, s.Path); err != nil {
		return nil, err
	}
	if err := r.fewerActors(); err != nil {
		return nil, err
	}
	if err := r.fewerSteps(); err != nil {
		return nil, err
	}
	schedule, end, err := Record(sys, r.best)
	if err == nil && (end.Status != Failed || end.Failure.Rule != s.Failure.Rule || end.Preemptions > s.Preemptions) {
		err = fmt.Errorf("%w: the reduced run is %s, with %d preemptions", ErrDifferent, end.Status, end.Preemptions)
	}
	if err == nil {
		_, err = Check(sys, schedule)
	}
	if err != nil {
		return nil, err
	}
	out := *s
	out.Found = Found{Failure: end.Failure, Path: r.best, Schedule: schedule, Preemptions: end.Preemptions}
	out.Tried = r.tried
	return &out, nil
}

type reducer struct {
	ctx      context.Context
	sys      *without
	o        Options
	strategy preemptions
	best     []Choice
	tried    uint64
}

// fewerActors does without the actors of the best run, in the order in which they move
// first.
func (r *reducer) fewerActors() error {
	var actors []int32
	for _, c := range r.best {
		if !slices.Contains(actors, c.Actor) {
			actors = append(actors, c.Actor)
		}
	}
	for _, a := range actors {
		kept := r.sys.out
		r.sys.out = append(slices.Clone(kept), a)
		found, err := r.find(r.o.MaxSteps)
		if err != nil {
			return err
		}
		if !found {
			r.sys.out = kept
		}
	}
	return nil
}

// fewerSteps halves the distance between a number of steps for which nothing was found
// and that of the best run.
func (r *reducer) fewerSteps() error {
	for none := 0; none+1 < len(r.best); {
		n := (none + len(r.best)) / 2
		found, err := r.find(n)
		if err != nil {
			return err
		}
		if !found {
			none = n
		}
	}
	return nil
}

// find searches for a run of at most so many steps, and keeps it.
func (r *reducer) find(steps int) (bool, error) {
	o := r.o
	o.Strategy, o.MaxSteps = r.strategy, steps
	o.From, o.All, o.Checkpoint = nil, false, nil
	d := newDriver(r.ctx, []System{r.sys}, o)
	result, err := d.run()
	if err != nil {
		return false, err
	}
	r.tried += d.executed()
	if len(result.Found) == 0 {
		return false, nil
	}
	r.best = result.Found[0].Path
	return true, nil
}

// stood returns the points at which somebody stands in a run.
func stood(sys System, path []Choice) (*pointSet, error) {
	points := &pointSet{}
	follow := along(path)
	r := runner{sys: sys, maxSteps: replayLimit}
	_, err := r.run(func(step int, choices []Choice) (int, error) {
		for _, c := range choices {
			points.add(c.Point)
		}
		return follow(step, choices)
	})
	return points, err
}

// without is a system in which some actors never move. A run of it is one of the system,
// as far as it goes.
type without struct {
	System
	out []int32
}

// Choices implements [System].
func (w *without) Choices(dst []Choice) []Choice {
	from := len(dst)
	dst = w.System.Choices(dst)
	kept := slices.DeleteFunc(dst[from:], func(c Choice) bool { return slices.Contains(w.out, c.Actor) })
	return dst[:from+len(kept)]
}

// Reset implements [System].
func (w *without) Reset() (Status, error) { return w.status(w.System.Reset()) }

// Do implements [System].
func (w *without) Do(c Choice) (Status, error) { return w.status(w.System.Do(c)) }

// status says that nobody can move when only those can that must not.
func (w *without) status(s Status, err error) (Status, error) {
	if err == nil && s == Going && len(w.Choices(nil)) == 0 {
		return Blocked, nil
	}
	return s, err
}

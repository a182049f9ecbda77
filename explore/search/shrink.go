package search

import (
	"context"
	"fmt"
	"slices"
)

// Shrunk is a smaller run that fails by the same rule.
type Shrunk struct {
	Found
	// Tried is how many runs it took.
	Tried uint64
	// Minimal says that no schedule whose preemptions lie where somebody stood in the
	// failing run fails with fewer of them. Otherwise Reason says why that is not known.
	Minimal bool
	Reason  string
}

// Shrink looks for a run with fewer preemptions that fails by the same rule as the given
// one. First it leaves preemptions out of the run, many at once and one by one, for as
// long as it still fails. Then it searches from below: all schedules without a
// preemption, with one, and so on, with preemptions only at points where somebody stood in
// the failing run.
// The limits of o hold for that search; its strategy does not matter. The result has been
// replayed.
func Shrink(ctx context.Context, sys System, path []Choice, o Options) (*Shrunk, error) {
	_, end, err := Record(sys, path)
	if err != nil {
		return nil, err
	}
	if end.Status != Failed {
		return nil, fmt.Errorf("nothing to shrink: the run is %s", end.Status)
	}
	s := &shrinker{
		planner: newPlanner(sys, len(path)+defaultMaxSteps),
		rule:    end.Failure.Rule, best: slices.Clone(path), preemptions: end.Preemptions,
	}
	if err := s.drop(ctx); err != nil {
		return nil, err
	}
	out := &Shrunk{Minimal: true}
	if s.preemptions > 0 {
		if err := s.fromBelow(ctx, path, o, out); err != nil {
			return nil, err
		}
	}
	schedule, end, err := Record(sys, s.best)
	if err == nil && (end.Status != Failed || end.Failure.Rule != s.rule) {
		err = fmt.Errorf("%w: the shrunk run is %s", ErrDifferent, end.Status)
	}
	if err == nil {
		_, err = Check(sys, schedule)
	}
	if err != nil {
		return nil, err
	}
	out.Found = Found{Failure: end.Failure, Path: s.best, Schedule: schedule, Preemptions: end.Preemptions}
	out.Tried += s.tried
	return out, nil
}

type shrinker struct {
	*planner
	rule        string
	best        []Choice
	preemptions int // of best
	plan        plan
	tried       uint64
}

// drop leaves deviations out of the run: first those that preempt, in ever smaller
// parts, then the others.
func (s *shrinker) drop(ctx context.Context) error {
	// The run as it is says what its deviations are.
	if _, err := s.follow(loosely(s.best)); err != nil {
		return err
	}
	s.plan = s.made
	for _, preempts := range []bool{true, false} {
		if err := s.dropSome(ctx, preempts); err != nil {
			return err
		}
	}
	return nil
}

func (s *shrinker) dropSome(ctx context.Context, preempts bool) error {
	for size := len(s.plan); size > 0 && ctx.Err() == nil; {
		better, err := s.dropParts(ctx, size, preempts)
		switch {
		case err != nil:
			return err
		case !better:
			size /= 2
		}
	}
	return nil
}

// dropParts tries to leave out one part of the given size after the other, and reports
// whether any could be.
func (s *shrinker) dropParts(ctx context.Context, size int, preempts bool) (better bool, err error) {
	for from := 0; ctx.Err() == nil; {
		var candidates []int
		for i, d := range s.plan {
			if d.preempts == preempts {
				candidates = append(candidates, i)
			}
		}
		if from >= len(candidates) {
			break
		}
		out := candidates[from:min(from+size, len(candidates))]
		pl := make(plan, 0, len(s.plan))
		for i, d := range s.plan {
			if !slices.Contains(out, i) {
				pl = append(pl, d)
			}
		}
		ok, err := s.accept(pl)
		if err != nil {
			return better, err
		}
		if ok {
			better = true
		} else {
			from += size
		}
	}
	return better, nil
}

// accept tries a plan, and keeps its run when it fails likewise and is smaller: fewer
// preemptions, or else fewer deviations.
func (s *shrinker) accept(pl plan) (bool, error) {
	s.tried++
	status, err := s.try(pl)
	if err != nil {
		return false, err
	}
	if status != Failed || s.sys.Failure().Rule != s.rule {
		return false, nil
	}
	if s.cost > s.preemptions || s.cost == s.preemptions && len(s.made) >= len(s.plan) {
		return false, nil
	}
	s.best, s.preemptions, s.plan = slices.Clone(s.path), s.cost, s.made
	return true, nil
}

// fromBelow searches for a run with fewer preemptions than the best one has, at points
// of the failing run.
func (s *shrinker) fromBelow(ctx context.Context, path []Choice, o Options, out *Shrunk) error {
	// Where actors stood while others moved counts too.
	points, err := stood(s.sys, path)
	if err != nil {
		return err
	}
	o.Strategy = preemptions{most: s.preemptions - 1, points: points, rule: s.rule}
	o.From, o.All, o.Checkpoint = nil, false, nil
	d := newDriver(ctx, []System{s.sys}, o)
	r, err := d.run()
	if err != nil {
		return err
	}
	out.Tried = d.executed()
	if len(r.Found) > 0 {
		s.best = r.Found[0].Path
		return nil
	}
	out.Minimal, out.Reason = r.Complete, r.Reason
	return nil
}

package explore

import (
	"context"

	"patchlab/explore/coverage"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
)

// Subject is a built scenario with the limits of a search.
type Subject struct {
	built   *experiment.Built
	bounds  Bounds
	options experiment.Options

	covers  *coverage.Space // nil when nobody wants to know
	visited []*coverage.Set // one of each system that has searched
}

// NewSubject makes a subject. The error says that its laboratory cannot be made, or that
// its script is not one to be searched.
func NewSubject(b *experiment.Built, bounds Bounds, o experiment.Options) (*Subject, error) {
	s := &Subject{built: b, bounds: bounds, options: o}
	sys, err := s.open()
	if err != nil {
		return nil, err
	}
	return s, sys.Close()
}

func (s *Subject) open() (*System, error) { return NewSystem(s.built, s.bounds, s.options) }

// Result is what a search came to, each failure reduced to a small schedule.
type Result struct {
	*search.Result
	Found []search.Shrunk
}

// Explore searches the schedules of a subject, up to the first failure unless o.All is
// set, and reduces what it has found. The error is a failure of the engine.
func Explore(ctx context.Context, s *Subject, o search.Options) (*Result, error) {
	r, err := search.Search(ctx, s.openCovered, o)
	if err != nil {
		return nil, err
	}
	out := &Result{Result: r}
	if len(r.Found) == 0 {
		return out, nil
	}
	sys, err := s.open()
	if err != nil {
		return nil, err
	}
	defer sys.Close()
	for _, f := range r.Found {
		small, err := search.Shrink(ctx, sys, f.Path, search.Options{MaxRuns: shrinkRuns})
		if err != nil {
			return nil, err
		}
		out.Found = append(out.Found, *small)
	}
	return out, nil
}

// shrinkRuns bounds the runs that reducing a schedule may take.
const shrinkRuns = 20000

// Replay runs one schedule.
func (s *Subject) Replay(schedule search.Schedule) (search.Ending, error) {
	sys, err := s.open()
	if err != nil {
		return search.Ending{}, err
	}
	defer sys.Close()
	return search.Replay(sys, schedule)
}

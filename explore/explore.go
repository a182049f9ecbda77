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
	classes bool
	covers  *coverage.Space // nil when nobody wants to know
	visited []*coverage.Set // one of each system that has searched
}

// WantClasses has searches count the classes of schedules as well, see [System.Classify].
func (s *Subject) WantClasses() { s.classes = true }

// system returns a system to search.
func (s *Subject) system() (search.System, error) {
	sys, err := s.openCovered()
	if err == nil && s.classes {
		return sys.Classify(), nil
	}
	return sys, err
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
	Found    []search.Shrunk
	Expected []string // the rules that the scenario expects to be violated
}

// Explore searches the schedules of a subject, up to the first failure unless o.All is set
// or the scenario expects that some rule is violated, and reduces what it has found. The error is a failure of the engine.
func Explore(ctx context.Context, s *Subject, o search.Options) (*Result, error) {
	expected := s.Expected()
	o.All = o.All || len(expected) > 0
	r, err := search.Search(ctx, s.system, o)
	if err != nil {
		return nil, err
	}
	out := &Result{Result: r, Expected: expected}
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
		if err == nil {
			small, err = search.Reduce(ctx, sys, small, search.Options{MaxRuns: reduceRuns})
		}
		if err != nil {
			return nil, err
		}
		out.Found = append(out.Found, *small)
	}
	return out, nil
}

// shrinkRuns bounds the runs that looking for fewer preemptions may take, and reduceRuns
// those of each search for fewer tasks or steps.
const (
	shrinkRuns = 20000
	reduceRuns = 2000
)

// Replay runs one schedule.
func (s *Subject) Replay(schedule search.Schedule) (search.Ending, error) {
	sys, err := s.open()
	if err != nil {
		return search.Ending{}, err
	}
	defer sys.Close()
	return search.Replay(sys, schedule)
}

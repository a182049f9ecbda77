package explore

import (
	"context"
	"slices"

	"patchlab/explore/coverage"
	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/lab/experiment"
)

// Subject is a built scenario with the limits of a search.
type Subject struct {
	built   *experiment.Built
	bounds  Bounds
	options experiment.Options
	classes bool
	memory  *memory         // of all paranoid systems
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
	s := &Subject{built: b, bounds: bounds, options: o, memory: newMemory()}
	sys, err := s.open()
	if err != nil {
		return nil, err
	}
	return s, sys.Close()
}

func (s *Subject) open() (*System, error) {
	return newSystem(s.built, s.bounds, s.options, watch{memory: s.memory})
}

// Result is what a search came to, each failure reduced to a small schedule.
type Result struct {
	*search.Result
	Found    []search.Shrunk
	Expected []string // the rules that the scenario expects to be violated
	// Points and At are the scheduling points of the search; see [Bounds].
	Points Points
	At     []guest.Addr
	// Memory is what the tasks share; nil unless the search was paranoid.
	Memory *Memory
}

// Explore searches the schedules of a subject, up to the first failure unless o.All is set
// or the scenario expects that some rule is violated, and reduces what it has found. The error is a failure of the engine.
func Explore(ctx context.Context, s *Subject, o search.Options) (*Result, error) {
	expected := s.Expected()
	o.All = o.All || len(expected) > 0
	out, err := s.search(ctx, o)
	if err != nil {
		return nil, err
	}
	out.Expected = expected
	r := out.Result
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

// search searches the schedules of a subject. A paranoid search is made again, with more
// points, as long as tasks turn out to share memory at instructions that are none.
func (s *Subject) search(ctx context.Context, o search.Options) (*Result, error) {
	for n := 1; ; n++ {
		r, err := search.Search(ctx, s.system, o)
		if err != nil {
			return nil, err
		}
		out := &Result{Result: r, Points: s.bounds.points(), At: s.bounds.At}
		if !s.bounds.Paranoid {
			return out, nil
		}
		at := s.memory.points()
		missing := slices.ContainsFunc(at, func(a guest.Addr) bool { return !slices.Contains(s.bounds.At, a) })
		out.Memory = &Memory{Searches: n, Pages: s.memory.shared(), Points: at, Settled: !missing}
		if !missing || !r.Complete || len(r.Found) > 0 {
			return out, nil
		}
		s.bounds.At = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.bounds.At, at))))
	}
}

// shrinkRuns bounds the runs that looking for fewer preemptions may take, and reduceRuns
// those of each search for fewer tasks or steps.
const (
	shrinkRuns = 20000
	reduceRuns = 2000
)

// Replay runs one schedule, in a machine that counts the guest's instructions: how far it
// has come is told with them, at its end and where it does not follow the schedule.
func (s *Subject) Replay(schedule search.Schedule) (search.Ending, error) {
	sys, err := newSystem(s.built, s.bounds, s.options, watch{memory: s.memory, counting: true})
	if err != nil {
		return search.Ending{}, err
	}
	defer sys.Close()
	return search.Replay(sys, schedule)
}

package search

import (
	"bytes"
	"errors"
	"fmt"
)

// repeater runs schedules a second time and compares.
type repeater struct {
	runner
	seldom        bool // many runs were done twice already
	first, second []byte
}

func newRepeater(sys System) *repeater {
	return &repeater{runner: runner{sys: sys, maxSteps: replayLimit}}
}

// due reports whether the run with this number, of a piece of the search, is one of those
// that are done twice: while the search is young many, later one in 512.
func (r *repeater) due(run uint64) bool {
	return run&(run-1) == 0 && !r.seldom || run%512 == 0
}

// check runs the path again, after which the system stands at its end with the given
// status, and wants the same end. The error says what differs; err is the system's.
func (r *repeater) check(path []Choice, status Status) (different, err error) {
	witness, _ := r.sys.(Witness)
	digest := func() uint64 {
		if witness == nil {
			return 0
		}
		return witness.Digest()
	}
	r.first = r.sys.State(r.first[:0])
	before := digest()
	again, err := r.run(along(path))
	if err != nil {
		if errors.Is(err, ErrInfeasible) {
			return err, nil
		}
		return nil, err
	}
	r.second = r.sys.State(r.second[:0])
	cut := status == Truncated && again == Going // by the search
	switch {
	case len(r.path) != len(path) || again != status && !cut:
		return fmt.Errorf("%w: a run of %d steps is %s, and then %s after %d",
			ErrDifferent, len(path), status, again, len(r.path)), nil
	case !bytes.Equal(r.first, r.second):
		return fmt.Errorf("%w: a run of %d steps ends in two states", ErrDifferent, len(path)), nil
	case before != digest():
		return fmt.Errorf("%w: a run of %d steps has two digests", ErrDifferent, len(path)), nil
	}
	return nil, nil
}

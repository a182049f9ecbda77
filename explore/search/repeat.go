package search

import (
	"bytes"
	"fmt"
)

// repeater runs schedules a second time and compares.
type repeater struct {
	runner
	witness       Witness  // nil when the system has none
	all           bool     // every run is done twice
	trail         []uint64 // then: the digest after each step of the first run
	seldom        bool     // many runs were done twice already
	first, second []byte
}

func newRepeater(sys System) *repeater {
	r := &repeater{runner: runner{sys: sys, maxSteps: replayLimit}}
	r.witness, _ = sys.(Witness)
	return r
}

// due reports whether the run with this number, of a piece of the search, is one of those
// that are done twice: while the search is young many, later one in 512.
func (r *repeater) due(run uint64) bool {
	return r.all || run&(run-1) == 0 && !r.seldom || run%512 == 0
}

// check runs the path again, after which the system stands at its end with the given
// status, and wants the same end. The error says what differs; err is the system's.
func (r *repeater) check(path []Choice, status Status) (different, err error) {
	var s Schedule
	different, err = r.compare(path, status, &s)
	return r.twice(s, different, err)
}

func (r *repeater) compare(path []Choice, status Status, s *Schedule) (different, err error) {
	r.first = r.sys.State(r.first[:0])
	before := r.digest()
	pick := along(path)
	if r.all {
		pick = r.retrace(path, s)
	}
	again, err := r.run(pick)
	if err != nil {
		return nil, err
	}
	if err := r.same(len(r.path)-1, *s); err != nil {
		return err, nil
	}
	r.second = r.sys.State(r.second[:0])
	cut := status == Truncated && again == Going // by the search
	switch {
	case len(r.path) != len(path) || again != status && !cut:
		return fmt.Errorf("%w: a run of %d steps is %s, and then %s after %d",
			ErrDifferent, len(path), status, again, len(r.path)), nil
	case !bytes.Equal(r.first, r.second):
		return fmt.Errorf("%w: a run of %d steps ends in two states", ErrDifferent, len(path)), nil
	case before != r.digest():
		return fmt.Errorf("%w: a run of %d steps has two digests", ErrDifferent, len(path)), nil
	}
	return nil, nil
}

func (r *repeater) digest() uint64 {
	if r.witness == nil {
		return 0
	}
	return r.witness.Digest()
}

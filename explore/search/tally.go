package search

import "errors"

// tally is what one piece of a search has found. Its memory is used again.
type tally struct {
	counts Counts
	// mass is the share of the tree that was searched, when the branches of each choice
	// share it evenly.
	mass      float64
	points    pointSet
	classes   pairSet // those that the whole search did not know before
	schedules pairSet // likewise, where a schedule can come up twice
	texts     []classText
	found     []finding
	different error // the first run that could not be repeated

	known func(rule string) bool // what the whole search has found; nil for nothing

	entities, longest int // what a PCT run met: see PCTBound
	depth, waiting    int // see Progress

	_ [64]byte // the next one belongs to another core
}

// classText is a class told in full.
type classText struct {
	class [2]uint64
	text  string
}

// finding is a failure that came up.
type finding struct {
	failure Failure
	path    []Choice
	run     uint64 // how many runs had come to their end then, this one included
	seed    uint64
}

func (t *tally) clear() {
	t.points.clear()
	t.classes.clear()
	t.schedules.clear()
	*t = tally{
		points: t.points, classes: t.classes, schedules: t.schedules,
		texts: t.texts[:0], found: t.found[:0],
	}
}

// failed records a failed run, if it is the first by its rule.
func (t *tally) failed(f Failure, path []Choice, seed uint64) {
	if t.known != nil && t.known(f.Rule) {
		return
	}
	for i := range t.found {
		if t.found[i].failure.Rule == f.Rule {
			return
		}
	}
	t.found = append(t.found, finding{f, append([]Choice(nil), path...), t.counts.Runs, seed})
}

// class records the class of a run that was done or failed; known are those of the
// search so far.
func (t *tally) class(c Classifier, teller ClassTeller, known *pairSet) {
	h := c.Class()
	if teller != nil && h[0]&textSample == 0 {
		t.texts = append(t.texts, classText{h, teller.ClassText()})
	}
	if !known.has(h) {
		t.classes.add(h)
	}
}

// textSample has the bits that are 0 in the hashes of the classes compared by text.
const textSample = 0xff

// again does a run a second time and counts whether it is the same. Errors are the
// system's.
func (t *tally) again(r *repeater, path []Choice, s Status) error {
	different, err := r.check(path, s)
	if err != nil {
		return err
	}
	if different != nil {
		return t.lost(different)
	}
	t.counts.Checked++
	return nil
}

// lost counts what cannot be followed because the system does not repeat itself. Other
// errors it returns.
func (t *tally) lost(err error) error {
	if !errors.Is(err, ErrInfeasible) && !errors.Is(err, ErrDifferent) {
		return err
	}
	t.counts.Infeasible++
	if t.different == nil {
		t.different = err
	}
	return nil
}

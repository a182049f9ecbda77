package search

import "fmt"

// exhaustive tries every schedule. How it goes back to where another choice is left is
// the system's business.
type exhaustive struct{ again bool }

// Exhaustive returns the reference that every other strategy is compared with: a depth
// first search of all schedules, which goes back to a state by restoring a snapshot of
// it. Verisoft (Godefroid, POPL 1997) is the first tool of this kind; without its
// reductions, and with snapshots instead of re-execution.
func Exhaustive() Strategy { return exhaustive{} }

// Reexecution returns the same search in the same order, but it goes back to a state by
// resetting the system and running the choices before it again. It is the yardstick for
// what snapshots are worth.
func Reexecution() Strategy { return exhaustive{again: true} }

// Name is the strategy's name.
func (s exhaustive) Name() string {
	if s.again {
		return "reexecution"
	}
	return "exhaustive"
}

func (s exhaustive) search(d *driver) error {
	if s.again {
		for _, w := range d.workers {
			w.explorer.sys = &reexecuting{System: w.sys}
		}
	}
	jobs, err := d.jobs(limit{})
	if err != nil {
		return err
	}
	if jobs, err = d.tree(limit{}, jobs); err != nil {
		return err
	}
	d.leave(jobs)
	return nil
}

// reexecuting is a system without snapshots: of a state it keeps how many choices led
// there, and goes back by taking them again.
type reexecuting struct {
	System
	path  []Choice
	marks []int // by slot
}

// Reset forgets the path.
func (r *reexecuting) Reset() (Status, error) {
	r.path = r.path[:0]
	return r.System.Reset()
}

// Do also takes the choice down.
func (r *reexecuting) Do(c Choice) (Status, error) {
	r.path = append(r.path, c)
	return r.System.Do(c)
}

// Save keeps the length of the path. The choices themselves stand in path as long as the
// slot is in use: a search goes back only along the path that it came.
func (r *reexecuting) Save(slot int) {
	for len(r.marks) <= slot {
		r.marks = append(r.marks, 0)
	}
	r.marks[slot] = len(r.path)
}

// Restore runs the path's beginning again.
func (r *reexecuting) Restore(slot int) error {
	if _, err := r.System.Reset(); err != nil {
		return err
	}
	r.path = r.path[:r.marks[slot]]
	for i, c := range r.path {
		s, err := r.System.Do(c)
		if err == nil && s != Going {
			err = fmt.Errorf("%w: the run is %s", ErrInfeasible, s)
		}
		if err != nil {
			return doError(i, err)
		}
	}
	return nil
}

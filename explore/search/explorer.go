package search

import (
	"context"
)

// explorer searches a tree of choices depth first. It belongs to one worker.
type explorer struct {
	sys      System
	maxSteps int
	classes  Classifier  // nil when the system has none
	teller   ClassTeller // likewise
	repeat   *repeater

	limit limit
	known *pairSet // classes of the search so far; only read
	merge *merger  // not nil when equal states are merged
	rule  string   // if not "", failures of other rules are counted and forgotten
	out   *tally

	frames  []frame
	choices []Choice // of all frames, end to end
	path    []Choice // what the frames follow
	saved   int      // how many frames have a slot
	here    bool     // the system is in the state of the last frame

	_ [64]byte // what lies behind may belong to another core
}

// frame is a state of the run being followed.
type frame struct {
	from  int32   // its choices begin there in explorer.choices
	total int32   // how many the limit leaves of them
	n     int32   // how many of those are this job's
	next  int32   // the one to follow next
	slot  int32   // where the state is saved, or -1
	cost  int32   // of the run so far, by the limit
	mass  float64 // the share of the tree that begins here
	state int32   // where equal states are merged, which one it is
}

func newExplorer(sys System, maxSteps int) *explorer {
	e := &explorer{sys: sys, maxSteps: maxSteps, repeat: newRepeater(sys)}
	e.classes, _ = sys.(Classifier)
	if e.classes != nil {
		e.teller, _ = sys.(ClassTeller)
	}
	return e
}

// explore does up to quota runs of a job into out, and returns what is left of the job,
// or nil. It returns early, with everything counted up to there, when ctx is done, stop
// says so, or a run fails and first is set.
func (e *explorer) explore(ctx context.Context, j *job, quota uint64, first bool, stop func() bool, out *tally) (*job, error) {
	e.out = out
	if err := e.resume(j); err != nil {
		return nil, e.out.lost(err)
	}
	for len(e.frames) > 0 {
		f := &e.frames[len(e.frames)-1]
		if f.next == f.n {
			e.pop()
			continue
		}
		done := out.counts.Runs + out.counts.Infeasible
		if done >= quota || first && len(out.found) > 0 || ctx.Err() != nil || stop() {
			return e.suspend(j), nil
		}
		if err := e.descend(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// descend follows the last frame's next choice, and from there the first ones, to the
// end of a run or to a known state.
func (e *explorer) descend() error {
	for {
		if ended, err := e.step(); ended || err != nil {
			return err
		}
	}
}

// step follows one choice, and reports whether that was the end of a run.
func (e *explorer) step() (ended bool, err error) {
	f := &e.frames[len(e.frames)-1]
	if !e.here {
		if f.slot < 0 {
			panic("BUG: going back to a state that was not saved")
		}
		if err := e.sys.Restore(int(f.slot)); err != nil {
			return true, e.out.lost(err)
		}
	}
	index := f.next
	c := e.choices[f.from+index]
	f.next++
	if f.next < f.n && f.slot < 0 {
		f.slot = int32(e.saved)
		e.saved++
		e.sys.Save(int(f.slot))
	}
	cost := f.cost
	if e.limit.kind != freeCost {
		cost += e.limit.cost(e.sys, index, c)
	}
	mass := f.mass / float64(f.total)
	e.here = false
	status, err := e.sys.Do(c)
	if err != nil {
		return true, e.out.lost(doError(len(e.path), err))
	}
	e.path = append(e.path[:len(e.frames)-1], c)
	e.repeat.note(len(e.path) - 1)
	e.out.counts.Steps++
	return e.enter(status, cost, mass)
}

// enter takes up the state that the system has come to: the end of a run, or a frame.
func (e *explorer) enter(status Status, cost int32, mass float64) (ended bool, err error) {
	if status == Going && len(e.path) >= e.maxSteps {
		status = Truncated
	}
	state := int32(-1)
	if e.merge != nil {
		var known bool
		if state, known, err = e.merge.enter(e, status, cost); known || err != nil {
			if known && err == nil && e.repeat.all {
				err = e.out.again(e.repeat, e.path, status)
			}
			return true, err
		}
	}
	if status == Going {
		return false, e.push(cost, mass, state)
	}
	return true, e.leaf(status, mass)
}

// push makes a frame of the system's present state.
func (e *explorer) push(cost int32, mass float64, state int32) error {
	from := len(e.choices)
	e.choices = e.sys.Choices(e.choices)
	all := e.choices[from:]
	if len(all) == 0 {
		return errNoChoices
	}
	for _, c := range all {
		e.out.points.add(c.Point)
	}
	n := len(all)
	if e.limit.kind != freeCost {
		var over int
		n, over = e.limit.keep(e.sys, cost, all)
		e.out.counts.OverBound += uint64(over)
		if n == 0 {
			return errFirstPreempts
		}
		e.choices = e.choices[:from+n]
	}
	e.frames = append(e.frames, frame{
		from: int32(from), total: int32(n), n: int32(n), slot: -1, cost: cost, mass: mass, state: state,
	})
	e.here = true
	return nil
}

func (e *explorer) pop() {
	f := &e.frames[len(e.frames)-1]
	if e.merge != nil {
		e.merge.leave(e)
	}
	if f.slot >= 0 {
		e.saved--
	}
	e.choices = e.choices[:f.from]
	e.frames = e.frames[:len(e.frames)-1]
	e.here = false
}

// leaf counts the end of a run.
func (e *explorer) leaf(s Status, mass float64) error {
	t := e.out
	t.counts.end(s)
	t.mass += mass
	if s == Failed {
		if f := e.sys.Failure(); e.rule == "" || e.rule == f.Rule {
			t.failed(f, e.path, 0)
		}
	}
	if e.classes != nil && e.merge == nil && (s == Done || s == Failed) {
		t.class(e.classes, e.teller, e.known)
	}
	if !e.repeat.due(t.counts.Runs) {
		return nil
	}
	return t.again(e.repeat, e.path, s)
}

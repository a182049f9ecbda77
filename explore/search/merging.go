package search

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

type merging struct{ most int }

// Merging returns a search that goes on from each state only once, as explicit-state
// model checkers do (Holzmann, The Spin Model Checker, 2003). States are compared by all
// of their bytes, never by a hash alone, so that nothing is lost. How many schedules lead
// through the states is counted on the way. A most of 0 or more is the preemptions that a
// schedule may have; then two states are the same only when the same actor moved last,
// and the last choice was the same, after as many preemptions. A negative most is no bound.
//
// It uses one worker, cannot be taken up again, and knows no classes.
func Merging(most int) Strategy { return merging{most} }

// Name is the strategy's name.
func (merging) Name() string { return "merging" }

func (s merging) search(d *driver) error {
	if d.o.From != nil {
		return fmt.Errorf("checkpoint: merging cannot go on from one")
	}
	l := limit{}
	if s.most >= 0 {
		l = limit{kind: preemptionCost, max: int32(s.most)}
		d.unit, d.bound = "preemption", s.most
	}
	e := d.workers[0].explorer
	m := &merger{bounded: s.most >= 0, room: d.o.MaxMemory}
	m.report = func(c Counts) {
		t := &tally{counts: c, depth: len(e.frames)}
		for i := range e.frames {
			t.waiting += int(e.frames[i].n - e.frames[i].next)
		}
		d.report(t)
		d.progress = Counts{}
	}
	e.limit, e.merge = l, m
	var rest *job
	var schedules uint64
	_, err := d.round(1, func(_ *worker, _ int, stop func() bool, t *tally) (bool, error) {
		var err error
		rest, err = e.explore(d.ctx, &job{}, d.o.MaxRuns, !d.o.All, stop, t)
		if errors.Is(err, errStates) {
			d.outOfMemory, rest, err = true, &job{}, nil
		}
		t.counts.States, t.mass = uint64(m.states.len()), 0
		schedules = m.schedules(e)
		return true, err
	})
	d.result.Counts.Schedules = schedules
	d.unfinished = rest != nil
	d.unbounded = d.result.Counts.OverBound == 0
	return err
}

// errStates ends a search that has no room for more states.
var errStates = errors.New("no room for more states")

// merger knows the states that a search has been in.
type merger struct {
	states  stateSet
	ways    []uint64 // by state, how many schedules lead on from it; at most MaxUint64
	open    []bool   // by state, whether the run being followed leads through it
	bounded bool
	room    int64 // bytes
	report  func(Counts)
	key     []byte
}

// enter takes note of a state that e has come to. It reports true when nothing new is
// behind it.
func (m *merger) enter(e *explorer, s Status, cost int32) (state int32, known bool, err error) {
	// What failed may have left no trace in the state: an end is not a state to go on
	// from, whatever its bytes are.
	m.key = append(e.sys.State(m.key[:0]), byte(s))
	if m.bounded {
		m.key = appendLast(m.key, e.path)
		m.key = binary.LittleEndian.AppendUint32(m.key, uint32(cost))
	}
	state, known = m.states.add(m.key)
	if !known {
		m.ways, m.open = append(m.ways, 0), append(m.open, s == Going)
		if err := m.account(e.out); err != nil {
			return state, false, err
		}
	}
	switch {
	case s != Going:
		m.lead(e, 1)
		return state, false, nil
	case !known:
		return state, false, nil
	case m.open[state]:
		// The run is back where it was, and could go round for ever.
		e.out.counts.end(Blocked)
	default:
		m.lead(e, m.ways[state])
	}
	e.out.counts.Merged++
	return state, true, nil
}

// appendLast appends what [System.Preempts] may depend on of a path: the actor of the last
// Move, and the last choice.
func appendLast(dst []byte, path []Choice) []byte {
	mover := int32(-1)
	for i := len(path) - 1; i >= 0 && mover < 0; i-- {
		if path[i].Kind == Move {
			mover = path[i].Actor
		}
	}
	last := Choice{Actor: -1}
	if len(path) > 0 {
		last = path[len(path)-1]
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(mover))
	return append(binary.LittleEndian.AppendUint32(dst, uint32(last.Actor)), last.Kind)
}

// account looks after room and progress.
func (m *merger) account(t *tally) error {
	n := m.states.len()
	if n%4096 != 0 {
		return nil
	}
	if m.states.memory()+int64(cap(m.ways))*8+int64(cap(m.open)) > m.room {
		return errStates
	}
	c := t.counts
	c.States = uint64(n)
	m.report(c)
	return nil
}

// lead adds schedules to the state that e has just gone on from.
func (m *merger) lead(e *explorer, ways uint64) {
	if len(e.frames) == 0 {
		return
	}
	from := &m.ways[e.frames[len(e.frames)-1].state]
	if *from > math.MaxUint64-ways {
		*from = math.MaxUint64
		return
	}
	*from += ways
}

// leave closes the state of e's last frame, which has just been searched.
func (m *merger) leave(e *explorer) {
	state := e.frames[len(e.frames)-1].state
	m.open[state] = false
	if n := len(e.frames); n > 1 {
		e.frames = e.frames[:n-1]
		m.lead(e, m.ways[state])
		e.frames = e.frames[:n]
	}
}

// schedules returns how many schedules lead through the states searched.
func (m *merger) schedules(e *explorer) uint64 {
	for len(e.frames) > 1 {
		m.leave(e)
		e.frames = e.frames[:len(e.frames)-1]
	}
	if m.states.len() < 2 { // none when the system could not even be reset
		return e.out.counts.Runs
	}
	return m.ways[0]
}

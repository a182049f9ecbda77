package search

import (
	"bytes"
	"fmt"
)

// Ending is how a run ended.
type Ending struct {
	// Status is Going when the schedule ends before the run does.
	Status  Status
	Failure Failure // when Failed
	Steps   int
	// Preemptions counts the steps that took the CPU from an actor that could go on.
	Preemptions int
	Digest      uint64 // 0 when the system has none
	// Where says how far the run and the actor of its last step had come, in the system's
	// words; "" when it has none.
	Where string
}

// replayLimit bounds runs that follow something given, which is finite by itself.
const replayLimit = int(^uint(0) >> 1)

// Replay runs the schedule and stops where the run does not follow it: that is a
// *Difference. Any other error is the system's.
func Replay(sys System, s Schedule) (Ending, error) {
	e, _, err := replay(sys, s)
	return e, err
}

// replay also returns the choices taken.
func replay(sys System, s Schedule) (Ending, []Choice, error) {
	r := runner{sys: sys, maxSteps: replayLimit}
	var e Ending
	witness, _ := sys.(Witness)
	pick := func(step int, choices []Choice) (int, error) {
		if err := sameDigest(sys, witness, s, step-1); err != nil {
			return 0, err
		}
		if step == len(s) {
			return -1, nil
		}
		i, err := find(sys, witness, s, step, choices)
		if err == nil && sys.Preempts(choices[i]) {
			e.Preemptions++
		}
		return i, err
	}
	status, err := r.run(pick)
	if err != nil {
		return Ending{}, nil, err
	}
	e.Status, e.Steps = status, len(r.path)
	if e.Steps < len(s) {
		d := &Difference{Index: e.Steps, Want: s[e.Steps], Reason: "the run is over: " + status.String()}
		return Ending{}, nil, at(d, witness)
	}
	if err := sameDigest(sys, witness, s, e.Steps-1); err != nil {
		return Ending{}, nil, err
	}
	if witness != nil {
		e.Digest = witness.Digest()
		if len(s) > 0 {
			e.Where = witness.Where(s[len(s)-1].Actor)
		}
	}
	if status == Failed {
		e.Failure = sys.Failure()
	}
	return e, r.path, nil
}

// find returns the choice that the schedule's step names.
func find(sys System, w Witness, s Schedule, step int, choices []Choice) (int, error) {
	want := s[step]
	want.Digest = 0
	found := -1
	d := &Difference{Index: step, Want: s[step]}
	for i, c := range choices {
		have, err := describe(sys, c)
		if err != nil {
			return 0, doError(step, err)
		}
		if have == want {
			if found >= 0 {
				return 0, doError(step, fmt.Errorf("two choices have the name %q", want))
			}
			found = i
		}
		if have.Actor == want.Actor && have.Kind == want.Kind {
			d.Reason = "the actor stands at " + have.Point
		}
		d.Enabled = append(d.Enabled, have)
	}
	if found >= 0 {
		return found, nil
	}
	if d.Reason == "" {
		d.Reason = "not enabled"
	}
	at(d, w)
	if w != nil {
		d.Where += fmt.Sprintf(", digest %016x", w.Digest())
	}
	return 0, d
}

// sameDigest compares the digest after a step with the schedule's, if both have one.
func sameDigest(sys System, w Witness, s Schedule, step int) error {
	if w == nil || step < 0 || step >= len(s) || s[step].Digest == 0 {
		return nil
	}
	have := w.Digest()
	if have == s[step].Digest {
		return nil
	}
	d := &Difference{
		Index: step, Want: s[step],
		Reason: fmt.Sprintf("the digest after it is %016x, not %016x", have, s[step].Digest),
	}
	return at(d, w)
}

func at(d *Difference, w Witness) error {
	if w != nil {
		d.Where = w.Where(d.Want.Actor)
	}
	return d
}

// Record runs a path of choices, of an earlier run of such a system, and returns it as a
// schedule, with digests if the system has them.
func Record(sys System, path []Choice) (Schedule, Ending, error) {
	r := runner{sys: sys, maxSteps: replayLimit}
	witness, _ := sys.(Witness)
	s := make(Schedule, 0, len(path))
	var e Ending
	digest := func() {
		if witness != nil && len(s) > 0 {
			s[len(s)-1].Digest = witness.Digest()
		}
	}
	follow := along(path)
	status, err := r.run(func(step int, choices []Choice) (int, error) {
		digest()
		i, err := follow(step, choices)
		if i < 0 || err != nil {
			return i, err
		}
		named, err := describe(sys, choices[i])
		if err != nil {
			return 0, doError(step, err)
		}
		s = append(s, named)
		if sys.Preempts(choices[i]) {
			e.Preemptions++
		}
		return i, nil
	})
	if err != nil {
		return nil, Ending{}, err
	}
	digest()
	e.Status, e.Steps = status, len(r.path)
	if e.Steps != len(path) {
		return nil, Ending{}, doError(e.Steps, fmt.Errorf("%w: the run is over: %s", ErrInfeasible, status))
	}
	if len(s) > 0 {
		e.Digest = s[len(s)-1].Digest
		if witness != nil {
			e.Where = witness.Where(s[len(s)-1].Actor)
		}
	}
	if status == Failed {
		e.Failure = sys.Failure()
	}
	return s, e, nil
}

// Check replays a schedule twice and wants the same ending in the same state. What
// differs between the two is an ErrDifferent too.
func Check(sys System, s Schedule) (Ending, error) {
	first, err := Replay(sys, s)
	if err != nil {
		return Ending{}, err
	}
	state := sys.State(nil)
	second, err := Replay(sys, s)
	if err != nil {
		return Ending{}, fmt.Errorf("second run: %w", err)
	}
	switch {
	case first != second:
		return Ending{}, fmt.Errorf("%w: first %+v, then %+v", ErrDifferent, first, second)
	case !bytes.Equal(state, sys.State(nil)):
		return Ending{}, fmt.Errorf("%w: the same schedule ends in two states", ErrDifferent)
	}
	return first, nil
}

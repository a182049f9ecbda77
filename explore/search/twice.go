package search

import (
	"errors"
	"fmt"
)

// TwiceError says that one schedule has run in two ways, in a search that runs each of
// them twice: the system depends on something that the schedule does not say. It is an
// ErrDifferent.
type TwiceError struct {
	// Err is the first difference: a *Difference where it is a step's, which the system
	// must be able to tell by digests.
	Err error
	// Schedule is the schedule up to there.
	Schedule Schedule
}

// Error names the difference, in one line.
func (e *TwiceError) Error() string { return "a schedule was run twice: " + e.Err.Error() }

// Unwrap returns the difference.
func (e *TwiceError) Unwrap() error { return e.Err }

// Is makes every TwiceError an ErrDifferent.
func (e *TwiceError) Is(target error) bool { return target == ErrDifferent }

// note keeps the digest after a step of the run that will be checked.
func (r *repeater) note(step int) {
	if r.all && r.witness != nil {
		r.trail = append(r.trail[:step], r.witness.Digest())
	}
}

// retrace follows a path again and wants each step to end as it was noted. It puts the
// steps into schedule as it goes.
func (r *repeater) retrace(path []Choice, schedule *Schedule) chooser {
	follow := along(path)
	return func(step int, choices []Choice) (int, error) {
		if err := r.same(step-1, *schedule); err != nil {
			return 0, err
		}
		i, err := follow(step, choices)
		if i < 0 || err != nil {
			return i, err
		}
		named, err := describe(r.sys, choices[i])
		if err != nil {
			return 0, doError(step, err)
		}
		*schedule = append(*schedule, named)
		return i, nil
	}
}

// same compares the digest after a step with the one that was noted.
func (r *repeater) same(step int, s Schedule) error {
	if !r.all || step < 0 || step >= len(r.trail) || step >= len(s) {
		return nil
	}
	want := s[step]
	want.Digest = r.trail[step]
	return sameDigest(r.sys, r.witness, append(s[:step:step], want), step)
}

// twice takes in what a second run has come to. In a search that runs all schedules
// twice a difference ends it.
func (r *repeater) twice(s Schedule, different, err error) (error, error) {
	if errors.Is(err, ErrInfeasible) || errors.Is(err, ErrDifferent) {
		different, err = err, nil
	}
	if different != nil && r.all {
		return nil, &TwiceError{different, s}
	}
	return different, err
}

// strict is the error of a search that runs all schedules twice and has met what cannot
// be repeated outside of second runs; nil when there is none.
func (d *driver) strict() error {
	if !d.o.Twice || d.differ == nil {
		return nil
	}
	return fmt.Errorf("a schedule could not be followed again: %w", d.differ)
}

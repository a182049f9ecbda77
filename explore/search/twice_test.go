package search

import (
	"errors"
	"strings"
	"testing"
)

// drifting is a system that does not repeat itself: once the second thread moves, every
// run is another one. Nothing but its digest tells.
type drifting struct {
	*progSystem
	resets  int
	drifted bool
	saved   map[int]bool
}

func (d *drifting) Reset() (Status, error) {
	d.resets++
	d.drifted = false
	return d.progSystem.Reset()
}

func (d *drifting) Do(c Choice) (Status, error) {
	d.drifted = d.drifted || c.Actor == 1
	return d.progSystem.Do(c)
}

func (d *drifting) Save(slot int) {
	d.saved[slot] = d.drifted
	d.progSystem.Save(slot)
}

func (d *drifting) Restore(slot int) error {
	d.drifted = d.saved[slot]
	return d.progSystem.Restore(slot)
}

func (d *drifting) Digest() uint64 {
	if d.drifted {
		return d.progSystem.Digest() + 2*uint64(d.resets)
	}
	return d.progSystem.Digest()
}

// TestTwice wants every strategy to notice that a system does not repeat itself, and to
// name the first step that differs.
func TestTwice(t *testing.T) {
	c := compile(t, parse(t, threads("atomic x; atomic x", "atomic y; atomic x")))
	for _, name := range Names() {
		s, err := ByName(name, Params{Bound: -1, Seeds: Seeds{1, 30}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Search(t.Context(), c.open(nil), Options{Strategy: s, Twice: true})
		if err != nil || r.Counts.Checked < r.Counts.Runs {
			t.Errorf("%s: of %d runs %d were done twice, %v", name, r.Counts.Runs, r.Counts.Checked, err)
		}
		_, err = Search(t.Context(), func() (System, error) {
			return &drifting{progSystem: &progSystem{code: c}, saved: map[int]bool{}}, nil
		}, Options{Strategy: s, Twice: true})
		var twice *TwiceError
		var first *Difference
		if !errors.As(err, &twice) || !errors.As(err, &first) || !errors.Is(err, ErrDifferent) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if first.Want.Actor != "t1" || len(twice.Schedule) != first.Index+1 || twice.Schedule[first.Index].Actor != "t1" {
			t.Errorf("%s: the first difference is %v, behind %v", name, first, twice.Schedule)
		}
		for _, step := range twice.Schedule[:first.Index] {
			if step.Actor == "t1" {
				t.Errorf("%s: an earlier step differs than %v: %v", name, first, twice.Schedule)
			}
		}
		if !strings.Contains(err.Error(), "run twice: step ") || !strings.Contains(err.Error(), "the digest after it is ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTwiceOther has systems that differ in more than a digest, or offer something else.
func TestTwiceOther(t *testing.T) {
	c := compile(t, parse(t, threads("atomic x", "read x into r; if r > 1\n    read y\n  end")))
	for _, name := range Names() {
		s, err := ByName(name, Params{Bound: -1, Seeds: Seeds{1, 30}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = Search(t.Context(), func() (System, error) {
			return &fickle{progSystem: &progSystem{code: c}}, nil
		}, Options{Strategy: s, Twice: true})
		if err == nil || !errors.Is(err, ErrDifferent) && !errors.Is(err, ErrInfeasible) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

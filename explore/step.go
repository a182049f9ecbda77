package explore

import (
	"errors"

	"patchlab/emu"
	"patchlab/explore/search"
	"patchlab/guest"
)

// Do implements [search.System].
func (s *System) Do(c search.Choice) (search.Status, error) {
	f := s.footprints
	if f == nil {
		return s.step(c)
	}
	f.begin(c)
	status, err := s.step(c)
	f.stop()
	if err == nil {
		f.end(c, status)
	}
	return status, err
}

// step does what was chosen, and what of the script comes behind it.
func (s *System) step(c search.Choice) (search.Status, error) {
	s.path = append(s.path, c)
	s.pathLen = len(s.path)
	err := s.do(c, false)
	if errors.Is(err, emu.ErrInexact) {
		err = s.again()
	}
	if err != nil {
		var fault *emu.Fault
		if !errors.As(err, &fault) {
			return search.Going, err
		}
		s.violation = search.Failure{Rule: "guest-fault", Text: fault.Error()}
		return search.Failed, nil
	}
	s.note()
	return s.settle()
}

// do makes the step of a choice.
func (s *System) do(c search.Choice, exact bool) error {
	id := guest.TaskID(c.Actor)
	m := s.lab.Machine
	before := s.switched()
	s.last = id
	switch {
	case c.Kind == kindInterrupt:
		s.interrupts++
		s.last = 0
		return m.InterruptTask(id)
	case id == s.lab.Operator && !s.begun:
		s.begun = true
		s.retries = [2]int{}
		if err := s.d.Begin(s.command); err != nil {
			return err
		}
		return s.goOn(id, exact)
	}
	var err error
	if c.Kind == kindWake {
		if n := s.poller(id); n != nil {
			*n++
		}
		err = m.Fire(id, exact)
	} else {
		err = m.MoveTask(id, exact)
	}
	if err == nil {
		err = s.goOn(id, exact)
	}
	if s.switched() != before || s.poller(id) == nil {
		s.retries = [2]int{}
	}
	return err
}

// switched is a number that changes when a task is switched.
func (s *System) switched() (n uint64) {
	for _, id := range s.lab.Machine.Tasks() {
		state, _ := s.lab.Model.PatchState(id)
		n = n*3 + uint64(state+1)
	}
	return n
}

// again repeats the whole run, its last step exactly.
func (s *System) again() error {
	path := append([]search.Choice(nil), s.path...)
	if err := s.lab.Machine.Restore(&s.root); err != nil {
		return err
	}
	s.d.DropFailures()
	s.paranoid.restore(s.passages)
	s.cursor = s.start
	s.pathLen = len(path)
	for i, c := range path {
		if _, err := s.settle(); err != nil {
			return err
		}
		if err := s.do(c, i == len(path)-1); err != nil {
			return err
		}
	}
	return nil
}

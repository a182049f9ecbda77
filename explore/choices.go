package explore

import (
	"patchlab/explore/search"
	"patchlab/guest"
)

// The kinds of choices besides [search.Move].
const (
	kindWake      uint8 = 1 // a task that sleeps until a time wakes, and moves
	kindInterrupt uint8 = 2 // an interrupt takes a task off its CPU in the kernel
)

var kindNames = [...]string{"", "wake", "interrupt"}

// Choices implements [search.System].
func (s *System) Choices(dst []search.Choice) []search.Choice {
	if s.last != 0 {
		dst = s.ofTask(dst, s.last)
	}
	for _, id := range s.lab.Machine.Tasks() {
		if id != s.last {
			dst = s.ofTask(dst, id)
		}
	}
	if s.interrupts < s.bounds.Interrupts {
		for _, id := range s.lab.Machine.Tasks() {
			if s.canInterrupt(id) {
				dst = append(dst, search.Choice{Actor: int32(id), Kind: kindInterrupt, Point: s.point(id)})
			}
		}
	}
	return dst
}

// ofTask appends what a task can do by itself.
func (s *System) ofTask(dst []search.Choice, id guest.TaskID) []search.Choice {
	if !s.can(id) {
		return dst
	}
	c := search.Choice{Actor: int32(id), Point: s.point(id)}
	if s.lab.Machine.Timed(id) {
		c.Kind = kindWake
	}
	return append(dst, c)
}

// can reports whether a task can do something by itself.
func (s *System) can(id guest.TaskID) bool {
	m := s.lab.Machine
	if id == s.lab.Operator && !s.begun {
		return s.command < len(s.d.Script) && s.d.Begins(s.command)
	}
	return m.CanMove(id) || m.Timed(id) && s.mayWake(id)
}

func (s *System) canInterrupt(id guest.TaskID) bool {
	return s.interrupts < s.bounds.Interrupts && s.lab.Machine.CanInterrupt(id)
}

// poller returns the place in retries of a task that may look at something again and
// again, or nil.
func (s *System) poller(id guest.TaskID) *int {
	switch id {
	case s.lab.Operator:
		return &s.retries[0]
	case s.lab.Worker:
		return &s.retries[1]
	}
	return nil
}

func (s *System) mayWake(id guest.TaskID) bool {
	n := s.poller(id)
	return n == nil || *n < s.bounds.Retries
}

// Preempts implements [search.System].
func (s *System) Preempts(c search.Choice) bool {
	if c.Kind == kindInterrupt {
		return true
	}
	return s.last != 0 && guest.TaskID(c.Actor) != s.last && s.lab.Machine.CanMove(s.last)
}

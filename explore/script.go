package explore

import (
	"fmt"
	"strings"

	"patchlab/emu"
	"patchlab/explore/search"
)

// settle carries out what of the script is no step of its own: it ends commands, passes
// waits that are over and looks at expectations. Then it says how the run stands.
func (s *System) settle() (search.Status, error) {
	for s.command < len(s.d.Script) {
		goOn, err := s.script()
		if err != nil {
			return search.Going, err
		}
		if !goOn {
			break
		}
	}
	if v := s.oracle.Violations(); len(v) > 0 {
		s.violation = search.Failure{Rule: v[0].Rule.String(), Text: fmt.Sprintf("%s (%s)", v[0].Text, v[0].Attribution)}
		return search.Failed, nil
	}
	if s.paranoid.failed() {
		s.violation = s.paranoid.failure
		return search.Failed, nil
	}
	if f := s.d.TakeFailures(); len(f) > 0 {
		s.violation = search.Failure{Rule: Expectation, Text: f[0].Error()}
		return search.Failed, nil
	}
	for _, id := range s.lab.Machine.Tasks() {
		if s.can(id) || s.canInterrupt(id) {
			return search.Going, nil
		}
	}
	return s.over(), nil
}

// script carries out a command of the script that is no step, and reports whether it was
// one.
func (s *System) script() (bool, error) {
	i := s.command
	switch {
	case s.begun:
		if !s.lab.Done() {
			return false, nil
		}
		s.begun = false
		s.retries = [2]int{}
		s.command++
		return true, s.d.End(i)
	case s.d.Begins(i):
		return false, nil
	}
	waits, ready := s.d.Waits(i)
	if waits && !ready {
		return false, nil
	}
	s.command++
	if waits {
		return true, nil
	}
	return true, s.d.Look(i)
}

// over says how a run has ended in which nobody can do anything any more.
func (s *System) over() search.Status {
	if s.command == len(s.d.Script) {
		return search.Done
	}
	if s.lab.Machine.Timed(s.lab.Worker) || s.lab.Machine.Timed(s.lab.Operator) {
		return search.Truncated // only the bound on retries ends it here
	}
	s.violation = s.standstill()
	return search.Failed
}

// Deadlock is the rule of a failure in which tasks have not come to their end, nobody can do
// anything, and the script waits.
const Deadlock = "deadlock"

// standstill is the failure of a run in which nobody can do anything. Where nobody wants
// to, the script waits for what does not come.
func (s *System) standstill() search.Failure {
	var at []string
	for _, id := range s.lab.Machine.Tasks() {
		t, _ := s.lab.Machine.Task(id)
		if id == s.lab.Operator && !s.begun || id == s.lab.Worker && t.State == emu.Asleep {
			continue
		}
		at = append(at, fmt.Sprintf("%s is %s before %s", t.Name, t.State, s.points.name(s.point(id))))
	}
	if at == nil {
		return search.Failure{Rule: Expectation, Text: s.d.Where(s.command) + ": nothing happens any more, and what is waited for has not come"}
	}
	return search.Failure{Rule: Deadlock, Text: fmt.Sprintf("nobody can go on any more: %s, the script waits in line %d",
		strings.Join(at, ", "), s.d.Script[s.command].Line)}
}

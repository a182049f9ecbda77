package prove

import (
	"fmt"
	"slices"

	"patchlab/explore"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/testprogs"
)

// Subject is what schedules are drawn of: a scenario, and how many interrupts a schedule
// of it may have.
type Subject struct {
	Scenario   string // as testprogs names it
	Interrupts int
}

// String names the subject.
func (s Subject) String() string {
	if s.Interrupts == 0 {
		return s.Scenario
	}
	return fmt.Sprintf("%s, %d interrupt", s.Scenario, s.Interrupts)
}

// Suite returns the scenarios of testprogs that can be searched, those made for it with an
// interrupt too. Those that hold tasks at points cannot: a search has orders of its own.
func Suite() ([]Subject, error) {
	var all []Subject
	for _, name := range testprogs.SeedNames() {
		all = append(all, Subject{name, 0}, Subject{name, 1})
	}
	for _, name := range testprogs.Names() {
		s, err := testprogs.Open(name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(s.Script, func(c scenario.Command) bool { return c.Verb == scenario.Hold }) {
			all = append(all, Subject{name, 0})
		}
	}
	return all, nil
}

// open makes the subject's system. Close it.
func (s Subject) open() (*explore.System, error) {
	sc, err := testprogs.Open(s.Scenario)
	if err != nil {
		return nil, err
	}
	built, err := experiment.Build(sc, nil)
	if err != nil {
		return nil, err
	}
	return explore.NewSystem(built, explore.Bounds{Interrupts: s.Interrupts}, experiment.Options{})
}

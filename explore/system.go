package explore

import (
	"errors"
	"fmt"
	"slices"

	"patchlab/emu"
	"patchlab/explore/classes"
	"patchlab/explore/coverage"
	"patchlab/explore/oracle"
	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

// System is a scenario as a search sees it. It is for one goroutine.
type System struct {
	d      *experiment.Directed
	lab    *lab.Lab
	oracle *oracle.Oracle
	bounds Bounds

	cursor
	violation search.Failure
	path      []search.Choice // since Reset, for repeating a step exactly
	root      emu.Snapshot
	slots     []slot
	points    names
	commands  []uint32      // the point of each command of the script
	steps     []uint32      // the point of each step of the protocols
	start     cursor        // at root
	visited   *coverage.Set // nil when nobody wants to know
	paranoid  *paranoid
	passages  []passage // at root
	counting  bool      // the guest's instructions

	footprints *footprints // nil unless classes are wanted
}

// cursor is the part of the state that is not the laboratory's.
type cursor struct {
	command    int  // of the script
	begun      bool // the command has begun and has not ended
	last       guest.TaskID
	retries    [2]int // wake-ups of operator and worker since something has changed
	interrupts int
	pathLen    int
}

type slot struct {
	machine emu.Snapshot
	cursor
	passages []passage    // of a paranoid system
	run      *classes.Run // nil unless classes are wanted
}

// NewSystem makes a system of a built scenario. Close it.
func NewSystem(b *experiment.Built, bounds Bounds, o experiment.Options) (*System, error) {
	return newSystem(b, bounds, o, watch{memory: newMemory()})
}

// watch is what a system notes besides: it changes no run.
type watch struct {
	memory  *memory     // of accesses, when it is paranoid
	witness *chronicler // is told what happens, after the oracle; nil for nobody
	// counting has it count the guest's instructions from the start on, which is slower.
	counting bool
}

func newSystem(b *experiment.Built, bounds Bounds, o experiment.Options, w watch) (*System, error) {
	if bounds.Retries == 0 {
		bounds.Retries = defaultRetries
	}
	bounds.Points = bounds.points()
	o.Stops, o.StopsAt = bounds.Points.kinds(), bounds.At
	o.Windows = bounds.Paranoid || len(o.Stops)+len(o.StopsAt) > 0
	d, err := b.Directed(o)
	if err != nil {
		return nil, err
	}
	s := &System{d: d, lab: d.Lab, oracle: d.Oracle, bounds: bounds, points: newNames(), counting: w.counting}
	if w.witness != nil {
		w.witness.lab, w.witness.oracle = s.lab, s.oracle
		s.lab.Attach(w.witness)
	}
	if w.counting {
		s.lab.Machine.CountInstructions()
	}
	for _, name := range s.lab.Machine.StepNames() {
		s.steps = append(s.steps, s.points.add(name))
	}
	for _, c := range d.Script {
		s.commands = append(s.commands, s.points.add(fmt.Sprint(scriptPoint, c.Line)))
	}
	if bounds.Paranoid {
		s.paranoid = newParanoid(s.lab, w.memory)
	}
	err = s.prefix()
	for _, a := range bounds.At {
		if err == nil {
			err = s.lab.CheckInstruction(a)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.lab.Machine.Save(&s.root)
	s.passages = s.paranoid.save(nil)
	s.start = s.cursor
	s.start.last = 0
	return s, nil
}

// maxPrefix bounds the steps that a scenario makes before its search begins.
const maxPrefix = 100000

// prefix carries out the script up to the command explore, if there is one, in one order:
// the operator first, then the worker, then the tasks in the order of their ids.
func (s *System) prefix() error {
	end := slices.IndexFunc(s.d.Script, func(c scenario.Command) bool { return c.Verb == scenario.Explore })
	if end < 0 {
		return nil
	}
	status, err := s.settle()
	for n := 0; err == nil && s.command <= end; n++ {
		if status != search.Going || n == maxPrefix {
			return fmt.Errorf("%s: the search does not begin: before it, the run is %s", s.d.Where(end), status)
		}
		status, err = s.Do(s.preferred())
	}
	return err
}

// preferred returns the choice of the prefix.
func (s *System) preferred() search.Choice {
	choices := s.Choices(nil)
	for _, id := range []guest.TaskID{s.lab.Operator, s.lab.Worker} {
		for _, c := range choices {
			if guest.TaskID(c.Actor) == id && c.Kind != kindInterrupt {
				return c
			}
		}
	}
	return slices.MinFunc(choices, func(a, b search.Choice) int { return int(a.Actor - b.Actor) })
}

// Close frees the laboratory.
func (s *System) Close() error { return s.lab.Close() }

// Reset implements [search.System].
func (s *System) Reset() (search.Status, error) {
	if err := s.lab.Machine.Restore(&s.root); err != nil {
		return search.Going, err
	}
	s.d.DropFailures()
	s.cursor = s.start
	s.path = s.path[:0]
	s.violation = search.Failure{}
	s.paranoid.restore(s.passages)
	if s.footprints != nil {
		s.footprints.run.Clear()
	}
	s.note()
	return s.settle()
}

// Save implements [search.System].
func (s *System) Save(n int) {
	for n >= len(s.slots) {
		s.slots = append(s.slots, slot{})
	}
	s.lab.Machine.Save(&s.slots[n].machine)
	s.slots[n].cursor = s.cursor
	s.slots[n].passages = s.paranoid.save(s.slots[n].passages)
	if f := s.footprints; f != nil {
		if s.slots[n].run == nil {
			s.slots[n].run = classes.New(0)
		}
		s.slots[n].run.CopyFrom(f.run)
	}
}

// Restore implements [search.System].
func (s *System) Restore(n int) error {
	s.d.DropFailures()
	s.cursor = s.slots[n].cursor
	s.path = s.path[:s.pathLen]
	s.paranoid.restore(s.slots[n].passages)
	if s.footprints != nil {
		s.footprints.run.CopyFrom(s.slots[n].run)
	}
	return s.lab.Machine.Restore(&s.slots[n].machine)
}

// State implements [search.System].
func (s *System) State(dst []byte) []byte {
	dst = append(dst, byte(s.command), byte(s.retries[0]), byte(s.retries[1]), byte(s.interrupts))
	if s.begun {
		dst = append(dst, 1)
	}
	dst = s.lab.Model.AppendState(dst)
	dst = s.oracle.AppendState(dst)
	return s.lab.Machine.AppendState(dst, &s.root)
}

// Failure implements [search.System].
func (s *System) Failure() search.Failure { return s.violation }

// Describe implements [search.System].
func (s *System) Describe(c search.Choice) (actor, kind, point string) {
	return s.lab.Machine.TaskName(guest.TaskID(c.Actor)), kindNames[c.Kind], s.points.name(c.Point)
}

// scriptPoint begins the name of the point at which the operator begins a command; its
// line stands behind it.
const scriptPoint = "script:"

// point returns the number of where a task stands.
func (s *System) point(id guest.TaskID) uint32 {
	m := s.lab.Machine
	if id == s.lab.Operator && !s.begun {
		return s.commands[s.command]
	}
	if i := m.StepOf(id); i >= 0 {
		return s.steps[i]
	}
	return s.points.at(m.PC(id), m.Symbol)
}

// Digest implements [search.Witness].
func (s *System) Digest() uint64 { return max(s.lab.Machine.Digest().Sum(), 1) }

// Where implements [search.Witness].
//
// Instructions are those of the guest since the machine was made, if they are counted.
func (s *System) Where(actor string) string {
	m := s.lab.Machine
	text := fmt.Sprintf("%d steps of the machine", m.Steps())
	if !s.counting {
		return text
	}
	text += fmt.Sprintf(", %d instructions of the guest", m.ExecutedByAll())
	if id, ok := m.TaskByName(actor); ok {
		text += fmt.Sprintf(", %d of them by %s", m.Executed(id), actor)
	}
	return text
}

var _ search.Witness = (*System)(nil)

package explore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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

// The kinds of choices besides [search.Move].
const (
	kindWake      uint8 = 1 // a task that sleeps until a time wakes, and moves
	kindInterrupt uint8 = 2 // an interrupt takes a task off its CPU in the kernel
)

var kindNames = [...]string{"", "wake", "interrupt"}

// Expectation is the rule that a run breaks in which an expectation of the script is not
// met.
const Expectation = "expectation"

// Bounds limit what a search tries. What a bound cuts off is counted.
type Bounds struct {
	// Retries is how often the operator and the worker may each wake to look again
	// while nothing has changed that they could be waiting for: no task of the program has
	// moved or was switched, and no command of the script has begun or ended. Default: 1.
	Retries int
	// Interrupts is how often a task may be taken off its CPU by an interrupt in the
	// kernel, in one schedule. Default: 0.
	Interrupts int
	// Points are where a search may switch from one task to another. Default: Protocol.
	Points Points
	// At are instructions that are points too, whatever their class.
	At []guest.Addr
	// Paranoid checks while it searches what a search takes for granted of code between two
	// points: that it changes no stack's class (see [RuleWindow]), and that it touches no
	// memory which another task touches (see [Memory]); and that redirected calls come to
	// their bodies as if these had been called (see [RuleTransparent]). It changes nothing
	// else.
	Paranoid bool
}

// points returns the classes of points.
func (b Bounds) points() Points {
	if b.Points == 0 {
		return Protocol
	}
	return b.Points
}

const defaultRetries = 1

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

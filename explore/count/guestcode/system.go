package guestcode

import (
	"errors"
	"fmt"

	"patchlab/emu"
	"patchlab/emu/cpu/unicorn"
	"patchlab/explore/classes"
	"patchlab/explore/count"
	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/trampoline"
)

// System is a step program on a machine, as a search sees it. It is for one goroutine.
type System struct {
	*code
	machine *emu.Machine
	state
	root   emu.Snapshot
	start  state // at root
	failed search.Failure
	slots  []*slot

	accesses []classes.Access // scratch of one step
}

// state is the part of a run's state that is not the machine's.
type state struct {
	want *count.Execution // what the program does in the same order
	run  *classes.Run
	last int // the thread that moved last, or -1
}

type slot struct {
	machine emu.Snapshot
	state
}

func newState(p *count.Program) (state, error) {
	e, err := count.Start(p)
	return state{e, classes.New(len(p.Threads)), -1}, err
}

func (s *state) copyFrom(o *state) {
	s.want.CopyFrom(o.want)
	s.run.CopyFrom(o.run)
	s.last = o.last
}

// NewSystem makes a system of a program. The error says that it is not well formed, or has
// more threads than a machine has CPUs. Close it.
func NewSystem(p *count.Program) (*System, error) {
	if _, err := count.Start(p); err != nil {
		return nil, err
	}
	return newSystem(assemble(p))
}

func newSystem(c *code) (*System, error) {
	p := c.program
	s := &System{code: c}
	for _, st := range []*state{&s.state, &s.start} {
		var err error
		if *st, err = newState(p); err != nil {
			return nil, err
		}
	}
	var err error
	s.machine, err = emu.New(emu.Config{
		Image: s.image, Directed: true, Open: unicorn.New, Program: protocol.NewProgram(protocol.NewStore()),
		Arena: trampoline.NewArena(emu.ArenaBase), Patcher: emu.NoPatches{},
	})
	if err != nil {
		return nil, fmt.Errorf("program %s: %w", p.Name, err)
	}
	if err := s.boot(); err != nil {
		return nil, errors.Join(fmt.Errorf("program %s: %w", p.Name, err), s.Close())
	}
	s.machine.Save(&s.root)
	return s, nil
}

// boot brings each task to its first step, or to its end.
func (s *System) boot() error {
	if err := s.machine.Boot(); err != nil {
		return err
	}
	s.machine.TraceAccesses()
	var stops []guest.Addr
	for _, step := range s.steps {
		stops = append(stops, step.at)
	}
	s.machine.StopAt(stops...)
	for t := range s.program.Threads {
		if step, ok := s.start.want.Next(t); ok && s.steps[step].at == s.image.Tasks[t].Entry {
			continue // it stands there
		}
		if err := s.machine.MoveTask(s.task(t), false); err != nil {
			return err
		}
	}
	return nil
}

// Close frees the machine.
func (s *System) Close() error { return s.machine.Close() }

func (s *System) task(thread int) guest.TaskID { return guest.TaskID(thread + 1) }

// Reset implements [search.System].
func (s *System) Reset() (search.Status, error) {
	s.failed = search.Failure{}
	s.copyFrom(&s.start)
	if err := s.machine.Restore(&s.root); err != nil {
		return search.Going, err
	}
	return s.status(), nil
}

// Save implements [search.System].
func (s *System) Save(n int) {
	for n >= len(s.slots) {
		st, err := newState(s.program)
		if err != nil {
			panic("BUG: a program that was well formed is not: " + err.Error())
		}
		s.slots = append(s.slots, &slot{state: st})
	}
	s.machine.Save(&s.slots[n].machine)
	s.slots[n].copyFrom(&s.state)
}

// Restore implements [search.System].
func (s *System) Restore(n int) error {
	s.failed = search.Failure{}
	s.copyFrom(&s.slots[n].state)
	return s.machine.Restore(&s.slots[n].machine)
}

// Choices implements [search.System].
func (s *System) Choices(dst []search.Choice) []search.Choice {
	if s.last >= 0 {
		dst = s.ofThread(dst, s.last)
	}
	for t := range s.program.Threads {
		if t != s.last {
			dst = s.ofThread(dst, t)
		}
	}
	return dst
}

// ofThread appends the step of a thread that has not ended. Points are numbered as steps.
func (s *System) ofThread(dst []search.Choice, t int) []search.Choice {
	if !s.machine.CanMove(s.task(t)) {
		return dst
	}
	step, _ := s.want.Next(t) // status has compared
	return append(dst, search.Choice{Actor: int32(t), Point: uint32(step)})
}

// Preempts implements [search.System].
func (s *System) Preempts(c search.Choice) bool {
	return s.last >= 0 && int(c.Actor) != s.last && s.machine.CanMove(s.task(s.last))
}

// Do implements [search.System].
func (s *System) Do(c search.Choice) (search.Status, error) {
	t := int(c.Actor)
	step, ok := s.want.Next(t)
	if !ok || uint32(step) != c.Point {
		return search.Going, fmt.Errorf("%w: thread %s is not at %s", search.ErrInfeasible,
			s.program.Threads[t].Name, s.steps[c.Point].name)
	}
	s.last = t
	if err := s.machine.MoveTask(s.task(t), false); err != nil {
		var fault *emu.Fault
		if errors.As(err, &fault) {
			return s.fail("guest-fault", "%s", fault), nil
		}
		return search.Going, err
	}
	s.want.Step(t)
	s.accesses = s.accesses[:0]
	for _, a := range s.machine.Accesses() {
		s.accesses = append(s.accesses, classes.Access{Range: guest.RangeOf(a.Addr, a.Size), Write: a.Write})
	}
	s.run.Add(t, uint64(c.Point), s.accesses)
	if text := s.steps[step].differs(s.accesses); text != "" {
		return s.fail("access", "thread %s at %s: %s", s.program.Threads[t].Name, s.steps[step].name, text), nil
	}
	return s.status(), nil
}

// State implements [search.System].
func (s *System) State(dst []byte) []byte { return s.machine.AppendState(dst, &s.root) }

// Failure implements [search.System].
func (s *System) Failure() search.Failure { return s.failed }

// Describe implements [search.System].
func (s *System) Describe(c search.Choice) (actor, kind, point string) {
	actor, point = s.names(int(c.Actor), uint64(c.Point))
	return actor, "", point
}

func (s *System) names(actor int, point uint64) (string, string) {
	return s.program.Threads[actor].Name, s.steps[point].name
}

// Class implements [search.Classifier].
func (s *System) Class() [2]uint64 { return s.run.Class() }

// ClassText implements [search.ClassTeller].
func (s *System) ClassText() string { return s.run.Text(s.names) }

// Digest implements [search.Witness].
func (s *System) Digest() uint64 { return max(s.machine.Digest().Sum(), 1) }

// Where implements [search.Witness].
func (s *System) Where(string) string {
	return fmt.Sprintf("%d steps of the machine", s.machine.Steps())
}

var (
	_ search.Classifier  = (*System)(nil)
	_ search.ClassTeller = (*System)(nil)
	_ search.Witness     = (*System)(nil)
)

package explore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/lab/experiment"
	"patchlab/testprogs"
)

// tallier counts instructions as an inspector sees them, one by one.
type tallier struct {
	machine *emu.Machine
	by      map[guest.TaskID]uint64
	all     uint64
}

// Before implements [emu.Inspector].
func (c *tallier) Before(id guest.TaskID, _ guest.Addr) {
	if !c.machine.InStub(id) {
		c.by[id]++
		c.all++
	}
}

// After implements [emu.Inspector].
func (*tallier) After(guest.TaskID, guest.Addr) {}

// TestInstructionsOfReplay wants a replay to tell as many instructions as there are when
// they are executed one at a time, at the end of a schedule and where the run does not
// follow it any more. The schedule is of a system that does not count.
func TestInstructionsOfReplay(t *testing.T) {
	for _, name := range testprogs.SeedNames() {
		b := builtSeed(t, strings.TrimPrefix(name, "seed/"))
		s, err := NewSubject(b, Bounds{}, experiment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sys := systemOf(t, b, Bounds{})
		tally := &tallier{sys.lab.Machine, map[guest.TaskID]uint64{}, 0}
		sys.lab.Machine.Inspect(tally)
		path := alternate(t, sys)
		sys.lab.Machine.Inspect(nil)
		schedule, _, err := search.Record(sys, path)
		if err != nil {
			t.Fatal(err)
		}
		last := guest.TaskID(path[len(path)-1].Actor)
		all, one := prefixOf(t, b, last)
		want := fmt.Sprintf("%d steps of the machine, %d instructions of the guest, %d of them by %s",
			sys.lab.Machine.Steps(), all+tally.all, one+tally.by[last], sys.lab.Machine.TaskName(last))
		if end, err := s.Replay(schedule); err != nil || end.Where != want || tally.all == 0 {
			t.Errorf("%s: %s, %v; want %s", name, end.Where, err, want)
		}
		wrong := slices.Clone(schedule)
		wrong[len(wrong)-1].Digest ^= 1
		var d *search.Difference
		if _, err := s.Replay(wrong); !errors.As(err, &d) || d.Index != len(wrong)-1 || d.Where != want {
			t.Errorf("%s, another digest at the end: %v, want %s", name, err, want)
		}
	}
}

// alternate runs a schedule in which tasks take turns, and returns it.
func alternate(t *testing.T, sys *System) (path []search.Choice) {
	t.Helper()
	status, err := sys.Reset()
	for i := 0; err == nil && status == search.Going && i < 60; i++ {
		choices := sys.Choices(nil)
		path = append(path, choices[i/3%len(choices)])
		status, err = sys.Do(path[i])
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// prefixOf returns the instructions that are executed before the search begins, by all
// tasks and by one.
func prefixOf(t *testing.T, b *experiment.Built, id guest.TaskID) (all, one uint64) {
	t.Helper()
	sys, err := newSystem(b, Bounds{}, experiment.Options{}, watch{memory: newMemory(), counting: true})
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close()
	return sys.lab.Machine.ExecutedByAll(), sys.lab.Machine.Executed(id)
}

// counting is a system that adds up the instructions of all its steps.
type counting struct {
	*System
	n *uint64
}

func (c counting) Do(choice search.Choice) (search.Status, error) {
	before := c.lab.Machine.ExecutedByAll()
	status, err := c.System.Do(choice)
	*c.n += c.lab.Machine.ExecutedByAll() - before
	return status, err
}

// InstructionsOf returns how many instructions of the guest a search with one worker
// executes, for benchmarks.
func (s *Subject) InstructionsOf(ctx context.Context, o search.Options) (n uint64, err error) {
	o.Workers = 1
	_, err = search.Search(ctx, func() (search.System, error) {
		sys, err := newSystem(s.built, s.bounds, s.options, watch{memory: s.memory, counting: true})
		return counting{sys, &n}, err
	}, o)
	return n, err
}

package guestcode

import (
	"fmt"

	"patchlab/explore/classes"
	"patchlab/explore/count"
	"patchlab/explore/search"
	"patchlab/guest"
)

// fail ends the run: the machine does not do what the program says.
func (s *System) fail(rule, format string, args ...any) search.Status {
	s.failed = search.Failure{Rule: rule, Text: fmt.Sprintf(format, args...)}
	return search.Failed
}

// differs says how the accesses of a step differ from what it should do: of all memory
// that tasks share, access its variable once, as a whole.
func (s *step) differs(accesses []classes.Access) string {
	var read, written bool
	for _, a := range accesses {
		switch {
		case a.Range.Start >= registerBase: // a register, which is private
			continue
		case a.Range != s.variable || a.Write && written || !a.Write && read:
			return fmt.Sprintf("it accesses %s, want %s once", a.Range, s.variable)
		case a.Write:
			written = true
		default:
			read = true
		}
	}
	if wantRead, wantWrite := s.op != count.Write, s.op != count.Read; read != wantRead || written != wantWrite {
		return fmt.Sprintf("it reads %v, writes %v, want %v and %v", read, written, wantRead, wantWrite)
	}
	return ""
}

// status says how the run stands, after it has compared where control is, and at the end
// all values.
func (s *System) status() search.Status {
	going := false
	for t, thread := range s.program.Threads {
		step, ok := s.want.Next(t)
		can := s.machine.CanMove(s.task(t))
		going = going || can
		switch {
		case ok != can:
			return s.fail("control", "thread %s can go on: %v, want %v", thread.Name, can, ok)
		case ok && s.machine.PC(s.task(t)) != s.steps[step].at:
			return s.fail("control", "thread %s is at %s, want %s (%s)", thread.Name,
				s.machine.PC(s.task(t)), s.steps[step].at, s.steps[step].name)
		}
	}
	if going {
		return search.Going
	}
	return s.compareValues()
}

// compareValues ends a run that is done.
func (s *System) compareValues() search.Status {
	for _, name := range s.varNames {
		if got, want := s.word(s.variables[name]), s.want.Variable(name); got != want {
			return s.fail("value", "variable %s is %d in the end, want %d", name, got, want)
		}
	}
	for t, names := range s.regNames {
		for _, name := range names {
			if got, want := s.word(s.registers[t][name]), s.want.Register(t, name); got != want {
				return s.fail("value", "register %s of thread %s is %d in the end, want %d",
					name, s.program.Threads[t].Name, got, want)
			}
		}
	}
	return search.Done
}

// word reads a word of guest memory that is mapped.
func (s *System) word(at guest.Addr) int64 {
	v, err := guest.ReadU64(s.machine.Memory(), at)
	if err != nil {
		panic("BUG: the guest's data is not mapped: " + err.Error())
	}
	return int64(v)
}

package lab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/unwind"
)

// TestBacktrace wants a backtrace to have the functions that the truth has, wherever a task stands
// in the kernel, be it interrupted; what the truth does not record is left out of both.
func TestBacktrace(t *testing.T) {
	looked, interrupted := 0, 0
	for seed := range uint64(2) {
		s := newStory(t, "random", seed)
		for {
			more, err := s.step()
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
			for _, id := range s.Machine.Tasks() {
				d, _ := s.Machine.Task(id)
				atEntry := s.Machine.Truth().Watches(d.Regs.RIP) // the truth is told when it is passed
				if d.Mode == guest.UserMode || d.Kernel || s.Machine.InStub(id) || atEntry {
					continue
				}
				looked++
				if d.Interrupted {
					interrupted++
				}
				got, want := seen(s.Lab, id), real(s.Lab, id)
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("seed %d, step %d, %s before %s: %v, really %v", seed, s.Machine.Steps(), d.Name, s.Symbol(d.Regs.RIP), got, want)
				}
			}
		}
	}
	if looked < 1000 || interrupted < 100 {
		t.Errorf("looked %d times only, %d times at an interrupted task", looked, interrupted)
	}
}

// seen returns the recorded functions of a backtrace, outermost first.
func seen(l *lab.Lab, id guest.TaskID) (names []string) {
	for _, f := range l.Backtrace(id) {
		fn := l.Code.Find(f.Lookup())
		if fn != nil && l.Machine.Truth().Watches(fn.Range.Start) {
			names = append(names, fn.Name)
		}
	}
	slices.Reverse(names)
	return names
}

// real returns the bodies that really run, outermost first.
func real(l *lab.Lab, id guest.TaskID) (names []string) {
	for _, a := range l.Machine.Truth().Live(id) {
		name := l.Symbol(a.Fn)
		if a.Committed {
			name = l.Symbol(a.Body)
		}
		names = append(names, name)
	}
	return names
}

// TestLines wants entries of a stack to have the lines of program and patches.
func TestLines(t *testing.T) {
	program := buildProgram(t, gameProgram)
	l := newLab(t, lab.Config{Program: program})
	if err := l.Load(buildPatch(t, "game_new", gamePatch)); err != nil {
		t.Fatal(err)
	}
	for _, a := range []guest.Addr{program.ByName("ping")[0].Addr, emu.ModuleBase} {
		text := l.FrameText(unwind.Frame{Addr: a})
		if !strings.Contains(text, "+0x0 (") || !strings.HasSuffix(text, ")") {
			t.Errorf("no line: %s", text)
		}
	}
	if text := l.FrameText(unwind.Frame{Addr: emu.Until, Kind: unwind.Return}); text != "gate" {
		t.Errorf("the gate is %q", text)
	}
	if _, ok := l.Line(0x1000); ok {
		t.Error("nothing has a line")
	}
}

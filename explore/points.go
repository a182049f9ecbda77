package explore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"patchlab/guest"
	"patchlab/lab/scenario"
	"patchlab/unwind"
)

// Points is a set of classes of scheduling points: places where a task stands still and
// others may move. An actor that stands anywhere else goes on in the same step of the
// search. The zero value stands for [Protocol].
type Points uint32

// The classes. Handler to Syscall are the points between the steps of protocols and
// around what guest code asks of the machine. The others are windows: the instructions
// that change what the check of a stack may find, in the functions that matter to it.
const (
	Handler  Points = 1 << iota // in the handler, and behind it
	Exit                        // in the exit gate
	Sched                       // in the scheduler's hook
	Core                        // in the procedures of operator and worker
	Lock                        // where one of these takes or gives back a lock, or the CPU
	Syscall                     // behind a gate, a system call or a service, and at a task's start
	Prologue                    // before an instruction that makes a frame
	Epilogue                    // before one that takes it away
	Call                        // before a call
	Return                      // before a return or a tail call
	Stub                        // before a patch site, and in stub and shim

	// Protocol is what a search uses when it is not told otherwise.
	Protocol = Handler | Exit | Sched | Core | Lock | Syscall
	Windows  = Prologue | Epilogue | Call | Return | Stub
)

var classNames = [...]string{
	"handler", "exit", "sched", "core", "lock", "syscall", "prologue", "epilogue", "call", "return", "stub",
}

// PointNames returns the words that [ParsePoints] knows.
func PointNames() []string {
	return append([]string{"protocol", "windows"}, classNames[:]...)
}

// ParsePoints reads a list of classes and of addresses of instructions, with commas between
// them: "protocol,prologue,0x401136". It has all the points that there will be, and at least
// one class. The error of an unknown word ends with the valid one that is nearest.
func ParsePoints(list string) (p Points, at []guest.Addr, err error) {
	for word := range strings.SplitSeq(list, ",") {
		if a, err := strconv.ParseUint(word, 0, 32); err == nil {
			at = append(at, guest.Addr(a))
			continue
		}
		c := classOf(word)
		if c == 0 {
			return 0, nil, fmt.Errorf("no points are called %q; %s", word, scenario.Suggest(word, PointNames()))
		}
		p |= c
	}
	if p == 0 {
		return 0, nil, fmt.Errorf("%s is in addition to classes of points, and there is none: such as protocol,%s", list, list)
	}
	return p, at, nil
}

// WritePoints writes what [ParsePoints] reads.
func WritePoints(p Points, at []guest.Addr) string {
	var words []string
	if p != 0 {
		words = append(words, p.String())
	}
	for _, a := range at {
		words = append(words, a.String())
	}
	return strings.Join(words, ",")
}

func classOf(word string) Points {
	switch word {
	case "protocol":
		return Protocol
	case "windows":
		return Windows
	}
	for i, name := range classNames {
		if name == word {
			return 1 << i
		}
	}
	return 0
}

// String returns the set as [ParsePoints] reads it.
func (p Points) String() string {
	var words []string
	for _, g := range []struct {
		set  Points
		name string
	}{{Protocol, "protocol"}, {Windows, "windows"}} {
		if p&g.set == g.set {
			words = append(words, g.name)
			p &^= g.set
		}
	}
	for i, name := range classNames {
		if p&(1<<i) != 0 {
			words = append(words, name)
		}
	}
	return strings.Join(words, ",")
}

// kinds returns the kinds of windows in the set.
func (p Points) kinds() []unwind.WindowKind {
	var kinds []unwind.WindowKind
	for k, c := range windowClasses {
		if c != 0 && p&c != 0 {
			kinds = append(kinds, unwind.WindowKind(k))
		}
	}
	return kinds
}

var windowClasses = [...]Points{
	unwind.Prologue: Prologue, unwind.Epilogue: Epilogue, unwind.Call: Call, unwind.Leave: Return, unwind.Stub: Stub,
}

// classOfStep returns the class of a step of a protocol, by its name.
func classOfStep(step string) Points {
	switch {
	case strings.Contains(step, "lock"):
		return Lock
	case strings.HasPrefix(step, "H."):
		return Handler
	case strings.HasPrefix(step, "X."):
		return Exit
	case strings.HasPrefix(step, "S."):
		return Sched
	}
	return Core
}

// isPoint reports whether a task stands at a point that is in the set.
func (s *System) isPoint(id guest.TaskID) bool {
	if step := s.lab.Machine.Point(id); step != "" {
		return s.bounds.Points&classOfStep(step) != 0
	}
	pc := s.lab.Machine.PC(id)
	if slices.Contains(s.bounds.At, pc) {
		return true
	}
	if s.bounds.Points&windowClasses[s.lab.Window(pc)] != 0 {
		return true
	}
	if s.lab.Machine.InStub(id) {
		return s.bounds.Points&Handler != 0
	}
	return s.bounds.Points&Syscall != 0
}

// maxUnseen bounds how far a task goes on in one step of a search: a task that waits for
// another by looking again and again must let it move.
const maxUnseen = 10000

// goOn lets a task move to the next point that is in the set, or as far as it can by
// itself. It stops where something is to be told, too.
func (s *System) goOn(id guest.TaskID, exact bool) error {
	if s.bounds.Points&Protocol == Protocol {
		return nil // it stops nowhere else
	}
	m := s.lab.Machine
	for n := 0; n < maxUnseen && m.CanMove(id) && !s.isPoint(id) && len(s.oracle.Violations()) == 0; n++ {
		if id == s.lab.Operator && s.lab.Done() {
			return nil
		}
		step, pc := m.Point(id), m.PC(id)
		if err := m.MoveTask(id, exact); err != nil {
			return err
		}
		if step != "" && m.Point(id) == step && m.PC(id) == pc {
			return nil // it waits
		}
	}
	return nil
}

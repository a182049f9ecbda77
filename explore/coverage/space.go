package coverage

import (
	"slices"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
	"patchlab/protocol"
)

// The places that are no steps of a table. A body is that of the innermost call of a
// patched function: the original, which is the program's, or a replacement, a patch's.
const (
	inUser = iota
	inStub
	unborn
	running // in the kernel, in no body; then in the original, then in a replacement
	asleep  = running + 3
	cutOff  = asleep + 3 // interrupted
	places  = cutOff + 3
)

// Bodies, to be added to running, asleep and cutOff.
const (
	noBody = iota
	original
	replacement
)

var placeNames = [places]string{
	inUser: "user-mode", inStub: "stub", unborn: "not-woken-yet",
	running: "kernel", running + original: "original", running + replacement: "replacement",
	asleep: "asleep", asleep + original: "asleep-in-original", asleep + replacement: "asleep-in-replacement",
	cutOff: "interrupted", cutOff + original: "interrupted-in-original", cutOff + replacement: "interrupted-in-replacement",
}

// The phases: outside of a transition, and each stage of one in each direction.
const (
	outside = 0
	phases  = 1 + 2*stages
	stages  = int(livepatch.Complete)
)

// phase numbers a stage of a transition towards target.
func phase(s livepatch.Stage, target uint64) int {
	switch {
	case s == livepatch.Complete:
		return outside
	case target == livepatch.Patched:
		return 1 + int(s)
	}
	return 1 + stages + int(s)
}

// stageOf takes a phase, which is not outside, apart.
func stageOf(p int) (s livepatch.Stage, target uint64) {
	if p--; p < stages {
		return livepatch.Stage(p), livepatch.Patched
	}
	return livepatch.Stage(p - stages), livepatch.Unpatched
}

// stageNames are what a transition does in each stage.
var stageNames = [stages]string{
	livepatch.Initializing: "beginning", livepatch.Starting: "moving", livepatch.Reversing: "turning-back",
	livepatch.Canceling: "canceling", livepatch.Completing: "completing",
}

func phaseName(p int) string {
	if p == outside {
		return "outside"
	}
	s, target := stageOf(p)
	if target == livepatch.Patched {
		return "patching/" + stageNames[s]
	}
	return "unpatching/" + stageNames[s]
}

// states is how many patch states there are: -1, 0 and 1, in this order.
const states = 3

// position is a place, or a step of a table.
type position struct {
	name  string
	table string // its table's name, "" for a place
	when  when   // the phases in which a task can stand there, 0 for all
	full  string // the name, with its table's where others have the same
}

// Space is the cells of a laboratory.
type Space struct {
	facts     Facts
	positions []position
	base      []int // by table: the position of its first step
	cells     int
	why       []uint8 // by cell: the number of the reason in reasons plus 1, 0: feasible
}

// New makes the cells of a laboratory. Laboratories of one scenario have the same.
func New(l *lab.Lab, f Facts) *Space {
	s := &Space{facts: f}
	for _, name := range placeNames {
		s.positions = append(s.positions, position{name: name})
	}
	prog := l.Machine.Program()
	for i := range prog.Tables() {
		t := prog.Table(protocol.TableID(i))
		s.base = append(s.base, len(s.positions))
		limit := when(0)
		for _, step := range t.Steps {
			for _, f := range held[t.Name] {
				if f.step == step.Name {
					limit = f.when
				}
			}
			s.positions = append(s.positions, position{name: step.Name, table: t.Name, when: limit})
		}
	}
	s.fullNames()
	s.cells = len(s.positions) * phases * states
	s.why = make([]uint8, s.cells)
	for c := range s.why {
		s.why[c] = s.reason(c)
	}
	return s
}

// fullNames gives all positions different names.
func (s *Space) fullNames() {
	count := map[string]int{}
	for i := range s.positions {
		count[s.positions[i].name]++
	}
	for i := range s.positions {
		p := &s.positions[i]
		if p.full = p.name; count[p.name] > 1 {
			p.full += "(" + strings.ReplaceAll(p.table, " ", "-") + ")"
		}
	}
}

// cell numbers a cell; state is -1, 0 or 1.
func cell(position, phase, state int) int { return (position*phases+phase)*states + state + 1 }

// split takes a cell's number apart.
func split(c int) (position, phase, state int) {
	return c / states / phases, c / states % phases, c%states - 1
}

// position returns where a task stands.
func (s *Space) position(l *lab.Lab, id guest.TaskID) int {
	at := l.Machine.Standing(id)
	switch {
	case at.InTable:
		return s.base[at.Table] + at.Step
	case at.Unborn:
		return unborn
	case at.User:
		return inUser
	case at.InStub && !at.Interrupted:
		return inStub
	}
	p := running
	switch {
	case at.Interrupted:
		p = cutOff
	case at.State == emu.Asleep:
		p = asleep
	}
	live := l.Machine.Truth().Live(id)
	for i := len(live) - 1; i >= 0; i-- {
		switch body := live[i].Body; {
		case !live[i].Committed:
		case body >= emu.ModuleBase:
			return p + replacement
		case slices.Contains(s.facts.Replaced, body):
			return p + original
		}
	}
	return p
}

// Set is the cells that were visited.
type Set struct {
	space *Space
	bits  []uint64
}

// Set returns an empty set of cells.
func (s *Space) Set() *Set { return &Set{s, make([]uint64, (s.cells+63)/64)} }

// Note adds the cells that the tasks of a laboratory are in now.
func (v *Set) Note(l *lab.Lab) {
	p := phase(l.Model.At())
	for _, id := range l.Machine.Tasks() {
		state, _ := l.Model.PatchState(id)
		c := cell(v.space.position(l, id), p, state)
		v.bits[c/64] |= 1 << (c % 64)
	}
}

// Add adds the cells of another set of the same space.
func (v *Set) Add(o *Set) {
	for i, b := range o.bits {
		v.bits[i] |= b
	}
}

func (v *Set) has(c int) bool { return v.bits[c/64]>>(c%64)&1 != 0 }

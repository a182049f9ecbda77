package protocol

import (
	"fmt"
	"slices"

	"patchlab/guest"
)

// Program is the set of tables of one machine, over one store.
type Program struct {
	Store  *Store
	tables []*Table
	steps  []string // the names of all steps, table by table
	first  []int    // by table, where its steps begin there
}

// NewProgram returns a program without tables.
func NewProgram(s *Store) *Program { return &Program{Store: s} }

// Add adds a table. Tables are added while a laboratory is put together, never
// during a run.
func (p *Program) Add(t *Table) TableID {
	if len(t.Steps) == 0 {
		panic("BUG: protocol table " + t.Name + " has no steps")
	}
	if len(p.tables) > 255 {
		panic("BUG: more than 256 protocol tables")
	}
	p.tables = append(p.tables, t)
	p.first = append(p.first, len(p.steps))
	for _, s := range t.Steps {
		p.steps = append(p.steps, s.Name)
	}
	return TableID(len(p.tables) - 1)
}

// Table returns the table with that id.
func (p *Program) Table(id TableID) *Table { return p.tables[id] }

// Tables returns the number of tables; their ids are the numbers below it.
func (p *Program) Tables() int { return len(p.tables) }

// HasStep reports whether some table has a step of that name.
func (p *Program) HasStep(name string) bool {
	return slices.Contains(p.steps, name)
}

// Steps returns the names of all steps, table by table, each table's in its order. A name
// may be there more than once. The caller must not change the slice.
func (p *Program) Steps() []string { return p.steps }

// Start begins the table id in a, on top of what runs there.
func (p *Program) Start(a *Activation, actor guest.TaskID, id TableID, locals ...uint64) {
	if int(a.depth) == maxDepth {
		panic(fmt.Sprintf("BUG: protocol tables nested deeper than %d at %s", maxDepth, p.tables[id].Name))
	}
	f := &a.frames[a.depth]
	*f = Frame{Actor: actor, Table: id}
	copy(f.L[:], locals)
	a.depth++
}

// At returns the index in [Program.Steps] of the step that a would run next, or -1 when
// idle.
func (p *Program) At(a *Activation) int {
	f := a.Top()
	if f == nil {
		return -1
	}
	return p.first[f.Table] + int(f.Step)
}

// Point returns the name of the step that a would run next, or "" when idle.
func (p *Program) Point(a *Activation) string {
	if i := p.At(a); i >= 0 {
		return p.steps[i]
	}
	return ""
}

// Step runs one step of the innermost table and returns what it asked for. When
// a table ends, its Result is handed to the table that called it.
func (p *Program) Step(a *Activation) Request {
	f := a.Top()
	if f == nil {
		panic("BUG: step of an idle activation")
	}
	t := p.tables[f.Table]
	n := t.Steps[f.Step].Do(f)
	r := f.request(n)
	switch n.op {
	case OpWait:
		return r
	case OpGoto:
		f.Step = uint16(n.n)
		return r
	case OpDone:
		f.Step = uint16(len(t.Steps))
	case OpCall:
		f.Step++
		p.Start(a, f.Actor, TableID(n.n), f.asks[1:]...)
		return r
	default:
		f.Step++
		if n.op == OpGuest && int(f.Step) == len(t.Steps) {
			panic("BUG: the last step of " + t.Name + " calls guest code")
		}
	}
	p.leave(a)
	return r
}

// leave drops the frames that are behind their last step, innermost first, and
// hands each one's result to the frame below it.
func (p *Program) leave(a *Activation) {
	for a.depth > 0 {
		f := &a.frames[a.depth-1]
		if int(f.Step) < len(p.tables[f.Table].Steps) {
			return
		}
		a.depth--
		if a.depth > 0 {
			a.frames[a.depth-1].Result = f.Result
		} else {
			a.last = f.Result
		}
	}
}

// RunWhole runs the innermost table of a to its end in one go and returns its
// result. It is for tables that never wait, sleep or call guest code when they
// are not interleaved with others; anything else is a bug of ours.
func (p *Program) RunWhole(a *Activation) uint64 {
	depth := a.depth
	f := &a.frames[depth-1]
	steps := p.tables[f.Table].Steps
	for i := int(f.Step); i < len(steps); {
		n := steps[i].Do(f)
		i++
		if n.op == OpNext {
			continue
		}
		switch n.op {
		case OpYield:
		case OpGoto:
			i = int(n.n)
		case OpDone:
			i = len(steps)
		case OpCall:
			p.Start(a, f.Actor, TableID(n.n), f.asks[1:]...)
			f.Result = p.RunWhole(a)
		default:
			panic(fmt.Sprintf("BUG: %s cannot run whole", steps[i-1].Name))
		}
	}
	f.Step = uint16(len(steps))
	result := f.Result
	p.leave(a)
	return result
}

package lab

import (
	"fmt"
	"slices"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/insn"
)

// AddressError says that no instruction begins at an address.
type AddressError struct {
	Addr guest.Addr
	// Nearest is where one does, and Name what is there; 0 when there is no code.
	Nearest guest.Addr
	Name    string
}

// Error is one line.
func (e *AddressError) Error() string {
	if e.Nearest == 0 {
		return fmt.Sprintf("there is no code at %s", e.Addr)
	}
	return fmt.Sprintf("no instruction begins at %s; the nearest is at %s (%s)", e.Addr, e.Nearest, e.Name)
}

// CheckInstruction reports an address at which no instruction begins: it lies inside of
// one, or no code is there: an [*AddressError]. What belongs to no function that is loaded, and code that
// cannot be read, is not known, and no error; a module may come there later.
func (l *Lab) CheckInstruction(a guest.Addr) error {
	if l.arena.Range().Contains(a) {
		return l.nearest(a, l.arenaStarts())
	}
	tables := [][]image.Function{l.config.Program.Functions}
	for _, m := range l.modules {
		tables = append(tables, m.linked.Functions)
	}
	for _, f := range slices.Concat(tables...) {
		if !f.Range.Contains(a) {
			continue
		}
		if starts, ok := startsOf(f); ok {
			return l.nearest(a, starts)
		}
		return nil
	}
	if a >= emu.ModuleBase && a < emu.ArenaBase || l.mayBeCode(a) {
		return nil
	}
	return &AddressError{Addr: a}
}

// nearest wants a to be one of starts, which rise.
func (l *Lab) nearest(a guest.Addr, starts []guest.Addr) error {
	i, found := slices.BinarySearch(starts, a)
	if found || len(starts) == 0 {
		return nil
	}
	if i == len(starts) || i > 0 && a-starts[i-1] <= starts[i]-a {
		i--
	}
	at := starts[i]
	for _, p := range l.arena.Places() {
		if p.Addr == at {
			return &AddressError{a, at, p.Name}
		}
	}
	return &AddressError{a, at, l.Symbol(at)}
}

func (l *Lab) arenaStarts() (starts []guest.Addr) {
	for _, p := range l.arena.Places() {
		starts = append(starts, p.Addr)
	}
	slices.Sort(starts)
	return starts
}

// startsOf returns where the instructions of a function begin; ok is false when it cannot
// be read to its end.
func startsOf(f image.Function) (starts []guest.Addr, ok bool) {
	for at := f.Range.Start; at < f.Range.End; {
		in, err := insn.Decode(f.Code[at-f.Range.Start:], at)
		if err != nil {
			return nil, false
		}
		starts = append(starts, at)
		at += guest.Addr(in.Len)
	}
	return starts, true
}

// mayBeCode reports whether a lies in what the program executes.
func (l *Lab) mayBeCode(a guest.Addr) bool {
	return slices.ContainsFunc(l.config.Program.Segments, func(s image.Segment) bool {
		return s.Perm&guest.Exec != 0 && s.Range.Contains(a)
	})
}

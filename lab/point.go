package lab

import (
	"fmt"
	"slices"

	"patchlab/guest"
	"patchlab/image"
	"patchlab/insn"
	"patchlab/lab/scenario"
)

// Point finds a point at which a task can be held: the address of an instruction of what
// is loaded, or the name of a protocol step.
func (l *Lab) Point(p scenario.Point) (addr guest.Addr, step string, err error) {
	if p.Step != "" {
		return l.step(p.Step)
	}
	tables := []*image.Symtab{&l.config.Program.Symtab}
	for _, m := range l.modules {
		tables = append(tables, &m.linked.Symtab)
	}
	addr, err = FindPoint(p, tables...)
	return addr, "", err
}

// step finds a named step.
func (l *Lab) step(name string) (guest.Addr, string, error) {
	if place, ok := l.arena.Find(name); ok {
		return place.Addr, "", nil
	}
	if l.prog.HasStep(name) {
		return 0, name, nil
	}
	names := slices.Clone(l.prog.Steps())
	for _, p := range l.arena.Places() {
		names = append(names, p.Name)
	}
	return 0, "", fmt.Errorf("no step or place of the stub is called %q: %s", name, scenario.Suggest(name, names))
}

// FindPoint finds the address of a point in code, by what the tables know. The error says
// what there is not: the function, the label in it, or an instruction that begins there.
func FindPoint(p scenario.Point, tables ...*image.Symtab) (guest.Addr, error) {
	var found []image.Symbol
	var in *image.Symtab
	var names []string
	for _, t := range tables {
		if at := t.ByName(p.Function); len(at) > 0 {
			found, in = append(found, at...), t
		}
		for _, f := range t.Functions {
			names = append(names, f.Name)
		}
	}
	switch {
	case len(found) == 0:
		return 0, fmt.Errorf("no function or label %q: %s", p.Function, scenario.Suggest(p.Function, names))
	case len(found) > 1:
		return 0, fmt.Errorf("%q is not unique: there are %d", p.Function, len(found))
	case p.Label != "":
		return labelIn(in, found[0], p.Label)
	}
	return instruction(in, found[0], p)
}

// extent is what a symbol takes up: as many bytes as it says, else up to the next one.
func extent(t *image.Symtab, s image.Symbol) guest.Range {
	if s.Size > 0 {
		return guest.RangeOf(s.Addr, s.Size)
	}
	r, _ := t.Extent(s.Addr)
	return guest.Range{Start: s.Addr, End: r.End}
}

// labelIn finds a label in a function.
func labelIn(t *image.Symtab, fn image.Symbol, label string) (guest.Addr, error) {
	r := extent(t, fn)
	var names []string
	for _, s := range t.Symbols {
		switch {
		case !r.Contains(s.Addr):
		case s.Name == label:
			return s.Addr, nil
		case s.Addr != fn.Addr:
			names = append(names, s.Name)
		}
	}
	return 0, fmt.Errorf("%s has no label %q: %s", fn.Name, label, scenario.Suggest(label, names))
}

// instruction wants an instruction to begin at an offset in a function.
func instruction(t *image.Symtab, fn image.Symbol, p scenario.Point) (guest.Addr, error) {
	r := extent(t, fn)
	want := fn.Addr + guest.Addr(p.Offset)
	if !r.Contains(want) {
		return 0, fmt.Errorf("%s lies outside of %s, which has %d bytes", p, fn.Name, r.Size())
	}
	code, ok := t.FunctionAt(fn.Addr)
	if !ok {
		return 0, fmt.Errorf("%s is not code", fn.Name)
	}
	for at := fn.Addr; at < want; {
		in, err := insn.Decode(code.Code[at-code.Range.Start:], at)
		if err != nil {
			return want, nil // what it is will be known where it is executed
		}
		if in.End() > want {
			return 0, fmt.Errorf("%s lies inside of an instruction: they begin at %s+%#x and %s+%#x",
				p, fn.Name, uint64(at-fn.Addr), fn.Name, uint64(in.End()-fn.Addr))
		}
		at = in.End()
	}
	return want, nil
}

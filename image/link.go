package image

import (
	"debug/elf"
	"errors"
	"slices"

	"patchlab/guest"
)

// Linked is a module at its address. It is immutable.
type Linked struct {
	Name string
	// Range is the pages that the module takes.
	Range guest.Range
	// Segments are the parts of memory, by address: text, read-only data, data, as far
	// as there are any. Their permissions lack [guest.User].
	Segments []Segment
	// Modinfo is that of the object.
	Modinfo []string

	Symtab

	obj  *Object
	data [numGroups][]byte
	addr []guest.Addr // by symbol index
}

// linker is the state of one link.
type linker struct {
	obj     *Object
	base    [numGroups]guest.Addr
	data    [numGroups][]byte
	gotBase guest.Addr
	addr    []guest.Addr // by symbol index
	size    []uint64     // likewise
}

// Link lays the module out from base, a page boundary in [ModuleArea], and fills in the
// addresses, those of undefined symbols from r. It does not change the object. The
// error is an [Error]; if r refused a symbol it unwraps to what r said.
func (o *Object) Link(base guest.Addr, r Resolver) (*Linked, error) {
	l := &linker{obj: o}
	end, err := l.place(base)
	if err != nil {
		return nil, err
	}
	if err := l.resolve(r); err != nil {
		return nil, err
	}
	if err := l.apply(); err != nil {
		return nil, err
	}
	m := &Linked{Name: o.Name, Range: guest.Range{Start: base, End: end}, Modinfo: o.Modinfo, obj: o, data: l.data, addr: l.addr}
	for g, size := range o.groups {
		if size.size > 0 {
			m.Segments = append(m.Segments, Segment{guest.RangeOf(l.base[g], size.size), groupPerm[g], l.data[g]})
		}
	}
	m.Symtab = symtabOf(m.Segments, l.symbols(m.Segments))
	if m.Recorded, err = o.file.recorded(l.contents); err != nil {
		return nil, err
	}
	return m, nil
}

// place fills the segments with the contents of the sections and returns the end of the
// last one's pages.
func (l *linker) place(base guest.Addr) (guest.Addr, error) {
	if base != guest.PageDown(base) || !ModuleArea.Contains(base) {
		return 0, l.obj.file.errorf(ErrLink, "", "address %s: a module begins at a page boundary in %s", base, ModuleArea)
	}
	end := base
	for g, size := range l.obj.groups {
		l.base[g] = end
		l.data[g] = make([]byte, size.filled)
		end = guest.PageUp(end + guest.Addr(size.size))
	}
	if end > ModuleArea.End {
		return 0, l.obj.file.errorf(ErrLink, "", "it reaches up to %s: modules lie in %s", end, ModuleArea)
	}
	for i, p := range l.obj.places {
		if p.group != notLoaded {
			copy(l.data[p.group][min(p.off, uint64(len(l.data[p.group]))):], l.obj.file.sections[i].data)
		}
	}
	ro := l.obj.groups[roGroup]
	l.gotBase = l.base[roGroup] + guest.Addr(ro.filled) - guest.Addr(8*len(l.obj.got))
	return end, nil
}

// resolve finds the addresses and sizes of the symbols, in the order of the symbol table.
// What is undefined and not referred to is not looked for.
func (l *linker) resolve(r Resolver) error {
	l.addr, l.size = make([]guest.Addr, len(l.obj.syms)), make([]uint64, len(l.obj.syms))
	used := l.obj.usedSymbols()
	for i := range l.obj.syms {
		y := &l.obj.syms[i]
		l.size[i] = y.Sym64.Size
		switch s := y.section(); {
		case i == 0: // stands for no symbol, which is 0
		case l.obj.isTable(uint32(i)):
			l.addr[i] = l.gotBase
		case s == elf.SHN_UNDEF || s == shnLivepatch:
			if !used[i] {
				continue
			}
			found, err := r.Resolve(y.name)
			if err == nil && found.Kind == KindIFunc {
				err = errors.New(indirect)
			}
			if err != nil && !(elf.ST_BIND(y.Info) == elf.STB_WEAK && errors.Is(err, ErrNoSymbol)) {
				return l.obj.unresolved(uint32(i), err)
			}
			l.addr[i], l.size[i] = found.Addr, found.Size
		case s == elf.SHN_ABS:
			l.addr[i] = guest.Addr(y.Value)
		case l.obj.places[s].group != notLoaded:
			p := l.obj.places[s]
			l.addr[i] = l.base[p.group] + guest.Addr(p.off+y.Value)
		}
	}
	return nil
}

// usedSymbols tells, by symbol index, which symbols relocations refer to.
func (o *Object) usedSymbols() []bool {
	used := make([]bool, len(o.syms))
	for _, rs := range o.relocs {
		for _, r := range rs.relocs {
			used[r.sym] = used[r.sym] || formulas[r.kind].usesSymbol()
		}
	}
	return used
}

// unresolved says why a symbol was not found, and where it is first needed.
func (o *Object) unresolved(sym uint32, cause error) error {
	for _, rs := range o.relocs {
		for _, r := range rs.relocs {
			if r.sym == sym && formulas[r.kind].usesSymbol() {
				return &Error{File: o.Name, Where: o.sectionOffset(rs.target, r.off), Kind: ErrLink, Cause: cause}
			}
		}
	}
	panic("BUG: image: an undefined symbol that nobody refers to")
}

// contents returns the contents of a section where it lies, nil if it is not loaded.
func (l *linker) contents(section int) []byte {
	p, s := l.obj.places[section], &l.obj.file.sections[section]
	if p.group == notLoaded || s.is(elf.SHT_NOBITS) {
		return nil
	}
	return l.data[p.group][p.off:][:s.Section64.Size]
}

// symbols returns the symbols of the module for its table.
func (l *linker) symbols(segs []Segment) []Symbol {
	var syms []Symbol
	for i := range l.obj.syms {
		y := &l.obj.syms[i]
		kind, ok := keptKind(y)
		if !ok || int(y.Shndx) >= len(l.obj.places) || l.obj.places[y.Shndx].group == notLoaded {
			continue
		}
		// A label at the end of a section may lie behind all.
		if segmentAt(segs, l.addr[i]) != nil {
			syms = append(syms, Symbol{Name: y.name, Addr: l.addr[i], Size: y.Sym64.Size, Kind: kind, Binding: y.binding()})
		}
	}
	return syms
}

// Info returns the value of a key of [Linked.Modinfo].
func (m *Linked) Info(key string) (string, bool) {
	i := slices.IndexFunc(m.Modinfo, func(kv string) bool {
		return len(kv) > len(key) && kv[:len(key)] == key && kv[len(key)] == '='
	})
	if i < 0 {
		return "", false
	}
	return m.Modinfo[i][len(key)+1:], true
}

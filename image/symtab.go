package image

import (
	"cmp"
	"debug/elf"
	"slices"
	"sort"
	"strings"

	"patchlab/guest"
)

// SymbolKind says what a symbol names.
type SymbolKind uint8

// The kinds of symbol.
const (
	KindFunc  SymbolKind = iota // a function
	KindIFunc                   // a function that picks the function to call (STT_GNU_IFUNC)
	KindData                    // data
	KindLabel                   // a place whose kind the assembler was not told
)

// String returns the kind in lower case.
func (k SymbolKind) String() string {
	return [...]string{"func", "ifunc", "data", "label"}[k]
}

// Binding says who sees a symbol while files are linked.
type Binding uint8

// The bindings.
const (
	Local  Binding = iota
	Global         // other files can refer to it; no two of a program have one name
	Weak           // likewise, and it gives way to a global one
)

// String returns the binding in lower case.
func (b Binding) String() string { return [...]string{"local", "global", "weak"}[b] }

// Symbol is a name for an address.
type Symbol struct {
	Name    string
	Addr    guest.Addr
	Size    uint64 // in bytes as the file says, often 0; see [Symtab] for kallsyms' sizes
	Kind    SymbolKind
	Binding Binding
}

// Function is a piece of code that a symbol begins.
type Function struct {
	// Name is the preferred name of the function: that of a function rather than a label,
	// with the fewest underscores in front, then the first by alphabet. A part that the compiler moved away is a function of its own, NAME.cold.
	Name string
	// Aliases are the other names of the same address.
	Aliases []string
	// Range reaches to the next function or object, or to the end of the segment,
	// padding included.
	Range guest.Range
	// Code is the bytes of the range. It is immutable.
	Code []byte
}

// Symtab finds symbols by name and by address, as the kernel's kallsyms does. Where
// kallsyms knows no sizes, and takes everything up to the next symbol, so does a
// Symtab, with one difference: a label inside a function with a size, such as
// assembly sources have for places to stop at, divides nothing.
//
// Symbols of files, sections and thread-local variables, undefined ones, and those
// that lie outside all segments are left out, as are names that begin with ".L".
type Symtab struct {
	// Symbols are all symbols, by address, then by name.
	Symbols []Symbol
	// Functions are the functions, by address; no two overlap.
	Functions []Function
	// Recorded are the patch sites that the compiler has listed (section __mcount_loc), in
	// its order; nil if it has listed none.
	Recorded []guest.Addr

	spans  []span
	byName map[string][]Symbol
}

// span is what one address begins: code or data up to the next span or the segment's
// end.
type span struct {
	rng    guest.Range
	symbol Symbol // the preferred one
}

// symtabOf sorts out symbols that lie in segs.
func symtabOf(segs []Segment, syms []Symbol) Symtab {
	slices.SortFunc(syms, compareSymbols)
	t := Symtab{Symbols: syms, byName: make(map[string][]Symbol, len(syms))}
	for _, s := range syms {
		t.byName[s.Name] = append(t.byName[s.Name], s)
	}
	var inside guest.Range // the function with the furthest end so far
	for i := 0; i < len(syms); {
		n := i + 1
		for n < len(syms) && syms[n].Addr == syms[i].Addr {
			n++
		}
		group := syms[i:n]
		i = n
		labels := true
		for _, s := range group {
			labels = labels && s.Kind == KindLabel
		}
		if labels && inside.Contains(group[0].Addr) {
			continue
		}
		seg := segmentAt(segs, group[0].Addr)
		for _, s := range group {
			if end := min(s.Addr+guest.Addr(s.Size), seg.Range.End); s.Kind <= KindIFunc && end > inside.End {
				inside = guest.Range{Start: s.Addr, End: end}
			}
		}
		t.add(seg, group)
	}
	return t
}

// compareSymbols orders symbols by address and name; none that differ are equal. A C library
// has thousands, and each run of a program sorts them.
func compareSymbols(a, b Symbol) int {
	if a.Addr != b.Addr {
		return cmp.Compare(a.Addr, b.Addr)
	}
	return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Size, b.Size),
		cmp.Compare(a.Binding, b.Binding))
}

// add makes a span, and a function where there is code, of the symbols of one address,
// which lies in seg.
func (t *Symtab) add(seg *Segment, group []Symbol) {
	s := span{rng: guest.Range{Start: group[0].Addr, End: seg.Range.End}, symbol: preferred(group)}
	if n := len(t.spans); n > 0 && t.spans[n-1].rng.End > s.rng.Start {
		t.spans[n-1].rng.End = s.rng.Start
		if k := len(t.Functions); k > 0 && t.Functions[k-1].Range.End > s.rng.Start {
			f := &t.Functions[k-1]
			f.Range.End = s.rng.Start
			f.Code = seg.code(f.Range)
		}
	}
	t.spans = append(t.spans, s)
	if seg.Perm&guest.Exec == 0 || s.symbol.Kind == KindData {
		return
	}
	f := Function{Name: s.symbol.Name, Range: s.rng, Code: seg.code(s.rng)}
	for _, a := range group {
		if a.Kind != KindData && a.Name != f.Name {
			f.Aliases = append(f.Aliases, a.Name)
		}
	}
	t.Functions = append(t.Functions, f)
}

// preferred returns the symbol to call an address by, of several sorted by name. The
// kernel goes by underscores too (scripts/kallsyms.c, compare_symbols).
func preferred(group []Symbol) Symbol {
	underscores := func(s Symbol) int { return len(s.Name) - len(strings.TrimLeft(s.Name, "_")) }
	return slices.MinFunc(group, func(a, b Symbol) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(underscores(a), underscores(b)))
	})
}

// ByName returns the symbols of that name in kallsyms order: by address. The caller
// must not change the slice.
func (t *Symtab) ByName(name string) []Symbol { return t.byName[name] }

// Lookup returns the symbol that a belongs to and the distance to it.
func (t *Symtab) Lookup(a guest.Addr) (s Symbol, offset uint64, ok bool) {
	i := t.spanAt(a)
	if i < 0 {
		return Symbol{}, 0, false
	}
	s = t.spans[i].symbol
	return s, uint64(a - s.Addr), true
}

// Extent returns what the symbol that a belongs to takes up by kallsyms' rule, be it
// code or data.
func (t *Symtab) Extent(a guest.Addr) (guest.Range, bool) {
	i := t.spanAt(a)
	if i < 0 {
		return guest.Range{}, false
	}
	return t.spans[i].rng, true
}

// spanAt returns the index of the span that contains a, or -1.
func (t *Symtab) spanAt(a guest.Addr) int {
	i := sort.Search(len(t.spans), func(i int) bool { return t.spans[i].rng.Start > a }) - 1
	if i < 0 || !t.spans[i].rng.Contains(a) {
		return -1
	}
	return i
}

// FunctionAt returns the function that a lies in. For what a call has left on a stack,
// a is the call, not the return address.
func (t *Symtab) FunctionAt(a guest.Addr) (Function, bool) {
	i := sort.Search(len(t.Functions), func(i int) bool { return t.Functions[i].Range.Start > a }) - 1
	if i < 0 || !t.Functions[i].Range.Contains(a) {
		return Function{}, false
	}
	return t.Functions[i], true
}

// keptKind returns the kind under which a symbol of the file's table is kept.
func keptKind(y *elfSymbol) (SymbolKind, bool) {
	if y.section() == elf.SHN_UNDEF || y.name == "" || len(y.name) > 2 && y.name[:2] == ".L" {
		return 0, false
	}
	switch elf.ST_TYPE(y.Info) {
	case elf.STT_FUNC:
		return KindFunc, true
	case elf.STT_GNU_IFUNC:
		return KindIFunc, true
	case elf.STT_OBJECT:
		return KindData, true
	case elf.STT_NOTYPE:
		return KindLabel, true
	}
	return 0, false
}

// binding returns the binding of a symbol of the file's table. One that the loader makes unique counts as
// global.
func (s *elfSymbol) binding() Binding {
	switch elf.ST_BIND(s.Info) {
	case elf.STB_LOCAL:
		return Local
	case elf.STB_WEAK:
		return Weak
	}
	return Global
}

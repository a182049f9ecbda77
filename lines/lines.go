package lines

import (
	"cmp"
	"debug/dwarf"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"sync"

	"patchlab/guest"
	"patchlab/image"
)

// Line is a line of a source file.
type Line struct {
	File string // as the compiler was told
	Line int    // from 1
}

// String returns the last part of the file's name and the line: "greet.c:14".
func (l Line) String() string { return fmt.Sprintf("%s:%d", filepath.Base(l.File), l.Line) }

// Table is the lines of a program or of a module.
type Table struct {
	read  sync.Once
	debug func() map[string][]byte
	bias  guest.Addr
	spans []span // by address, none overlaps the next
}

// span is code of one line.
type span struct {
	rng  guest.Range
	line Line
}

// New returns the lines in the sections that debug returns, by name; it is asked once, when
// the first line is looked for, and must be safe to call from there.
func New(debug func() map[string][]byte) *Table { return &Table{debug: debug} }

// Of returns the lines of a program, where it lies in memory.
func Of(m *image.Image) *Table { return &Table{debug: m.Debug, bias: m.Bias} }

// Find returns the line that the instruction at a was made of; ok is false where none is
// known. Of what a call has left on a stack, a is the call, not the return address.
func (t *Table) Find(a guest.Addr) (l Line, ok bool) {
	t.read.Do(func() { t.spans = readSpans(t.debug()) })
	a -= t.bias
	i := sort.Search(len(t.spans), func(i int) bool { return t.spans[i].rng.Start > a }) - 1
	if i < 0 || !t.spans[i].rng.Contains(a) {
		return Line{}, false
	}
	return t.spans[i].line, true
}

// readSpans reads the line tables of all units, as far as they can be read.
func readSpans(sections map[string][]byte) (spans []span) {
	// The reader is the standard library's and the input anybody's: what one does with the other
	// is not worth a run.
	defer func() {
		if recover() != nil {
			spans = nil
		}
	}()
	data, err := dwarf.New(sections[".debug_abbrev"], nil, nil, sections[".debug_info"], sections[".debug_line"], nil,
		sections[".debug_ranges"], sections[".debug_str"])
	if err != nil {
		return nil
	}
	for name, content := range sections {
		_ = data.AddSection(name, content) // those of DWARF 5 count; others are not known there
	}
	for r := data.Reader(); ; r.SkipChildren() {
		unit, err := r.Next()
		if err != nil || unit == nil {
			break
		}
		if lr, err := data.LineReader(unit); err == nil && lr != nil {
			spans = appendSpans(spans, lr)
		}
	}
	return tidy(spans)
}

// appendSpans appends what one unit has: each row of a table counts up to the next one.
func appendSpans(spans []span, r *dwarf.LineReader) []span {
	var last, row dwarf.LineEntry
	for begun := false; ; begun = !last.EndSequence {
		if r.Next(&row) != nil { // the end, or no more that can be read
			return spans
		}
		if begun && row.Address > last.Address && last.Line > 0 && last.File != nil {
			spans = append(spans, span{
				guest.Range{Start: guest.Addr(last.Address), End: guest.Addr(row.Address)}, Line{last.File.Name, last.Line},
			})
		}
		last = row
	}
}

// tidy sorts spans. Where they overlap, as those of discarded functions do, which all begin at 0,
// the earlier one ends where the next begins.
func tidy(spans []span) []span {
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.rng.Start, b.rng.Start) })
	for i := 1; i < len(spans); i++ {
		spans[i-1].rng.End = min(spans[i-1].rng.End, spans[i].rng.Start)
	}
	return slices.DeleteFunc(spans, func(s span) bool { return s.rng.Start >= s.rng.End })
}

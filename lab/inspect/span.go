package inspect

import (
	"fmt"
	"strconv"
	"strings"

	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab/scenario"
)

// Span is code to list.
type Span struct {
	Part  *Part
	Range guest.Range
}

// Find returns the code that a word names: all functions of that name, or the range that is written
// ADDR..ADDR; with "" that is every function. The error names the nearest function there is.
func (f *File) Find(what string) ([]Span, error) {
	if from, to, ok := strings.Cut(what, ".."); ok {
		return f.findRange(what, from, to)
	}
	var spans []Span
	var names []string
	for i := range f.Parts {
		p := &f.Parts[i]
		for _, fn := range p.Table.Functions {
			if what == "" || hasName(p.Table, fn, what) {
				spans = append(spans, Span{p, codeOf(p.Table, fn)})
			}
			names = append(names, fn.Name)
		}
	}
	if names == nil {
		return nil, fmt.Errorf("%s: %s", f.Name, f.Stripped())
	}
	if spans == nil && what != "" {
		return nil, fmt.Errorf("%s: no function is called %q; %s", f.Name, what, suggest(what, names))
	}
	return spans, nil
}

// suggest says which function may be meant, or how many there are.
func suggest(wrong string, names []string) string {
	const few = 20
	s := scenario.Suggest(wrong, names)
	if len(names) > few && strings.HasPrefix(s, "there are") {
		return fmt.Sprintf("there are %d functions", len(names))
	}
	return s
}

func hasName(t *image.Symtab, fn image.Function, name string) bool {
	for _, s := range t.ByName(name) {
		if s.Addr == fn.Range.Start {
			return true
		}
	}
	return false
}

// codeOf returns a function's code without the padding behind it, where its size is known.
func codeOf(t *image.Symtab, fn image.Function) guest.Range {
	s, _, ok := t.Lookup(fn.Range.Start)
	if end := s.Addr + guest.Addr(s.Size); ok && s.Size > 0 && end < fn.Range.End {
		return guest.Range{Start: fn.Range.Start, End: end}
	}
	return fn.Range
}

func (f *File) findRange(what, from, to string) ([]Span, error) {
	start, err1 := strconv.ParseUint(from, 0, 64)
	end, err2 := strconv.ParseUint(to, 0, 64)
	if err1 != nil || err2 != nil || start >= end {
		return nil, fmt.Errorf("%q is no range of addresses like 0x400000..0x400020", what)
	}
	r := guest.Range{Start: guest.Addr(start), End: guest.Addr(end)}
	for i := range f.Parts {
		for _, s := range f.Parts[i].segments {
			if s.Range.Covers(r) && s.Perm&guest.Exec != 0 {
				return []Span{{&f.Parts[i], r}}, nil
			}
		}
	}
	return nil, fmt.Errorf("%s: no code is at %s", f.Name, r)
}

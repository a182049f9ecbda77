package image

import (
	"bytes"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"patchlab/guest"
)

// FuzzParse holds Parse to its contract: a program or one typed error, the same for the
// same bytes, and a program whose parts fit together.
func FuzzParse(f *testing.F) {
	f.Add(userProgram(f, helloText))
	f.Add(kernelProgram(f, kernelText))
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Fuzz(checkParse)
}

func checkParse(t *testing.T, b []byte) {
	var m *Image
	var err error
	bounded(t, len(b), func() { m, err = Parse("prog", b) })
	again, errAgain := Parse("prog", bytes.Clone(b))
	if !reflect.DeepEqual(m, again) || !reflect.DeepEqual(err, errAgain) {
		t.Fatal("the same bytes gave another result")
	}
	if !valueOrError(t, m == nil, err) {
		return
	}
	for i, s := range m.Segments {
		if !ProgramArea.Covers(s.Range) || uint64(len(s.Data)) > s.Range.Size() || i > 0 && m.Segments[i-1].Range.End > s.Range.Start {
			t.Fatalf("segment %d: %s with %d bytes", i, s.Range, len(s.Data))
		}
	}
	checkSymtab(t, &m.Symtab, m.Segments)
	for _, g := range m.Gates {
		if s := segmentAt(m.Segments, g.Fn); s == nil || s.Perm&guest.User != 0 {
			t.Fatalf("gate %+v", g)
		}
	}
}

// FuzzParseObject does the same for modules.
func FuzzParseObject(f *testing.F) {
	addObjects(f)
	f.Fuzz(func(t *testing.T, b []byte) { checkObject(t, b) })
}

func checkObject(t *testing.T, b []byte) *Object {
	var o *Object
	var err error
	bounded(t, len(b), func() { o, err = ParseObject("mod", b) })
	again, errAgain := ParseObject("mod", bytes.Clone(b))
	if !reflect.DeepEqual(o, again) || !reflect.DeepEqual(err, errAgain) {
		t.Fatal("the same bytes gave another result")
	}
	valueOrError(t, o == nil, err)
	return o
}

// FuzzLink links what can be parsed, and reads its declaration. Names resolve in ways
// that depend on their first letter.
func FuzzLink(f *testing.F) {
	addObjects(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if o, err := ParseObject("mod", b); err == nil {
			checkLink(t, len(b), o)
		}
	})
}

func checkLink(t *testing.T, size int, o *Object) {
	var m *Linked
	var err error
	bounded(t, size, func() { m, err = o.Link(ModuleArea.Start, byLetter{}) })
	again, errAgain := o.Link(ModuleArea.Start, byLetter{})
	if !reflect.DeepEqual(m, again) || !reflect.DeepEqual(err, errAgain) {
		t.Fatal("the same link gave another result")
	}
	if !valueOrError(t, m == nil, err) {
		return
	}
	for i, s := range m.Segments {
		if !m.Range.Covers(s.Range) || uint64(len(s.Data)) > s.Range.Size() ||
			i > 0 && m.Segments[i-1].Range.End > guest.PageDown(s.Range.Start) {
			t.Fatalf("segment %d: %s with %d bytes in %s", i, s.Range, len(s.Data), m.Range)
		}
	}
	checkSymtab(t, &m.Symtab, m.Segments)
	var d PatchDecl
	ok := false
	bounded(t, size, func() { d, ok, err = m.Patch() })
	if !valueOrError(t, reflect.DeepEqual(d, PatchDecl{}) || !ok, err) && ok {
		t.Fatal("an error and a patch")
	}
}

// bounded calls do and wants it to allocate in proportion to the size of the file, and the
// segments of a module at most besides.
func bounded(t *testing.T, size int, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > uint64(numGroups)*maxModule+1<<20+256*uint64(size) {
		t.Fatalf("%d bytes of memory for a file of %d", n, size)
	}
}

func addObjects(f *testing.F) {
	f.Add(object(f, moduleText))
	f.Add(object(f, patchHead+"MODULE_INFO(livepatch, \"Y\")\nKLP_REPLACE\nKLP_FUNC_POS(mod1, g, new_g, 2)\nKLP_CALLBACKS(0, call, 0, 0, call)\nKLP_STATE(3, 1)\n"))
	f.Add(object(f, ".comm x, 8, 8\n.section .tdata, \"awT\"\n.quad 1\n"))
}

// byLetter finds most names.
type byLetter struct{}

func (byLetter) Resolve(name string) (Symbol, error) {
	s := Symbol{Name: name, Addr: 0x401000, Size: 8}
	switch {
	case name == "" || name[0] == 'm':
		return Symbol{}, &SymbolError{Name: name, Err: ErrNoSymbol}
	case name[0] == 'a':
		return Symbol{}, &SymbolError{Name: name, Err: ErrAmbiguous}
	case name[0] == 'f':
		s.Addr = 1 << 40
	case name[0] == 'i':
		s.Kind = KindIFunc
	}
	return s, nil
}

// valueOrError checks that there is either, and that an error is typed; it reports
// whether there is a value.
func valueOrError(t *testing.T, noValue bool, err error) bool {
	t.Helper()
	if err == nil {
		return true
	}
	var e *Error
	line := err.Error()
	oneLine := line != "" && !strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) })
	if !noValue || !errors.As(err, &e) || e.Kind == nil || !oneLine {
		t.Fatalf("value %v, error %#v", !noValue, err)
	}
	return false
}

// checkSymtab checks that lookups agree with the lists.
func checkSymtab(t *testing.T, tab *Symtab, segs []Segment) {
	t.Helper()
	for i, fn := range tab.Functions {
		s := segmentAt(segs, fn.Range.Start)
		if s == nil || !s.Range.Covers(fn.Range) || fn.Range.Size() == 0 || uint64(len(fn.Code)) > fn.Range.Size() {
			t.Fatalf("function %+v in %+v", fn, s)
		}
		if i > 0 && tab.Functions[i-1].Range.End > fn.Range.Start {
			t.Fatalf("functions %s and %s overlap", tab.Functions[i-1].Name, fn.Name)
		}
		if got, ok := tab.FunctionAt(fn.Range.End - 1); !ok || got.Name != fn.Name {
			t.Fatalf("the end of %s is in %s, %v", fn.Name, got.Name, ok)
		}
	}
	for _, s := range tab.Symbols {
		if _, off, ok := tab.Lookup(s.Addr); !ok || off != 0 && s.Kind != KindLabel {
			t.Fatalf("symbol %+v is at %#x of another, %v", s, off, ok)
		}
	}
}

package image

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchlab/guest"
)

// TestSymtab reads a program whose symbols are of every kind. The numbers are offsets
// from the start of the text.
func TestSymtab(t *testing.T) {
	m := parse(t, userProgram(t, `
	.globl _start
	.type _start, @function
	.type __alias, @function
_start:
__alias:
alias:				# a label is not preferred to a function
	.fill 16, 1, 0x90
inside:	.fill 16, 1, 0x90	# a label in a function with a size
	.size _start, . - _start
	.balign 64
	.type sizeless, @function
sizeless:			# 0x40: the next label divides it
	.fill 16, 1, 0x90
bare:	.fill 16, 1, 0x90	# 0x50: code that nobody gave a type
.Lhidden:
	.fill 16, 1, 0x90
	.type table, @object
table:	.quad 1, 2, 3, 4	# 0x70: data in text end a function
	.size table, . - table
	.type f, @function
f:	ret			# 0x90
	.size f, . - f
	.type f.cold, @function
f.cold:	ud2			# 0x91
	.size f.cold, . - f.cold
	.balign 16, 0xcc
end:
	.data
	.type word, @object
word:	.quad 0
	.size word, 8
	.set absolute, 0x1234
	.section .tbss, "awT", @nobits
	.type local, @tls_object
local:	.zero 8
`))
	start := m.Entry
	var got []string
	for _, f := range m.Functions {
		got = append(got, fmt.Sprintf("%s%v %#x-%#x %d", f.Name, f.Aliases, uint64(f.Range.Start-start), uint64(f.Range.End-start), len(f.Code)))
	}
	want := []string{
		"_start[__alias alias] 0x0-0x40 64", "sizeless[] 0x40-0x50 16", "bare[] 0x50-0x70 32",
		"f[] 0x90-0x91 1", "f.cold[] 0x91-0xa0 15",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("functions\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, c := range []struct {
		off  int64
		want string
	}{
		{-1, ""},
		{0, "_start+0x0 in _start"},
		{0x10, "_start+0x10 in _start"},
		{0x3f, "_start+0x3f in _start"},
		{0x40, "sizeless+0x0 in sizeless"},
		{0x65, "bare+0x15 in bare"},
		{0x78, "table+0x8"},
		{0x90, "f+0x0 in f"},
		{0x92, "f.cold+0x1 in f.cold"},
		{0xa0, ""},
	} {
		a := start + guest.Addr(c.off)
		got := ""
		if s, off, ok := m.Lookup(a); ok {
			got = fmt.Sprintf("%s+%#x", s.Name, off)
			if r, ok := m.Extent(a); !ok || r.Start != s.Addr || !r.Contains(a) {
				t.Errorf("%#x: extent %s, %v", c.off, r, ok)
			}
		}
		if f, ok := m.FunctionAt(a); ok {
			got += " in " + f.Name
		}
		if got != c.want {
			t.Errorf("%#x: %q, want %q", c.off, got, c.want)
		}
	}
	if r, ok := m.Extent(start + 0x70); !ok || r.Size() != 0x20 {
		t.Errorf("table takes %s, %v", r, ok)
	}
	if r, ok := m.Extent(start + 0xa0); ok {
		t.Errorf("what is behind all takes %s", r)
	}
	for name, want := range map[string]int{
		"inside": 1, "word": 1, "f.cold": 1, // labels and data have names too
		".Lhidden": 0, "absolute": 0, "local": 0, "end": 0, "a.S": 0, "": 0, // the last are behind or outside all
	} {
		if got := len(m.ByName(name)); got != want {
			t.Errorf("%d symbols %q, want %d", got, name, want)
		}
	}
	for i := 1; i < len(m.Symbols); i++ {
		if m.Symbols[i-1].Addr > m.Symbols[i].Addr {
			t.Errorf("symbol %d lies before its predecessor", i)
		}
	}
}

// TestSizesThatReachTooFar has a function that claims to reach into the data: a label
// there is found all the same.
func TestSizesThatReachTooFar(t *testing.T) {
	m := parse(t, userProgram(t, `
	.globl _start
	.type _start, @function
_start:	ret
	.size _start, 0x100000
	.data
	.quad 0
label:	.quad 0
`))
	label := m.ByName("label")[0].Addr
	if s, off, ok := m.Lookup(label + 3); !ok || s.Name != "label" || off != 3 {
		t.Errorf("%s is %+v+%#x, %v", label+3, s, off, ok)
	}
	if f := m.Functions[0]; f.Range.Size() != 1 || len(m.Functions) != 1 {
		t.Errorf("functions %+v", m.Functions)
	}
}

func TestFindAndResolve(t *testing.T) {
	m := parse(t, compile(t, map[string]string{
		"a.S": ".globl _start\n_start: ret\n.type twin, @function\ntwin: ret\n.globl once\n.type once, @function\nonce: ret\n" +
			".globl pick\n.type pick, @gnu_indirect_function\npick: ret\n.type hidden, @function\nhidden: ret\n",
		"b.S": ".type twin, @function\ntwin: ret\n.globl hidden\n.type hidden, @function\nhidden: ret\n",
	}, "-static", "-no-pie", "a.S", "b.S"))
	twins := m.ByName("twin")
	if len(twins) != 2 || twins[0].Addr >= twins[1].Addr {
		t.Fatalf("twins %+v", twins)
	}
	for _, c := range []struct {
		object, name string
		pos          uint64
		want         guest.Addr
		err          error
		text         string
	}{
		{"", "once", 0, m.ByName("once")[0].Addr, nil, ""},
		{"", "once", 1, m.ByName("once")[0].Addr, nil, ""},
		{"", "once", 2, 0, ErrNoPosition, "symbol position 2 for symbol 'once' in object 'vmlinux' not found"},
		{"mod", "once", 2, 0, ErrNoPosition, "symbol position 2 for symbol 'once' in object 'mod' not found"},
		{"", "twin", 0, 0, ErrAmbiguous, "unresolvable ambiguity for symbol 'twin' in object '(null)'"},
		{"mod", "twin", 0, 0, ErrAmbiguous, "unresolvable ambiguity for symbol 'twin' in object 'mod'"},
		{"", "twin", 1, twins[0].Addr, nil, ""},
		{"", "twin", 2, twins[1].Addr, nil, ""},
		{"", "twin", 3, 0, ErrNoPosition, "symbol position 3 for symbol 'twin' in object 'vmlinux' not found"},
		{"", "none", 0, 0, ErrNoSymbol, "symbol 'none' not found in symbol table"},
		{"", "none", 5, 0, ErrNoSymbol, "symbol 'none' not found in symbol table"},
	} {
		s, err := m.Find(c.object, c.name, c.pos)
		if s.Addr != c.want || !errors.Is(err, c.err) || err != nil && err.Error() != c.text {
			t.Errorf("%s %d: %s, %v, want %s, %s", c.name, c.pos, s.Addr, err, c.want, c.text)
		}
	}
	for _, c := range []struct {
		name string
		want guest.Addr
		err  error
		text string
	}{
		{"once", m.ByName("once")[0].Addr, nil, ""},
		{".klp.sym.vmlinux.twin,2", twins[1].Addr, nil, ""},
		{"twin", 0, ErrAmbiguous, "unresolvable ambiguity for symbol 'twin' in object '(null)'"},
		{"hidden", m.ByName("hidden")[1].Addr, nil, ""}, // the global one
		{".klp.sym.vmlinux.hidden,0", 0, ErrAmbiguous, "unresolvable ambiguity for symbol 'hidden' in object '(null)'"},
		{".klp.sym.vmlinux.hidden,1", m.ByName("hidden")[0].Addr, nil, ""},
		{".klp.sym.vmlinux.once,0", m.ByName("once")[0].Addr, nil, ""},
		{".klp.sym.mod.once,0", 0, ErrNoSymbol, "symbol 'once' not found in symbol table"},
		{".klp.sym.vmlinux.once", 0, ErrSymbolName, "symbol .klp.sym.vmlinux.once has an incorrectly formatted name"},
		{".klp.sym.vmlinux", 0, ErrSymbolName, "symbol .klp.sym.vmlinux has an incorrectly formatted name"},
		{".klp.sym..once,0", 0, ErrSymbolName, "symbol .klp.sym..once,0 has an incorrectly formatted name"},
		{".klp.sym.vmlinux.once,x", 0, ErrSymbolName, "symbol .klp.sym.vmlinux.once,x has an incorrectly formatted name"},
	} {
		s, err := m.Resolve(c.name)
		if s.Addr != c.want || !errors.Is(err, c.err) || err != nil && err.Error() != c.text {
			t.Errorf("%s: %s, %v, want %s, %s", c.name, s.Addr, err, c.want, c.text)
		}
	}
	if s, err := m.Resolve("pick"); err != nil || s.Kind != KindIFunc {
		t.Errorf("pick: %+v, %v", s, err)
	}
}

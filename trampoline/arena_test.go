package trampoline

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
	"patchlab/insn"
)

const testBase guest.Addr = 0x20000000

func TestArenaBytesAreTheText(t *testing.T) {
	a := NewArena(testBase)
	names := func(at guest.Addr) (string, guest.Addr) {
		switch at {
		case a.Shim().Start:
			return "shim", at
		case a.Cell():
			return "cell", at
		}
		return "", 0
	}
	written := strings.NewReplacer(
		", ptr [", ", [",
		a.Shim().Start.String()+" <shim>", "shim",
		"[rip+0xff2] # "+a.Cell().String()+" <cell>", "[rip+cell]",
	)
	code := a.Code()
	for i, in := range instructions {
		p := a.Places()[i]
		decoded, err := insn.Decode(code[p.Addr-testBase:], p.Addr)
		if err != nil {
			t.Fatalf("%s: %v", in.name, err)
		}
		got := written.Replace(decoded.Text(names))
		if got != in.text || decoded.Len != len(in.code) || p.Size != decoded.Len {
			t.Errorf("%s: bytes % x are %q, the row says %q", in.name, in.code, got, in.text)
		}
	}
}

// TestArenaAsAssembled has the assembler at hand translate the texts and wants
// the same bytes.
func TestArenaAsAssembled(t *testing.T) {
	dir := t.TempDir()
	source, object, raw := filepath.Join(dir, "a.s"), filepath.Join(dir, "a.o"), filepath.Join(dir, "a.bin")
	var s strings.Builder
	s.WriteString(".intel_syntax noprefix\n.text\nshim:\n")
	for _, in := range instructions {
		s.WriteString("\t" + in.text + "\n")
	}
	fmt.Fprintf(&s, "\t.balign %d, %d\ncell:\n", guest.PageSize, fill)
	if err := os.WriteFile(source, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"as", "-o", object, source},
		{"objcopy", "-O", "binary", "-j", ".text", object, raw},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	want, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	code := NewArena(testBase).Code()
	if !bytes.Equal(code, want) {
		t.Errorf("got\n% x\nassembled\n% x", code[:arenaSize], want[:min(arenaSize, len(want))])
	}
	if rest := bytes.Trim(code[arenaSize:], "\xcc"); len(rest) > 0 {
		t.Errorf("the rest of the page is not filled: % x", rest)
	}
}

func TestArenaPlaces(t *testing.T) {
	a := NewArena(testBase)
	next := testBase
	for _, p := range a.Places() {
		in := a.Shim()
		if strings.HasPrefix(p.Name, "stub.") {
			in = a.Stub()
		}
		if p.Addr != next || !in.Covers(guest.RangeOf(p.Addr, uint64(p.Size))) {
			t.Errorf("%s at %s, want %s, in %s", p.Name, p.Addr, next, in)
		}
		if at, ok := a.At(p.Addr); !ok || at != p || a.Named(p.Name) != p {
			t.Errorf("%s is found as %+v, %v", p.Name, at, ok)
		}
		for i := 1; i < p.Size; i++ {
			if in, ok := a.At(p.Addr + guest.Addr(i)); ok {
				t.Errorf("%s found inside %s", in.Name, p.Name)
			}
		}
		next += guest.Addr(p.Size)
	}
	if next != a.Stub().End || !a.Page().Covers(a.Stub()) {
		t.Errorf("stub ends at %s, its range is %s", next, a.Stub())
	}
	for _, at := range []guest.Addr{testBase - 1, a.Stub().End, a.Page().End, a.Cell(), a.Data().End, 0, ^guest.Addr(0)} {
		if p, ok := a.At(at); ok {
			t.Errorf("%s found at %s", p.Name, at)
		}
	}
	if p, ok := a.Find("stub.nowhere"); ok {
		t.Errorf("found %+v", p)
	}
	a.Code()[0] = 0
	if a.Code()[0] == 0 {
		t.Error("the arena's bytes are changed through a copy")
	}
}

func TestArenaRanges(t *testing.T) {
	a := NewArena(testBase)
	for _, c := range []struct {
		name      string
		got, want guest.Range
	}{
		{"Range", a.Range(), guest.Range{Start: 0x20000000, End: 0x20002000}},
		{"Page", a.Page(), guest.Range{Start: 0x20000000, End: 0x20001000}},
		{"Data", a.Data(), guest.Range{Start: 0x20001000, End: 0x20002000}},
		{"Shim", a.Shim(), guest.Range{Start: 0x20000000, End: 0x20000007}},
		{"Stub", a.Stub(), guest.Range{Start: 0x20000007, End: 0x20000038}},
		{"Cell", guest.RangeOf(a.Cell(), cellSize), guest.Range{Start: 0x20001000, End: 0x20001008}},
	} {
		if c.got != c.want {
			t.Errorf("%s is %s, want %s", c.name, c.got, c.want)
		}
	}
}

func TestCPUStub(t *testing.T) {
	a := NewArena(testBase)
	data := make([]byte, guest.PageSize)
	got := a.CPUStub(data)
	if &got.Cell[0] != &data[0] || len(got.Cell) != cellSize || cap(got.Cell) != cellSize {
		t.Errorf("the cell is %d of %d bytes, not the first %d of the page", len(got.Cell), cap(got.Cell), cellSize)
	}
	got.Cell = nil
	want := cpu.Stub{Entry: 0x20000007, Fast: 0x2000000e, Slow: 0x2000000f, Hook: 0x20000004, Commit: 0x20000028}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestArenaBugs wants what only a bug of ours can ask for to panic as such.
func TestArenaBugs(t *testing.T) {
	for name, do := range map[string]func(){
		"inside a page": func() { NewArena(testBase + 8) },
		"no place":      func() { NewArena(testBase).Named("stub.nowhere") },
		"no cell":       func() { NewArena(testBase).CPUStub(make([]byte, cellSize-1)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "BUG: ") {
					t.Errorf("recovered %v", r)
				}
			}()
			do()
		})
	}
}

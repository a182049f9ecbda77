package lines

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/image"
)

const source = `#line 10 "dir/greet.c"
int callee(int);
int greet(int a)
{
	callee(a);
	return a + 7;
}
__attribute__((section(".text.other"))) int other(int a)
{
	return callee(a) + 1;
}
`

// compile compiles a source for the tests.
func compile(t testing.TB, text string, flags ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.c"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	args := append(strings.Fields("-O1 -ffreestanding -nostdlib -fno-pie -no-pie -fno-asynchronous-unwind-tables -o out a.c"), flags...)
	cmd := exec.Command("gcc", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// program returns a program with lines, and its symbols.
func program(t testing.TB, flags ...string) *image.Image {
	t.Helper()
	m, err := image.Parse("a", compile(t, source+"__attribute__((noipa)) int callee(int a) { return a; }\nvoid _start(void) { greet(1); }\n", append(flags, "-static", "-fno-inline")...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// found returns the different lines of a function, in the order of addresses.
func found(t *Table, f image.Function) (list []string) {
	for a := f.Range.Start; a < f.Range.End; a++ {
		l, ok := t.Find(a)
		if s := l.String(); ok && (len(list) == 0 || list[len(list)-1] != s) {
			list = append(list, s)
		}
	}
	return list
}

func function(t testing.TB, s *image.Symtab, name string) image.Function {
	t.Helper()
	f, ok := s.FunctionAt(s.ByName(name)[0].Addr)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	return f
}

func TestProgram(t *testing.T) {
	for _, dwarf := range []string{"-gdwarf-4", "-gdwarf-5"} {
		m := program(t, "-g", dwarf)
		table := New(m.Debug)
		for name, want := range map[string]string{"greet": "[greet.c:12 greet.c:13 greet.c:14 greet.c:15]", "other": "[greet.c:17 greet.c:18 greet.c:19]"} {
			if got := fmt.Sprint(found(table, function(t, &m.Symtab, name))); got != want {
				t.Errorf("%s: %s has the lines %s, want %s", dwarf, name, got, want)
			}
		}
		if l, ok := table.Find(0x1000); ok {
			t.Errorf("%s: nothing is at 0x1000, and it has the line %v", dwarf, l)
		}
		l, _ := table.Find(function(t, &m.Symtab, "greet").Range.Start)
		if !strings.HasSuffix(l.File, "dir/greet.c") {
			t.Errorf("%s: file %q", dwarf, l.File)
		}
	}
}

// TestPIE wants the lines of a position-independent program where it lies.
func TestPIE(t *testing.T) {
	text := source + "__attribute__((noipa)) int callee(int a) { return a; }\nvoid _start(void) { greet(1); }\n"
	m, err := image.Parse("a", compile(t, text, "-g", "-fno-inline", "-fPIE", "-static-pie"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bias != image.PIEBase {
		t.Errorf("the program lies %s higher than the file says", m.Bias)
	}
	if l, ok := Of(m).Find(function(t, &m.Symtab, "greet").Range.Start); !ok || l.String() != "greet.c:12" {
		t.Errorf("greet begins in %v", l)
	}
}

// TestModule wants the lines of a module where it was linked to.
func TestModule(t *testing.T) {
	for _, dwarf := range []string{"-gdwarf-4", "-gdwarf-5"} {
		o, err := image.ParseObject("mod", compile(t, source, "-c", "-g", dwarf))
		if err != nil {
			t.Fatal(err)
		}
		for _, base := range []guest.Addr{image.ModuleArea.Start, image.ModuleArea.Start + 0x30000} {
			m, err := o.Link(base, resolver{})
			if err != nil {
				t.Fatal(err)
			}
			table := New(m.Debug)
			for name, want := range map[string]string{"greet": "greet.c:12", "other": "greet.c:17"} {
				if l, ok := table.Find(function(t, &m.Symtab, name).Range.Start); !ok || l.String() != want {
					t.Errorf("%s at %s: %s begins in %v, want %s", dwarf, base, name, l, want)
				}
			}
		}
	}
}

type resolver struct{}

func (resolver) Resolve(string) (image.Symbol, error) { return image.Symbol{Addr: 0x400000}, nil }

func TestNone(t *testing.T) {
	m := program(t)
	if l, ok := New(m.Debug).Find(m.Entry); ok {
		t.Errorf("a program without lines has %v", l)
	}
}

// FuzzFind wants broken tables to have no lines, or wrong ones, and nothing else.
func FuzzFind(f *testing.F) {
	for _, dwarf := range []string{"-gdwarf-4", "-gdwarf-5"} {
		d := program(f, "-g", dwarf).Debug()
		f.Add(d[".debug_abbrev"], d[".debug_info"], d[".debug_line"], d[".debug_str"], d[".debug_line_str"])
	}
	f.Fuzz(func(t *testing.T, abbrev, info, line, str, lineStr []byte) {
		table := New(func() map[string][]byte {
			return map[string][]byte{".debug_abbrev": abbrev, ".debug_info": info, ".debug_line": line, ".debug_str": str, ".debug_line_str": lineStr}
		})
		table.Find(0x401000)
		for i, s := range table.spans {
			if s.rng.Start >= s.rng.End || i > 0 && s.rng.Start < table.spans[i-1].rng.End || s.line.Line < 1 {
				t.Fatalf("span %d: %v", i, s)
			}
		}
	})
}

// TestTidy wants overlapping spans cut.
func TestTidy(t *testing.T) {
	at := func(from, to guest.Addr, line int) span {
		return span{guest.Range{Start: from, End: to}, Line{"f", line}}
	}
	got := tidy([]span{at(0, 10, 1), at(20, 30, 2), at(0, 4, 3), at(25, 40, 4)})
	want := []span{at(0, 4, 3), at(20, 25, 2), at(25, 40, 4)}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

package prologue

import (
	"debug/elf"
	"encoding/binary"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
)

// TestCompiledPrograms builds a program with the compiler at hand and wants
// exactly the functions to be recognised for which the compiler has left a
// relocation of __fentry__ at the entry: none missed, and none found in the C
// library, which is not profiled.
func TestCompiledPrograms(t *testing.T) {
	for _, c := range []struct {
		name, flags, link string
		want              string // the first bytes of every site
	}{
		{name: "default", want: "67 e8"},
		{name: "no-pie", flags: "-fno-pie", link: "-no-pie", want: "e8"},
		{name: "branch", flags: "-fcf-protection=branch", want: "67 e8"},
		{name: "no-pie-branch", flags: "-fno-pie -fcf-protection=branch", link: "-no-pie", want: "e8"},
		{name: "got", link: "-Wl,--no-relax", want: "ff 15"},
		{name: "got-branch", flags: "-fcf-protection=branch", link: "-Wl,--no-relax", want: "ff 15"},
		{name: "suffix-nop", link: "-Wl,-z,call-nop=suffix-nop", want: "e8"},
		{name: "nop-mcount", flags: "-fno-pie -mnop-mcount", link: "-no-pie", want: "0f 1f 44 00 00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			object, program := build(t, strings.Fields(c.flags), strings.Fields(c.link))
			want := profiled(t, object)
			if c.name == "nop-mcount" {
				want = allProfiled // the compiler leaves no relocation of a nop
			}
			if !slices.Equal(want, allProfiled) {
				t.Fatalf("the compiler has profiled %q, the source asks for %q", want, allProfiled)
			}
			if got := recognised(t, program, c.want); !slices.Equal(got, want) {
				t.Errorf("recognised %q, profiled are %q", got, want)
			}
		})
	}
}

// allProfiled are the functions of traced.c without no_instrument_function.
var allProfiled = []string{
	"compare", "kept_static", "leaf", "main", "realigned", "splits", "tail_calls", "variadic",
}

func build(t *testing.T, flags, link []string) (object, program *elf.File) {
	t.Helper()
	dir := t.TempDir()
	o, exe := filepath.Join(dir, "traced.o"), filepath.Join(dir, "traced")
	compile := append([]string{"-pg", "-mfentry", "-O2"}, flags...)
	gcc(t, append(compile, "-c", "-o", o, "testdata/traced/traced.c")...)
	gcc(t, append([]string{"-static", "-o", exe, o}, link...)...)
	if out, err := exec.Command(exe).CombinedOutput(); err != nil {
		t.Fatalf("the program does not run: %v\n%s", err, out)
	}
	return open(t, o), open(t, exe)
}

func gcc(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func open(t *testing.T, name string) *elf.File {
	t.Helper()
	f, err := elf.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// profiled returns the names of the functions of an object file that have a
// relocation of __fentry__ in their first bytes.
func profiled(t *testing.T, f *elf.File) []string {
	t.Helper()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA {
			continue
		}
		data, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		for ; len(data) >= 24; data = data[24:] {
			offset := binary.LittleEndian.Uint64(data)
			symbol := binary.LittleEndian.Uint64(data[8:]) >> 32
			if symbol == 0 || symbols[symbol-1].Name != "__fentry__" {
				continue
			}
			for _, fn := range symbols {
				if elf.ST_TYPE(fn.Info) == elf.STT_FUNC && uint32(fn.Section) == s.Info &&
					fn.Value <= offset && offset < fn.Value+MaxCode {
					names[fn.Name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// recognised returns the names of all functions of a linked program in which
// Match finds a site.
func recognised(t *testing.T, f *elf.File, first string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(recognisedSites(t, f, first)))
}

// recognisedSites returns these sites by function, and wants them to begin with
// the bytes first.
func recognisedSites(t *testing.T, f *elf.File, first string) map[string]Site {
	t.Helper()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	var fentry guest.Addr
	for _, s := range symbols {
		if s.Name == "__fentry__" {
			fentry = guest.Addr(s.Value)
		}
	}
	p := Program{
		IsFentry: func(a guest.Addr) bool { return a == fentry },
		ReadAt:   func(a guest.Addr, b []byte) error { return readELF(f, a, b) },
	}
	sites, functions := map[string]Site{}, 0
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Section == elf.SHN_UNDEF {
			continue
		}
		functions++
		code := make([]byte, min(s.Size, MaxCode))
		if err := readELF(f, guest.Addr(s.Value), code); err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		site, err := Match(code, guest.Addr(s.Value), p)
		if err != nil {
			continue
		}
		sites[s.Name] = site
		if is := Text(code[site.At-guest.Addr(s.Value):], site.At); !strings.Contains(is, "("+first) {
			t.Errorf("%s: the site is %s, want %s", s.Name, is, first)
		}
	}
	if functions < 500 {
		t.Errorf("only %d functions looked at", functions)
	}
	return sites
}

func readELF(f *elf.File, a guest.Addr, p []byte) error {
	for _, s := range f.Progs {
		if r := guest.RangeOf(guest.Addr(s.Vaddr), s.Filesz); s.Type == elf.PT_LOAD && r.Covers(guest.RangeOf(a, uint64(len(p)))) {
			_, err := s.ReadAt(p, int64(a-r.Start))
			return err
		}
	}
	return guest.ErrUnmapped
}

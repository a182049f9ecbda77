package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
)

// flagSets are ways of compiling a patch that gcc and clang share.
var flagSets = []string{
	"-O0", "-O1", "-O2", "-Os", "-O3",
	"-O2 -fno-pie", "-O2 -fpie", "-O2 -fPIC", "-O0 -fPIC",
	"-O2 -fno-plt", "-O2 -fPIC -fno-plt",
	"-O2 -mcmodel=medium -fno-pie", "-O2 -mcmodel=medium -fPIC",
	"-O2 -mcmodel=large -fno-pie", "-O2 -mcmodel=large -fPIC", "-O0 -mcmodel=large -fPIC",
	"-O2 -ffunction-sections -fdata-sections", "-O2 -g", "-O2 -fcommon -fno-pie", "-O2 -fcommon -fPIC",
	"-O2 -fno-pie -fasynchronous-unwind-tables",
	"-O2 -fno-pie -pg -mfentry", "-O2 -fPIC -pg -mfentry", "-O2 -fPIC -fno-plt -pg -mfentry",
}

// gccFlagSets are further ways, which clang does not have.
var gccFlagSets = []string{
	"-O2 -mcmodel=medium -mlarge-data-threshold=64 -fno-pie", "-O2 -mcmodel=medium -mlarge-data-threshold=64 -fPIC",
	"-O2 -mcmodel=medium -mlarge-data-threshold=64 -fcommon",
	"-O2 -fno-pie -pg -mfentry -mrecord-mcount", "-O2 -fno-pie -pg -mfentry -mnop-mcount -mrecord-mcount",
}

// TestAgainstLd links the same objects as ld does, at the same addresses, and wants the
// same bytes in each section.
func TestAgainstLd(t *testing.T) {
	kinds := map[elf.R_X86_64]bool{}
	for _, cc := range []string{"gcc", "clang"} {
		t.Run(cc, func(t *testing.T) {
			if _, err := exec.LookPath(cc); err != nil {
				t.Skipf("%s is not installed: its objects are not compared", cc)
			}
			sets := flagSets
			if cc == "gcc" {
				sets = slices.Concat(sets, gccFlagSets)
			}
			for _, flags := range sets {
				t.Run(flags, func(t *testing.T) {
					judge(t, kinds, assembled(t, cc, "patch.c", strings.Fields(flags)...))
				})
			}
		})
	}
	t.Run("rare", func(t *testing.T) { judge(t, kinds, assembled(t, "gcc", "rare.s")) })
	for _, k := range slices.Sorted(maps.Keys(formulas)) {
		if !kinds[k] {
			t.Errorf("no object has a %s", k)
		}
	}
}

// judgedSymbols is what the objects find in the program.
var judgedSymbols = fixed{
	"__fentry__": 0x401000, "handler": 0x402000, "count": 0x403000, "table": 0x403040, "greeting": 0x404000,
	"outside": 0x405008, "tiny": 0x7f,
}

// assembled compiles a file of testdata/judged.
func assembled(t testing.TB, cc, source string, flags ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "judged", source))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, source, text)
	out := filepath.Join(dir, "object.o")
	tool(t, cc, append(flags, "-c", "-o", out, filepath.Join(dir, source))...)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tool(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// judge links an object in both ways and compares. It notes which kinds of relocation
// there were.
func judge(t *testing.T, kinds map[elf.R_X86_64]bool, b []byte) {
	t.Helper()
	o, err := ParseObject("mod", b)
	if err != nil {
		t.Fatal(err)
	}
	m, err := o.Link(ModuleArea.Start, judgedSymbols)
	if err != nil {
		t.Fatal(err)
	}
	theirs := linkedByLd(t, b, o, m)
	for i := range o.file.sections {
		s, at := &o.file.sections[i], placed(o, m, i)
		if o.places[i].group == notLoaded || len(s.data) == 0 {
			continue
		}
		ours := bytes.Clone(segmentAt(m.Segments, at).code(guest.RangeOf(at, s.Size)))
		other := read(t, theirs, at, s.Size)
		for _, rs := range o.relocs {
			if rs.target != i {
				continue
			}
			for _, r := range rs.relocs {
				kinds[r.kind] = true
				if formulas[r.kind].plus == slotOf {
					sameSlot(t, o, m, theirs, i, r, ours, other)
				}
			}
		}
		if !bytes.Equal(ours, other) {
			t.Errorf("section %s\nours % x\nld's % x", s.name, ours, other)
		}
	}
}

// placed returns where a section of an object has come to lie.
func placed(o *Object, m *Linked, section int) guest.Addr {
	return guest.Addr(o.places[section].off) + groupBase(o, m, o.places[section].group)
}

func groupBase(o *Object, m *Linked, g groupIndex) guest.Addr {
	base := m.Range.Start
	for i := range g {
		base = guest.PageUp(base + guest.Addr(o.groups[i].size))
	}
	return base
}

func gotBase(o *Object, m *Linked) guest.Addr {
	return groupBase(o, m, roGroup) + guest.Addr(o.groups[roGroup].size) - guest.Addr(8*len(o.got))
}

// sameSlot compares a reference to a slot of the offset table, for whose slots the linkers
// may choose different places: both must hold the same. It makes the bytes equal then.
func sameSlot(t *testing.T, o *Object, m *Linked, theirs *elf.File, section int, r reloc, ours, other []byte) {
	t.Helper()
	f, at := formulas[r.kind], placed(o, m, section)+guest.Addr(r.off)
	slot := func(b []byte) guest.Addr {
		v := int64(binary.LittleEndian.Uint64(append(bytes.Clone(b[r.off:][:f.width]), make([]byte, 8)...)))
		if f.width == 4 {
			v = int64(int32(v))
		}
		if f.minus == placeAt {
			return at + guest.Addr(v-r.addend)
		}
		return gotBase(o, m) + guest.Addr(v-r.addend)
	}
	mine, his := slot(ours), slot(other)
	if load := other[max(r.off, 3)-3:]; load[1] == 0xc7 && ours[r.off-2] == 0x8b {
		// The symbol is nowhere, and ld has made of the load one of the constant 0.
		if v := segmentAt(m.Segments, mine).code(guest.RangeOf(mine, 8)); !bytes.Equal(v, make([]byte, 8)) || !bytes.Equal(load[3:7], v[:4]) {
			t.Errorf("%s: slot %s holds % x, ld loads % x", o.relocError(ErrLink, section, r, "slots"), mine, v, load[3:7])
		}
		copy(ours[r.off-3:], load[:7])
		return
	}
	if a, b := segmentAt(m.Segments, mine).code(guest.RangeOf(mine, 8)), read(t, theirs, his, 8); !bytes.Equal(a, b) {
		t.Errorf("%s: slot %s holds % x, ld's %s holds % x", o.relocError(ErrLink, section, r, "slots"), mine, a, his, b)
	}
	copy(ours[r.off:], other[r.off:][:f.width])
}

// read returns what ld has put at an address.
func read(t *testing.T, f *elf.File, at guest.Addr, n uint64) []byte {
	t.Helper()
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && s.Flags&elf.SHF_ALLOC != 0 && s.Addr <= uint64(at) && uint64(at)+n <= s.Addr+s.Size {
			b := make([]byte, n)
			if _, err := s.ReadAt(b, int64(uint64(at)-s.Addr)); err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Fatalf("ld has put nothing at %s", at)
	return nil
}

// linkedByLd has ld link an object to where it was linked to here.
func linkedByLd(t *testing.T, b []byte, o *Object, m *Linked) *elf.File {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	write(t, dir, "in.o", unmerged(t, b))
	write(t, dir, "script", []byte(script(o, m)))
	program := ""
	for _, name := range slices.Sorted(maps.Keys(judgedSymbols)) {
		program += fmt.Sprintf("\t.globl %s\n\t%[1]s = %s\n\t.size %[1]s, %d\n", name, judgedSymbols[name], fixedSize)
	}
	write(t, dir, "program.s", []byte(program))
	tool(t, "as", "-o", file("program.o"), file("program.s"))
	args := []string{
		"-static", "--no-relax", "--traditional-format", "--no-check-sections", "-e", "0", "-z", "noexecstack",
		"-T", file("script"), "-o", file("out"), file("in.o"), file("program.o"),
	}
	for i := range o.syms {
		if y := &o.syms[i]; int(y.Shndx) < len(o.file.sections) && o.file.sections[y.Shndx].name == "COMMON" {
			args = append(args, fmt.Sprintf("--defsym=%s=%s", y.name, m.ByName(y.name)[0].Addr))
		}
	}
	tool(t, "ld", args...)
	f, err := elf.Open(file("out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// script tells ld where each section of an object was placed.
func script(o *Object, m *Linked) string {
	s := "SECTIONS\n{\n"
	for i := range o.file.sections {
		if sec := &o.file.sections[i]; o.places[i].group != notLoaded && sec.name != "COMMON" {
			s += fmt.Sprintf("\t.s%d %s : { KEEP(*(%s)) }\n", i, placed(o, m, i), sec.name)
		}
	}
	// ld's table begins with words of its own, so its slots have to lie elsewhere.
	return s + fmt.Sprintf("\t.got.plt %s : { *(.got.plt) }\n\t.got 0x1fff0000 : { *(.got) }\n\t/DISCARD/ : { *(*) }\n}\n", gotBase(o, m))
}

// unmerged returns the object with sections that ld leaves as they are: it would make
// equal strings and constants one.
func unmerged(t *testing.T, b []byte) []byte {
	t.Helper()
	b = bytes.Clone(b)
	var h elf.Header64
	decode(b[:headerSize], &h)
	for i := range int(h.Shnum) {
		edit(t, b[int(h.Shoff)+i*sectionSize:][:sectionSize], func(s *elf.Section64) {
			s.Flags &^= uint64(elf.SHF_MERGE | elf.SHF_STRINGS)
		})
	}
	return b
}

package image

import (
	"bytes"
	"debug/elf"
	"strings"
	"testing"
)

// TestOverlaps wants files refused whose parts overlap: a small file could name the same
// bytes thousands of times.
func TestOverlaps(t *testing.T) {
	mod := bytes.Clone(object(t, moduleText))
	var h elf.Header64
	decode(mod[:headerSize], &h)
	for i := 1; i < int(h.Shnum); i++ {
		edit(t, mod[int(h.Shoff)+i*sectionSize:][:sectionSize], func(s *elf.Section64) {
			if elf.SectionType(s.Type) == elf.SHT_PROGBITS {
				s.Off, s.Size = 0, uint64(len(mod))/2
			}
		})
	}
	o, err := ParseObject("mod", mod)
	checkRefused(t, o == nil, err, ErrFormat, "the sections have more bytes than the file: they overlap")

	b := bytes.Clone(userProgram(t, helloText))
	decode(b[:headerSize], &h)
	for i := range int(h.Phnum) {
		edit(t, b[int(h.Phoff)+i*progSize:][:progSize], func(p *elf.Prog64) {
			p.Type, p.Off, p.Filesz = uint32(elf.PT_NOTE), 0, uint64(len(b))*2/3
		})
	}
	p, err := Parse("prog", b)
	checkRefused(t, p == nil, err, ErrFormat, "prog: program header 1: the notes have more bytes than the file: they overlap")
}

// TestErrorsAreOneLine wants names that do not print to be shown as such.
func TestErrorsAreOneLine(t *testing.T) {
	o, err := ParseObject("mod", bytes.Replace(object(t, ".text\ncall abc\n"), []byte("abc\x00"), []byte("a\n\t\x00"), 1))
	if err != nil {
		t.Fatal(err)
	}
	m, err := o.Link(ModuleArea.Start, fixed{})
	checkRefused(t, m == nil, err, ErrLink, "mod: .text+0x1: symbol 'a??' not found in symbol table")
}

func TestTooManyEntries(t *testing.T) {
	for _, c := range []struct {
		n  string
		ok bool
	}{{"4096", true}, {"4097", false}} {
		d, ok, err := linkPatch(t, "KLP_FUNC(f, new_f)\n.section .klp.states, \"a\"\n.rept "+c.n+"\n.quad 1, 1\n.endr").Patch()
		if c.ok && (err != nil || !ok || len(d.States) != 4096) {
			t.Errorf("%s: %d states, %v", c.n, len(d.States), err)
		}
		if !c.ok && (err == nil || !strings.Contains(err.Error(), "mod: section .klp.states: more than 4096 entries")) {
			t.Errorf("%s: %v", c.n, err)
		}
	}
}

package image

import (
	"debug/elf"
	"encoding/binary"
)

// Style says how a program is to be run.
type Style uint8

// The styles. A program says that it is of kernel style by an ELF note with the name
// "patchlab", type 1, and as its descriptor the 32-bit word 1.
const (
	UserStyle   Style = iota // an ordinary program: the machine answers its system calls
	KernelStyle              // the program plays the kernel
)

// String returns "user" or "kernel".
func (s Style) String() string {
	if s == KernelStyle {
		return "kernel"
	}
	return "user"
}

const (
	noteName  = "patchlab\x00"
	noteStyle = 1
)

// style returns the style that the notes give.
func (f *elfFile) style() (Style, error) {
	style := UserStyle
	read := func(where string, b []byte, align uint64) error {
		s, err := f.readNotes(where, b, align)
		style = max(style, s)
		return err
	}
	for i := range f.sections {
		if s := &f.sections[i]; s.is(elf.SHT_NOTE) {
			if err := read("section "+s.name, s.data, s.Addralign); err != nil {
				return 0, err
			}
		}
	}
	for i := range f.progs {
		if p := &f.progs[i]; elf.ProgType(p.Type) == elf.PT_NOTE {
			b, err := f.bytesAt("note segment", p.Off, p.Filesz)
			if err != nil {
				return 0, err
			}
			if err := read("note segment", b, p.Align); err != nil {
				return 0, err
			}
		}
	}
	return style, nil
}

// readNotes looks for the style in a run of notes:
//
//	word length of name | word length of descriptor | word type | name | descriptor
//
// with name and descriptor filled up to the alignment of 4 or 8 bytes.
func (f *elfFile) readNotes(where string, b []byte, align uint64) (Style, error) {
	if align != 8 {
		align = 4
	}
	style := UserStyle
	for len(b) > 0 {
		if len(b) < 12 {
			return 0, f.errorf(ErrFormat, where, "%d bytes are left of a note", len(b))
		}
		word := func(i int) uint64 { return uint64(binary.LittleEndian.Uint32(b[4*i:])) }
		descOff := (12 + word(0) + align - 1) &^ (align - 1)
		descEnd := descOff + word(1)
		if descEnd > uint64(len(b)) {
			return 0, f.errorf(ErrFormat, where, "a note of %d bytes where %d are left", descEnd, len(b))
		}
		if string(b[12:][:word(0)]) == noteName {
			desc := b[descOff:descEnd]
			if word(2) != noteStyle || len(desc) != 4 || binary.LittleEndian.Uint32(desc) != uint32(KernelStyle) {
				return 0, f.errorf(ErrDeclaration, where,
					"a patchlab note of type %d with % x: known is type 1 with 01 00 00 00, the kernel style", word(2), desc)
			}
			style = KernelStyle
		}
		b = b[min((descEnd+align-1)&^(align-1), uint64(len(b))):]
	}
	return style, nil
}

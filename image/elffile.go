package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// elfFile is a file whose headers have been read and whose offsets have been checked
// against its length. debug/elf lends its names and structures; its reader is not used
// because it accepts more, and says less about what it refuses.
type elfFile struct {
	name     string
	data     []byte
	hdr      elf.Header64
	progs    []elf.Prog64
	sections []section
	bias     uint64 // what is added to the addresses in the file
}

// section is a section header with its contents.
type section struct {
	elf.Section64
	name string
	data []byte // nil for a section without contents in the file
}

func (s *section) flag(f elf.SectionFlag) bool { return elf.SectionFlag(s.Flags)&f != 0 }

func (s *section) is(t elf.SectionType) bool { return elf.SectionType(s.Type) == t }

// elfSymbol is an entry of the symbol table.
type elfSymbol struct {
	elf.Sym64
	name string
}

func (s *elfSymbol) section() elf.SectionIndex { return elf.SectionIndex(s.Shndx) }

const (
	headerSize  = 64
	progSize    = 56
	sectionSize = 64
	symbolSize  = 24
	relaSize    = 24
	dynSize     = 16
)

// shnLivepatch marks an undefined symbol that the kernel's livepatch core resolves
// (include/uapi/linux/elf.h).
const shnLivepatch elf.SectionIndex = 0xff20

func (f *elfFile) errorf(kind error, where, format string, a ...any) error {
	return &Error{File: f.name, Where: where, What: fmt.Sprintf(format, a...), Kind: kind}
}

// openELF reads the headers of a 64-bit x86 ELF file.
func openELF(name string, b []byte) (*elfFile, error) {
	f := &elfFile{name: name, data: b}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	if err := f.readProgs(); err != nil {
		return nil, err
	}
	if err := f.readSections(); err != nil {
		return nil, err
	}
	return f, nil
}

// bytesAt returns size bytes of the file from off.
func (f *elfFile) bytesAt(where string, off, size uint64) ([]byte, error) {
	end, carry := bits.Add64(off, size, 0)
	if carry != 0 || end > uint64(len(f.data)) {
		return nil, f.errorf(ErrFormat, where, "%#x bytes at offset %#x lie outside the file of %#x bytes: it is cut off",
			size, off, len(f.data))
	}
	return f.data[off:end:end], nil
}

// table returns the n entries of a header table as T, whose size in the file is size.
func table[T any](f *elfFile, where string, off uint64, n, size, entry uint16) ([]T, error) {
	if n == 0 {
		return nil, nil
	}
	if entry != size {
		return nil, f.errorf(ErrFormat, where, "entries of %d bytes, not %d", entry, size)
	}
	b, err := f.bytesAt(where, off, uint64(n)*uint64(size))
	if err != nil {
		return nil, err
	}
	t := make([]T, n)
	decode(b, t)
	return t, nil
}

// decode fills v, a pointer or slice of structures without padding, from b, which is
// long enough.
func decode(b []byte, v any) {
	if _, err := binary.Decode(b, binary.LittleEndian, v); err != nil {
		panic("BUG: image: " + err.Error())
	}
}

func (f *elfFile) readHeader() error {
	b := f.data
	if len(b) < elf.EI_NIDENT || string(b[:4]) != elf.ELFMAG {
		return f.errorf(ErrFormat, "", "not an ELF file")
	}
	if c := elf.Class(b[elf.EI_CLASS]); c != elf.ELFCLASS64 {
		return f.errorf(ErrUnsupported, "", "ELF class %d: only 64-bit files are taken (class %d)", c, elf.ELFCLASS64)
	}
	if d := elf.Data(b[elf.EI_DATA]); d != elf.ELFDATA2LSB {
		return f.errorf(ErrUnsupported, "", "byte order %d: only little-endian files are taken (%d)", d, elf.ELFDATA2LSB)
	}
	head, err := f.bytesAt("ELF header", 0, headerSize)
	if err != nil {
		return err
	}
	decode(head, &f.hdr)
	if m := elf.Machine(f.hdr.Machine); m != elf.EM_X86_64 {
		return f.errorf(ErrUnsupported, "", "built for another machine (%s): only x86-64 is taken", m)
	}
	if v := f.hdr.Version; v != uint32(elf.EV_CURRENT) {
		return f.errorf(ErrFormat, "ELF header", "version %d, not %d", v, elf.EV_CURRENT)
	}
	return nil
}

func (f *elfFile) readProgs() (err error) {
	f.progs, err = table[elf.Prog64](f, "program headers", f.hdr.Phoff, f.hdr.Phnum, progSize, f.hdr.Phentsize)
	return err
}

func (f *elfFile) readSections() error {
	if f.hdr.Shoff != 0 && f.hdr.Shnum == 0 || f.hdr.Shnum >= uint16(elf.SHN_LORESERVE) {
		return f.errorf(ErrUnsupported, "section headers", "more than %d sections", elf.SHN_LORESERVE-1)
	}
	heads, err := table[elf.Section64](f, "section headers", f.hdr.Shoff, f.hdr.Shnum, sectionSize, f.hdr.Shentsize)
	if err != nil {
		return err
	}
	f.sections = make([]section, len(heads))
	for i, h := range heads {
		f.sections[i].Section64 = h
	}
	names, err := f.sectionNames()
	if err != nil {
		return err
	}
	for i := range f.sections {
		if err := f.readSection(i, names); err != nil {
			return err
		}
	}
	return nil
}

// sectionNames returns the string table of the section names, nil if there is none.
func (f *elfFile) sectionNames() ([]byte, error) {
	i := int(f.hdr.Shstrndx)
	if i == int(elf.SHN_UNDEF) {
		return nil, nil
	}
	if i >= len(f.sections) || !f.sections[i].is(elf.SHT_STRTAB) {
		return nil, f.errorf(ErrFormat, "section names", "section %d is no string table", i)
	}
	return f.bytesAt("section names", f.sections[i].Off, f.sections[i].Size)
}

func (f *elfFile) readSection(i int, names []byte) (err error) {
	s := &f.sections[i]
	where := fmt.Sprintf("section %d", i)
	if s.is(elf.SHT_NULL) {
		return nil
	}
	if names != nil {
		if s.name, err = f.str(where, names, s.Name); err != nil {
			return err
		}
		where = "section " + s.name
	}
	if !s.is(elf.SHT_NOBITS) {
		s.data, err = f.bytesAt(where, s.Off, s.Size)
	}
	return err
}

// str returns the string at off in a string table.
func (f *elfFile) str(where string, tab []byte, off uint32) (string, error) {
	if uint64(off) < uint64(len(tab)) {
		if n := bytes.IndexByte(tab[off:], 0); n >= 0 {
			return string(tab[off:][:n]), nil
		}
	}
	return "", f.errorf(ErrFormat, where, "name at offset %#x of a string table of %#x bytes has no end", off, len(tab))
}

// symbols returns the symbol table and the index of its section. A file without one
// has no symbols.
func (f *elfFile) symbols() (syms []elfSymbol, index int, err error) {
	for i := range f.sections {
		if !f.sections[i].is(elf.SHT_SYMTAB) {
			continue
		}
		if syms != nil {
			return nil, 0, f.errorf(ErrFormat, "section "+f.sections[i].name, "a second symbol table")
		}
		index = i
		if syms, err = f.readSymbols(&f.sections[i]); err != nil {
			return nil, 0, err
		}
	}
	return syms, index, nil
}

func (f *elfFile) readSymbols(s *section) ([]elfSymbol, error) {
	where := "section " + s.name
	if s.Entsize != symbolSize || len(s.data)%symbolSize != 0 {
		return nil, f.errorf(ErrFormat, where, "%d bytes in entries of %d, not of %d", len(s.data), s.Entsize, symbolSize)
	}
	if int64(s.Link) >= int64(len(f.sections)) || !f.sections[s.Link].is(elf.SHT_STRTAB) {
		return nil, f.errorf(ErrFormat, where, "section %d is no string table for it", s.Link)
	}
	names := f.sections[s.Link].data
	syms := make([]elfSymbol, len(s.data)/symbolSize)
	for i := range syms {
		y := &syms[i]
		decode(s.data[i*symbolSize:][:symbolSize], &y.Sym64)
		where := fmt.Sprintf("symbol %d", i)
		var err error
		if y.Name != 0 {
			if y.name, err = f.str(where, names, y.Name); err != nil {
				return nil, err
			}
			where = "symbol " + y.name
		}
		if err := f.checkSymbol(y, where); err != nil {
			return nil, err
		}
	}
	return syms, nil
}

func (f *elfFile) checkSymbol(y *elfSymbol, where string) error {
	switch i := y.section(); {
	case int(i) < len(f.sections), i == elf.SHN_ABS, i == elf.SHN_COMMON, i == shnLivepatch:
		return nil
	default:
		return f.errorf(ErrFormat, where, "it lies in section %d of %d", i, len(f.sections))
	}
}

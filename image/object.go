package image

import (
	"bytes"
	"debug/elf"
	"fmt"
	"math/bits"

	"patchlab/guest"
)

// Object is a module before it is linked: a relocatable object. It is immutable
// and can be linked any number of times.
type Object struct {
	Name string
	// Modinfo is what the section .modinfo says, as "key=value", in its order.
	Modinfo []string

	file   *elfFile
	syms   []elfSymbol
	places []place // by section index
	groups [numGroups]group
	relocs []relocSection
	got    []uint32 // symbols that need a slot of the offset table, each once
}

// group numbers the segments of a module, in the order in which they lie.
type groupIndex int8

const (
	notLoaded groupIndex = iota - 1
	textGroup            // r-x
	roGroup              // r--, the global offset table at its end
	dataGroup            // rw-, sections without contents at its end
	numGroups
)

var groupPerm = [numGroups]guest.Perm{guest.Read | guest.Exec, guest.Read, guest.Read | guest.Write}

// place is where a section lies in its group.
type place struct {
	group groupIndex
	off   uint64
}

// group is the measure of a segment to be.
type group struct {
	filled uint64 // bytes with contents
	size   uint64 // bytes in all
}

// maxModule bounds the size of a module's segments: the sizes in a file are not to be
// believed.
const maxModule = 16 << 20

// ParseObject reads the relocatable object in b, a module of that name. The error is an
// [Error].
func ParseObject(name string, b []byte) (*Object, error) {
	f, err := openELF(name, b)
	if err != nil {
		return nil, err
	}
	if t := elf.Type(f.hdr.Type); t != elf.ET_REL {
		return nil, f.errorf(ErrUnsupported, "", "%s: a module is a relocatable object (ET_REL): compile it with -c", t)
	}
	o := &Object{Name: name, file: f}
	symtab := 0
	if o.syms, symtab, err = f.symbols(); err != nil {
		return nil, err
	}
	if err := o.layOut(); err != nil {
		return nil, err
	}
	if err := o.checkSymbols(); err != nil {
		return nil, err
	}
	if err := o.readRelocs(symtab); err != nil {
		return nil, err
	}
	for i := range f.sections {
		if s := &f.sections[i]; s.name == ".modinfo" {
			for _, kv := range bytes.Split(s.data, []byte{0}) {
				if len(kv) > 0 {
					o.Modinfo = append(o.Modinfo, string(kv))
				}
			}
		}
	}
	return o, nil
}

// layOut gives each section that is loaded its place. Sections without contents come
// last in the data.
func (o *Object) layOut() error {
	o.places = make([]place, len(o.file.sections))
	for i := range o.file.sections {
		s := &o.file.sections[i]
		g, err := o.groupOf(s)
		if err != nil {
			return err
		}
		o.places[i].group = g
		if g == notLoaded || s.is(elf.SHT_NOBITS) {
			continue
		}
		if o.places[i].off, err = o.groups[g].add(o.file, s); err != nil {
			return err
		}
		o.groups[g].filled = o.groups[g].size
	}
	for i := range o.file.sections {
		s := &o.file.sections[i]
		if g := o.places[i].group; g != notLoaded && s.is(elf.SHT_NOBITS) {
			var err error
			if o.places[i].off, err = o.groups[g].add(o.file, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// groupOf returns the group that a section belongs to.
func (o *Object) groupOf(s *section) (groupIndex, error) {
	refuse := func(format string, a ...any) (groupIndex, error) {
		return notLoaded, o.file.errorf(ErrUnsupported, "section "+s.name, format, a...)
	}
	write, exec := s.flag(elf.SHF_WRITE), s.flag(elf.SHF_EXECINSTR)
	switch {
	case !s.flag(elf.SHF_ALLOC) || s.is(elf.SHT_NULL):
		return notLoaded, nil
	case s.flag(elf.SHF_TLS):
		return refuse("thread-local variables: a module has none")
	case s.is(elf.SHT_INIT_ARRAY), s.is(elf.SHT_FINI_ARRAY), s.is(elf.SHT_PREINIT_ARRAY):
		return refuse("constructors and destructors: nobody calls those of a module")
	case s.is(elf.SHT_REL), s.is(elf.SHT_RELA):
		return refuse("relocations for the time after linking (%s)", elf.SectionFlag(s.Flags))
	case write && exec:
		return refuse("writable and executable: text is written by patches only")
	case exec && s.is(elf.SHT_NOBITS):
		return refuse("code without contents")
	case exec:
		return textGroup, nil
	case write || s.is(elf.SHT_NOBITS):
		return dataGroup, nil
	}
	return roGroup, nil
}

// add appends a section to the group and returns its offset.
func (g *group) add(f *elfFile, s *section) (uint64, error) {
	where := "section " + s.name
	align := max(s.Addralign, 1)
	if bits.OnesCount64(align) != 1 || align > guest.PageSize {
		return 0, f.errorf(ErrUnsupported, where, "aligned to %#x bytes: a power of two up to %#x is taken", align, guest.PageSize)
	}
	off := (g.size + align - 1) &^ (align - 1)
	if s.Size > maxModule || off+s.Size > maxModule {
		return 0, f.errorf(ErrUnsupported, where, "%#x bytes: a module has up to %#x", s.Size, maxModule)
	}
	g.size = off + s.Size
	return off, nil
}

// checkSymbols refuses the symbols that cannot be linked.
func (o *Object) checkSymbols() error {
	for i := range o.syms {
		y := &o.syms[i]
		where := "symbol " + y.name
		switch t := elf.ST_TYPE(y.Info); {
		case y.section() == elf.SHN_COMMON:
			return o.file.errorf(ErrUnsupported, where, "a common symbol: compile with -fno-common")
		case t == elf.STT_TLS:
			return o.file.errorf(ErrUnsupported, where, "a thread-local variable: a module has none")
		case t == elf.STT_GNU_IFUNC && y.section() != elf.SHN_UNDEF:
			return o.file.errorf(ErrUnsupported, where, "it picks a function at run time (IFUNC): nobody asks it in a module")
		case y.section() == elf.SHN_UNDEF, y.section() >= elf.SHN_LORESERVE:
		case y.Value > o.file.sections[y.Shndx].Section64.Size:
			return o.file.errorf(ErrFormat, where, "offset %#x in section %s of %#x bytes", y.Value,
				o.file.sections[y.Shndx].name, o.file.sections[y.Shndx].Section64.Size)
		}
	}
	return nil
}

// symbolName returns what to call a symbol: a section's symbol has no name itself.
func (o *Object) symbolName(i uint32) string {
	y := &o.syms[i]
	if y.name == "" && int(y.Shndx) < len(o.file.sections) {
		return o.file.sections[y.Shndx].name
	}
	return y.name
}

// sectionOffset describes a place in a section.
func (o *Object) sectionOffset(section int, off uint64) string {
	return fmt.Sprintf("%s+%#x", o.file.sections[section].name, off)
}

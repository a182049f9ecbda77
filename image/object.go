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
	if err := o.addCommon(); err != nil {
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
	if err := o.refuseThreadLocal(); err != nil {
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

// shnLargeCommon is what SHN_COMMON is in the code model medium (SHN_X86_64_LCOMMON).
const shnLargeCommon elf.SectionIndex = 0xff02

// addCommon makes a section of the variables that the compiler has left to the linker to
// place (-fcommon), and defines them there.
func (o *Object) addCommon() error {
	var g group
	found := false
	s := section{name: "COMMON", Section64: elf.Section64{
		Type: uint32(elf.SHT_NOBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_WRITE), Addralign: 1,
	}}
	for i := range o.syms {
		y := &o.syms[i]
		if y.section() != elf.SHN_COMMON && y.section() != shnLargeCommon {
			continue
		}
		align := y.Value
		off, err := g.add(o.file, &section{name: "COMMON, symbol " + y.name, Section64: elf.Section64{Size: y.Sym64.Size, Addralign: align}})
		if err != nil {
			return err
		}
		y.Shndx, y.Value = uint16(len(o.file.sections)), off
		s.Addralign, found = max(s.Addralign, align), true
	}
	if s.Section64.Size = g.size; found {
		o.file.sections = append(o.file.sections, s)
	}
	return nil
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
	case !s.flag(elf.SHF_ALLOC) || s.is(elf.SHT_NULL) || s.flag(elf.SHF_TLS):
		return notLoaded, nil
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
		case t == elf.STT_GNU_IFUNC && y.section() != elf.SHN_UNDEF:
			return o.file.errorf(ErrUnsupported, where, "%s", indirect)
		case y.section() == elf.SHN_UNDEF, y.section() >= elf.SHN_LORESERVE:
		case y.Value > o.file.sections[y.Shndx].Section64.Size:
			return o.file.errorf(ErrFormat, where, "offset %#x in section %s of %#x bytes", y.Value,
				o.file.sections[y.Shndx].name, o.file.sections[y.Shndx].Section64.Size)
		}
	}
	return nil
}

// indirect says why there are no indirect functions, and what to do.
const indirect = "it picks a function at run time (IFUNC), and nobody asks it for a module: call the function that is meant by its own name"

// refuseThreadLocal refuses thread-local variables. It comes behind the relocations, which
// say who uses them.
func (o *Object) refuseThreadLocal() error {
	for i := range o.file.sections {
		if s := &o.file.sections[i]; s.flag(elf.SHF_ALLOC) && s.flag(elf.SHF_TLS) && s.Section64.Size > 0 {
			return o.file.errorf(ErrUnsupported, "section "+s.name, "%s", threadLocal)
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

package image

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"patchlab/guest"
)

// relocSection is the relocations of one section.
type relocSection struct {
	target int // section index
	relocs []reloc
}

// reloc is one relocation: kind, place, symbol and addend, as in the System V ABI for
// x86-64, section 4.4.
type reloc struct {
	kind   elf.R_X86_64
	off    uint64
	sym    uint32
	addend int64
}

// width returns how many bytes a relocation writes; 0 if its kind is not taken.
func (r reloc) width() uint64 {
	switch r.kind {
	case elf.R_X86_64_64, elf.R_X86_64_PC64:
		return 8
	case elf.R_X86_64_PC32, elf.R_X86_64_PLT32, elf.R_X86_64_32, elf.R_X86_64_32S:
		return 4
	}
	if r.viaGOT() {
		return 4
	}
	return 0
}

// viaGOT reports whether r refers to a slot of the global offset table. A linker may
// rewrite the instruction instead; here it stays, so that a patch site keeps its form.
func (r reloc) viaGOT() bool {
	return r.kind == elf.R_X86_64_GOTPCREL || r.kind == elf.R_X86_64_GOTPCRELX || r.kind == elf.R_X86_64_REX_GOTPCRELX
}

// readRelocs reads the relocations of the sections that are loaded.
func (o *Object) readRelocs(symtab int) error {
	for i := range o.file.sections {
		s := &o.file.sections[i]
		where := "section " + s.name
		if !s.is(elf.SHT_REL) && !s.is(elf.SHT_RELA) {
			continue
		}
		target := int64(s.Info)
		if target >= int64(len(o.file.sections)) {
			return o.file.errorf(ErrFormat, where, "it relocates section %d of %d", target, len(o.file.sections))
		}
		if o.places[target].group == notLoaded {
			continue // debugging information, mostly
		}
		if !s.is(elf.SHT_RELA) || s.Entsize != relaSize || len(s.data)%relaSize != 0 || int(s.Link) != symtab {
			return o.file.errorf(ErrFormat, where, "x86-64 has relocations of type RELA, %d bytes each, with the one symbol table", relaSize)
		}
		rs := relocSection{target: int(target), relocs: make([]reloc, 0, len(s.data)/relaSize)}
		for n := range len(s.data) / relaSize {
			var rela elf.Rela64
			decode(s.data[n*relaSize:][:relaSize], &rela)
			r := reloc{elf.R_X86_64(elf.R_TYPE64(rela.Info)), rela.Off, elf.R_SYM64(rela.Info), rela.Addend}
			if r.kind == elf.R_X86_64_NONE {
				continue
			}
			if err := o.checkReloc(fmt.Sprintf("%s, entry %d", where, n), rs.target, r); err != nil {
				return err
			}
			rs.relocs = append(rs.relocs, r)
		}
		o.relocs = append(o.relocs, rs)
	}
	return o.addGOT()
}

func (o *Object) checkReloc(where string, target int, r reloc) error {
	if r.sym >= uint32(len(o.syms)) {
		return o.file.errorf(ErrFormat, where, "symbol %d of %d", r.sym, len(o.syms))
	}
	name := o.symbolName(r.sym)
	s := &o.file.sections[target]
	switch w := r.width(); {
	case w == 0:
		return o.file.errorf(ErrUnsupported, where, "%s for '%s' at %s: no such relocation is taken in a module",
			r.kind, name, o.sectionOffset(target, r.off))
	case uint64(len(s.data)) < w || r.off > uint64(len(s.data))-w:
		return o.file.errorf(ErrFormat, where, "%s for '%s' at %s lies outside the %#x bytes of the section",
			r.kind, name, o.sectionOffset(target, r.off), len(s.data))
	}
	y := &o.syms[r.sym]
	if i := y.section(); i != elf.SHN_UNDEF && int(i) < len(o.places) && o.places[i].group == notLoaded {
		return o.file.errorf(ErrFormat, where, "'%s' lies in section %s, which is not loaded", name, o.file.sections[i].name)
	}
	return nil
}

// addGOT gives each symbol that is referred to through the offset table a slot there.
func (o *Object) addGOT() error {
	for _, rs := range o.relocs {
		for _, r := range rs.relocs {
			if r.viaGOT() {
				o.got = append(o.got, r.sym)
			}
		}
	}
	slices.Sort(o.got)
	o.got = slices.Compact(o.got)
	if len(o.got) == 0 {
		return nil
	}
	g := &o.groups[roGroup]
	s := &section{name: "of the offset table", Section64: elf.Section64{Size: 8 * uint64(len(o.got)), Addralign: 8}}
	if _, err := g.add(o.file, s); err != nil {
		return err
	}
	g.filled = g.size
	return nil
}

// apply writes the relocations into the segments of the module.
func (l *linker) apply() error {
	for _, rs := range l.obj.relocs {
		p := l.obj.places[rs.target]
		for _, r := range rs.relocs {
			data := l.data[p.group][p.off+r.off:]
			at := l.base[p.group] + guest.Addr(p.off+r.off)
			v, ok := l.value(r, at)
			if !ok {
				return l.obj.file.errorf(ErrLink, "section "+l.obj.file.sections[rs.target].name,
					"%s for '%s' at %s: %#x does not fit in 32 bits", r.kind, l.obj.symbolName(r.sym),
					l.obj.sectionOffset(rs.target, r.off), v)
			}
			if r.width() == 8 {
				binary.LittleEndian.PutUint64(data, v)
			} else {
				binary.LittleEndian.PutUint32(data, uint32(v))
			}
		}
	}
	return nil
}

// value computes what r writes at its place, and whether that fits.
func (l *linker) value(r reloc, at guest.Addr) (uint64, bool) {
	sum := uint64(l.addr[r.sym]) + uint64(r.addend)
	signed := func(v uint64) (uint64, bool) { return v, int64(v) == int64(int32(v)) }
	switch r.kind {
	case elf.R_X86_64_64:
		return sum, true
	case elf.R_X86_64_PC64:
		return sum - uint64(at), true
	case elf.R_X86_64_32:
		return sum, sum <= math.MaxUint32
	case elf.R_X86_64_32S:
		return signed(sum)
	case elf.R_X86_64_PC32, elf.R_X86_64_PLT32:
		return signed(sum - uint64(at))
	}
	slot, _ := slices.BinarySearch(l.obj.got, r.sym)
	return signed(uint64(l.gotBase) + 8*uint64(slot) + uint64(r.addend) - uint64(at))
}

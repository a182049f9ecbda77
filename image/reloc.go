package image

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"patchlab/guest"
)

// relocSection is the relocations of one section.
type relocSection struct {
	target int // section index
	relocs []reloc
}

// reloc is one relocation: kind, place, symbol and addend. Its kind is one of [formulas].
type reloc struct {
	kind   elf.R_X86_64
	off    uint64
	sym    uint32
	addend int64
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
		for b := s.data; len(b) > 0; b = b[relaSize:] {
			var rela elf.Rela64
			decode(b[:relaSize], &rela)
			r := reloc{elf.R_X86_64(elf.R_TYPE64(rela.Info)), rela.Off, elf.R_SYM64(rela.Info), rela.Addend}
			if r.kind == elf.R_X86_64_NONE {
				continue
			}
			if err := o.checkReloc(rs.target, r); err != nil {
				return err
			}
			rs.relocs = append(rs.relocs, r)
		}
		o.relocs = append(o.relocs, rs)
	}
	return o.addGOT()
}

// checkReloc refuses what no address would mend.
func (o *Object) checkReloc(target int, r reloc) error {
	if r.sym >= uint32(len(o.syms)) {
		return o.file.errorf(ErrFormat, o.sectionOffset(target, r.off), "%s for symbol %d of %d", kindName(r.kind), r.sym, len(o.syms))
	}
	f, known := formulas[r.kind]
	if !known {
		return o.relocError(ErrUnsupported, target, r, refusal(r.kind))
	}
	y, size := &o.syms[r.sym], uint64(len(o.file.sections[target].data))
	if elf.ST_TYPE(y.Info) == elf.STT_TLS {
		return o.relocError(ErrUnsupported, target, r, threadLocal)
	}
	if w := uint64(f.width); size < w || r.off > size-w {
		return o.relocError(ErrFormat, target, r, "it lies outside the %#x bytes of the section", size)
	}
	if i := y.section(); f.usesSymbol() && i != elf.SHN_UNDEF && int(i) < len(o.places) && o.places[i].group == notLoaded {
		return o.relocError(ErrFormat, target, r, "section %s is not loaded", o.file.sections[i].name)
	}
	return nil
}

// relocError says what is wrong with a relocation: file, place, kind and symbol come first.
func (o *Object) relocError(kind error, target int, r reloc, format string, a ...any) error {
	return o.file.errorf(kind, o.sectionOffset(target, r.off), "%s for '%s': "+format,
		append([]any{kindName(r.kind), o.symbolName(r.sym)}, a...)...)
}

// kindName returns the ABI's name of a kind, its number if that is unknown.
func kindName(kind elf.R_X86_64) string {
	if name := kind.String(); !strings.Contains(name, "+") {
		return name
	}
	return fmt.Sprintf("relocation %d", kind)
}

// addGOT makes room for the offset table, if something refers to it, with a slot for each
// symbol that is reached through one. The table lies at the end of the read-only data.
func (o *Object) addGOT() error {
	used := false
	for _, rs := range o.relocs {
		for _, r := range rs.relocs {
			f := formulas[r.kind]
			used = used || f.usesTable() || o.isTable(r.sym)
			if f.plus == slotOf {
				o.got = append(o.got, r.sym)
			}
		}
	}
	slices.Sort(o.got)
	o.got = slices.Compact(o.got)
	if !used {
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

// isTable reports whether a symbol is the name of the module's own offset table.
func (o *Object) isTable(sym uint32) bool {
	return o.syms[sym].name == "_GLOBAL_OFFSET_TABLE_" && o.syms[sym].section() == elf.SHN_UNDEF
}

// slot returns the address of a symbol's slot, which there is.
func (l *linker) slot(sym uint32) guest.Addr {
	i, ok := slices.BinarySearch(l.obj.got, sym)
	if !ok {
		panic("BUG: image: a symbol has no slot of the offset table")
	}
	return l.gotBase + guest.Addr(8*i)
}

// apply writes the offset table and the relocations into the segments of the module.
func (l *linker) apply() error {
	for _, sym := range l.obj.got {
		binary.LittleEndian.PutUint64(l.data[roGroup][l.slot(sym)-l.base[roGroup]:], uint64(l.addr[sym]))
	}
	for _, rs := range l.obj.relocs {
		p := l.obj.places[rs.target]
		for _, r := range rs.relocs {
			v, f := l.value(r, l.base[p.group]+guest.Addr(p.off+r.off)), formulas[r.kind]
			if err := f.check(v); err != nil {
				return l.obj.relocError(ErrLink, rs.target, r, "%v", err)
			}
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], uint64(v))
			copy(l.data[p.group][p.off+r.off:], b[:f.width])
		}
	}
	return nil
}

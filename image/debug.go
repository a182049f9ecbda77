package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strings"

	"patchlab/guest"
)

// Debug returns the sections with debugging information (DWARF), by name, such as
// ".debug_line", with the addresses of the file: those of the program are higher by its Bias. Compressed
// ones are left out. The caller must not change them.
func (m *Image) Debug() map[string][]byte {
	sections := map[string][]byte{}
	for i := range m.debug {
		sections[m.debug[i].name] = m.debug[i].data
	}
	return sections
}

// Debug returns the same of a module, with the addresses that the module was linked to. A relocation
// that makes no sense is left out: nothing but reports depends on it.
func (m *Linked) Debug() map[string][]byte {
	sections, f := map[string][]byte{}, m.obj.file
	for i := range f.sections {
		if s := &f.sections[i]; s.debug() {
			sections[s.name] = bytes.Clone(s.data)
		}
	}
	for i := range f.sections {
		r := &f.sections[i]
		if !r.is(elf.SHT_RELA) || int64(r.Info) >= int64(len(f.sections)) {
			continue
		}
		if data, ok := sections[f.sections[r.Info].name]; ok {
			m.relocateDebug(data, r)
		}
	}
	return sections
}

// relocateDebug applies the relocations in r to a section with debugging information.
func (m *Linked) relocateDebug(data []byte, r *section) {
	for relas := r.data; len(relas) >= relaSize; relas = relas[relaSize:] {
		var rela elf.Rela64
		decode(relas[:relaSize], &rela)
		sym := elf.R_SYM64(rela.Info)
		if sym >= uint32(len(m.addr)) || rela.Off >= uint64(len(data)) {
			continue
		}
		v := uint64(m.debugAddr(sym)) + uint64(rela.Addend)
		switch at := data[rela.Off:]; elf.R_X86_64(elf.R_TYPE64(rela.Info)) {
		case elf.R_X86_64_64:
			if len(at) >= 8 {
				binary.LittleEndian.PutUint64(at, v)
			}
		case elf.R_X86_64_32:
			if len(at) >= 4 {
				binary.LittleEndian.PutUint32(at, uint32(v))
			}
		}
	}
}

// debugAddr returns the address of a symbol; of one in a section that is not loaded, the offset there.
func (m *Linked) debugAddr(sym uint32) guest.Addr {
	y := &m.obj.syms[sym]
	if i := y.section(); i != elf.SHN_UNDEF && int(i) < len(m.obj.places) && m.obj.places[i].group == notLoaded {
		return guest.Addr(y.Value)
	}
	return m.addr[sym]
}

// debug reports whether s holds debugging information that can be read as it is.
func (s *section) debug() bool {
	return strings.HasPrefix(s.name, ".debug_") && !s.is(elf.SHT_NOBITS) && !s.flag(elf.SHF_COMPRESSED)
}

// debugSections returns the sections with debugging information.
func (f *elfFile) debugSections() (list []section) {
	for i := range f.sections {
		if f.sections[i].debug() {
			list = append(list, f.sections[i])
		}
	}
	return list
}

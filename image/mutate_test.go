package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

// FuzzMutated changes single fields of sound files: of headers, sections, symbols,
// relocations, declarations. Edits are runs of editSize bytes, a few only: what is not
// damaged so much that it is refused at once shows what later steps make of it.
func FuzzMutated(f *testing.F) {
	var files [][]byte
	add := func(b []byte) { files = append(files, b) }
	add(object(f, moduleText))
	add(object(f, patchHead+"MODULE_INFO(livepatch, \"Y\")\nKLP_REPLACE\nKLP_FUNC_POS(mod1, g, new_g, 2)\nKLP_CALLBACKS(0, call, 0, 0, call)\nKLP_STATE(3, 1)\n"))
	add(object(f, ".comm x, 8, 8\n.comm y, 64, 32\n.section __mcount_loc, \"a\"\n.quad x, y\n"))
	for _, flags := range []string{"-O0 -fPIC", "-O2 -mcmodel=large -fPIC -fcommon", "-O2 -g -ffunction-sections -pg -mfentry -mrecord-mcount"} {
		add(assembled(f, "gcc", "patch.c", strings.Fields(flags)...))
	}
	add(assembled(f, "gcc", "rare.s"))
	add(kernelProgram(f, kernelText))
	add(userProgram(f, helloText))
	for i := range files {
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), []byte{1, 2, 0, 4, 5, 0, 0, 0})
		f.Add(uint8(i), []byte{2, 1, 0, 1, 3, 0, 0, 0, 3, 1, 0, 2, 2, 0, 0, 0})
	}
	f.Fuzz(func(t *testing.T, file uint8, edits []byte) {
		if len(edits) > maxEdits*editSize {
			return
		}
		b := mutated(files[int(file)%len(files)], edits)
		checkParse(t, b)
		if o := checkObject(t, b); o != nil {
			checkLink(t, len(b), o)
		}
	})
}

// editSize is the bytes of an edit: what to change, which one of these (2), which field,
// how, and up to 3 bytes of a value.
const (
	editSize = 8
	maxEdits = 6
)

// mutated returns a file with the edits made.
func mutated(file, edits []byte) []byte {
	b := bytes.Clone(file)
	for ; len(edits) >= editSize; edits = edits[editSize:] {
		e := edits[:editSize]
		which, field := int(binary.LittleEndian.Uint16(e[1:])), int(e[3])
		record := recordAt(file, e[0], which)
		if len(record) == 0 {
			continue
		}
		// Where the record lies in file it lies in b as well.
		off := cap(file) - cap(record)
		width := []int{1, 2, 4, 8}[e[4]&3]
		if off += field % len(record); off+width > len(b) {
			continue
		}
		v := value(e[4]>>2, binary.LittleEndian.Uint32(append(bytes.Clone(e[5:8]), 0)), readWord(b[off:], width))
		for i := range width {
			b[off+i] = byte(v >> (8 * i))
		}
	}
	return b
}

// recordAt returns a part of a sound file: a header, an entry of a table, or contents.
func recordAt(file []byte, what byte, which int) []byte {
	var h elf.Header64
	decode(file[:headerSize], &h)
	nth := func(table []byte, size int) []byte {
		if n := len(table) / size; n > 0 {
			return table[which%n*size:][:size]
		}
		return nil
	}
	heads := file[h.Shoff:][:int(h.Shnum)*sectionSize]
	ofType := func(t elf.SectionType) []byte {
		for ; len(heads) > 0; heads = heads[sectionSize:] {
			var s elf.Section64
			if decode(heads[:sectionSize], &s); elf.SectionType(s.Type) == t && s.Size > 0 {
				return file[s.Off:][:s.Size]
			}
		}
		return nil
	}
	switch what % 7 {
	case 0:
		return file[:headerSize]
	case 1:
		return nth(heads, sectionSize)
	case 2:
		return nth(ofType(elf.SHT_SYMTAB), symbolSize)
	case 3:
		return nth(ofType(elf.SHT_RELA), relaSize)
	case 4:
		return nth(file[h.Phoff:][:int(h.Phnum)*progSize], progSize)
	case 5:
		return ofType(elf.SHT_STRTAB)
	default:
		return file
	}
}

// value returns what to write: near the old value, one that is often at a bound, or v.
func value(how byte, v uint32, old uint64) uint64 {
	bounds := []uint64{
		0, 1, math.MaxUint64, math.MaxInt64, 1 << 63, math.MaxUint32, 1 << 32, math.MaxInt32, 1 << 31,
		0xffff, 0xff00, 0xfff1, 0xfff2, 0xff20, 0xff02, 4096, maxModule, maxModule + 1, uint64(ModuleArea.Start), uint64(ProgramArea.Start),
	}
	switch how % 4 {
	case 0:
		return uint64(v)
	case 1:
		return old + uint64(int64(int8(v)))
	case 2:
		return bounds[int(v)%len(bounds)]
	default:
		return old ^ 1<<(v%64)
	}
}

func readWord(b []byte, width int) uint64 {
	var w [8]byte
	copy(w[:], b[:width])
	return binary.LittleEndian.Uint64(w[:])
}

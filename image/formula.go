package image

import (
	"debug/elf"
	"fmt"

	"patchlab/guest"
)

// formula is what a kind of relocation writes: plus + addend - minus, in so many bytes
// (System V ABI for x86-64, section 4.4).
type formula struct {
	width       int
	fits        fit
	plus, minus term
}

// term is a part of a formula. In the letters of the ABI:
type term uint8

const (
	nothing term = iota
	addrOf       // S, and L: nothing is reached through a linkage table here
	sizeOf       // Z
	slotOf       // GOT + G: where the symbol's slot of the offset table lies
	tableAt      // GOT: where the offset table begins
	placeAt      // P
)

// formulas are the kinds of relocation that are taken: what compilers and assemblers
// write in the code models small, medium and large.
//
// A linker may rewrite an instruction that loads from the offset table (GOTPCRELX). Here
// it stays, so that a patch site keeps its form.
var formulas = map[elf.R_X86_64]formula{
	elf.R_X86_64_64:            {8, anything, addrOf, nothing},
	elf.R_X86_64_PC64:          {8, anything, addrOf, placeAt},
	elf.R_X86_64_32:            {4, unsigned, addrOf, nothing},
	elf.R_X86_64_32S:           {4, signed, addrOf, nothing},
	elf.R_X86_64_PC32:          {4, signed, addrOf, placeAt},
	elf.R_X86_64_PLT32:         {4, signed, addrOf, placeAt},
	elf.R_X86_64_16:            {2, either, addrOf, nothing},
	elf.R_X86_64_PC16:          {2, signed, addrOf, placeAt},
	elf.R_X86_64_8:             {1, either, addrOf, nothing},
	elf.R_X86_64_PC8:           {1, signed, addrOf, placeAt},
	elf.R_X86_64_SIZE32:        {4, unsigned, sizeOf, nothing},
	elf.R_X86_64_SIZE64:        {8, anything, sizeOf, nothing},
	elf.R_X86_64_GOTPCREL:      {4, signed, slotOf, placeAt},
	elf.R_X86_64_GOTPCRELX:     {4, signed, slotOf, placeAt},
	elf.R_X86_64_REX_GOTPCRELX: {4, signed, slotOf, placeAt},
	elf.R_X86_64_GOTPCREL64:    {8, anything, slotOf, placeAt},
	elf.R_X86_64_GOT32:         {4, signed, slotOf, tableAt},
	elf.R_X86_64_GOT64:         {8, anything, slotOf, tableAt},
	elf.R_X86_64_GOTPLT64:      {8, anything, slotOf, tableAt},
	elf.R_X86_64_GOTPC32:       {4, signed, tableAt, placeAt},
	elf.R_X86_64_GOTPC64:       {8, anything, tableAt, placeAt},
	elf.R_X86_64_GOTOFF64:      {8, anything, addrOf, tableAt},
	elf.R_X86_64_PLTOFF64:      {8, anything, addrOf, tableAt},
}

// usesSymbol reports whether the symbol of the relocation matters.
func (f formula) usesSymbol() bool {
	return f.plus == addrOf || f.plus == sizeOf || f.plus == slotOf
}

// usesTable reports whether there has to be an offset table.
func (f formula) usesTable() bool {
	return f.plus == slotOf || f.plus == tableAt || f.minus == tableAt
}

// fit says which values a place can hold.
type fit uint8

const (
	anything fit = iota // 8 bytes hold every address and every difference
	signed
	unsigned
	either // signed or unsigned: nobody knows how it will be read
)

// bounds returns the least and the greatest value that f can write, which is one of less
// than 8 bytes.
func (f formula) bounds() (least, most int64) {
	bits := 8 * f.width
	least, most = -1<<(bits-1), 1<<bits-1
	switch f.fits {
	case signed:
		most = 1<<(bits-1) - 1
	case unsigned:
		least = 0
	}
	return least, most
}

// check returns an error if v is more than f can write.
func (f formula) check(v int64) error {
	if f.fits == anything {
		return nil
	}
	if least, most := f.bounds(); v < least || v > most {
		return fmt.Errorf("%#x is out of range: %d bytes hold %#x to %#x", v, f.width, least, most)
	}
	return nil
}

// refusal says why a kind of relocation is not taken, and what to do.
func refusal(kind elf.R_X86_64) string {
	switch kind {
	case elf.R_X86_64_TPOFF32, elf.R_X86_64_TPOFF64, elf.R_X86_64_GOTTPOFF, elf.R_X86_64_TLSGD, elf.R_X86_64_TLSLD,
		elf.R_X86_64_DTPOFF32, elf.R_X86_64_DTPOFF64, elf.R_X86_64_DTPMOD64,
		elf.R_X86_64_GOTPC32_TLSDESC, elf.R_X86_64_TLSDESC_CALL, elf.R_X86_64_TLSDESC:
		return threadLocal
	case elf.R_X86_64_COPY, elf.R_X86_64_GLOB_DAT, elf.R_X86_64_JMP_SLOT, elf.R_X86_64_RELATIVE,
		elf.R_X86_64_RELATIVE64, elf.R_X86_64_IRELATIVE:
		return "it is for a dynamic linker, which a module never meets: build the object with -c or ld -r"
	}
	return "no such relocation is known: build the object for plain x86-64"
}

// threadLocal says why there are no thread-local variables, and what to do.
const threadLocal = "thread-local: a module has no such variables, and cannot reach the program's: " +
	"use an ordinary variable, or have a function of the program return the address"

// value computes what r writes at its place.
func (l *linker) value(r reloc, at guest.Addr) int64 {
	of := func(t term) uint64 {
		switch t {
		case addrOf:
			return uint64(l.addr[r.sym])
		case sizeOf:
			return l.size[r.sym]
		case slotOf:
			return uint64(l.slot(r.sym))
		case tableAt:
			return uint64(l.gotBase)
		case placeAt:
			return uint64(at)
		}
		return 0
	}
	f := formulas[r.kind]
	return int64(of(f.plus) + uint64(r.addend) - of(f.minus))
}

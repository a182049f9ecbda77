package insn

import (
	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
)

// Access is a range of memory that an instruction reads or writes.
type Access struct {
	Range guest.Range
	Write bool // it may write
}

// unknownSize is taken for an access whose size the decoder does not tell, in bytes: as
// much as fxsave saves, the largest of those that run.
const unknownSize = 512

// directionFlag is DF of RFLAGS: string instructions go down.
const directionFlag = 1 << 10

// Accesses appends the memory that i accesses when it is executed with the registers r,
// and returns dst. Where it is not sure whether i writes, it says that it does. The
// segments FS and GS are taken to begin at 0.
func (i Inst) Accesses(dst []Access, r *guest.Regs) []Access {
	size := uint64(i.MemBytes)
	switch {
	case i.isString():
		size = i.stringSize()
	case size == 0:
		size = unknownSize
	}
	for k, a := range i.Args {
		m, ok := a.(x86asm.Mem)
		if !ok || i.computesOnly() {
			continue
		}
		at := i.address(m, r)
		if i.isString() {
			dst = append(dst, Access{i.repeated(at, size, r), k == 0 && i.writesFirst()})
			continue
		}
		dst = append(dst, Access{guest.RangeOf(at, size), k == 0 && i.writesFirst() || i.writesBoth()})
	}
	const word = 8
	switch i.Op {
	case x86asm.PUSH, x86asm.PUSHF, x86asm.PUSHFQ, x86asm.CALL, x86asm.ENTER:
		dst = append(dst, Access{guest.RangeOf(r.SP()-word, word), true})
	case x86asm.POP, x86asm.POPF, x86asm.POPFQ, x86asm.RET:
		dst = append(dst, Access{guest.RangeOf(r.SP(), word), false})
	case x86asm.LEAVE:
		dst = append(dst, Access{guest.RangeOf(r.BP(), word), false})
	}
	return dst
}

// computesOnly reports whether i has an operand in memory that it does not access.
func (i Inst) computesOnly() bool {
	switch i.Op {
	case x86asm.LEA, x86asm.NOP, x86asm.PREFETCHNTA, x86asm.PREFETCHT0, x86asm.PREFETCHT1, x86asm.PREFETCHT2, x86asm.PREFETCHW:
		return true
	}
	return false
}

// writesFirst reports whether i may write its first operand.
func (i Inst) writesFirst() bool {
	switch i.Op {
	case x86asm.CMP, x86asm.TEST, x86asm.BT, x86asm.PUSH, x86asm.CALL, x86asm.JMP, x86asm.MUL, x86asm.DIV, x86asm.IDIV,
		x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ, x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ,
		x86asm.LODSB, x86asm.LODSW, x86asm.LODSD, x86asm.LODSQ:
		return false
	}
	return true
}

// writesBoth reports whether i may write an operand behind the first.
func (i Inst) writesBoth() bool { return i.Op == x86asm.XCHG || i.Op == x86asm.XADD }

// isString reports whether i is a string instruction, repeated or not.
func (i Inst) isString() bool {
	j := i
	j.Prefix = x86asm.Prefixes{x86asm.PrefixREP}
	return j.IsRepString()
}

// stringSize returns the size of one access of a string instruction, which its name tells.
func (i Inst) stringSize() uint64 {
	name := i.Op.String()
	return map[byte]uint64{'B': 1, 'W': 2, 'D': 4, 'Q': 8}[name[len(name)-1]]
}

// repeated returns all that a string instruction accesses from at on, the first access
// being of size bytes.
func (i Inst) repeated(at guest.Addr, size uint64, r *guest.Regs) guest.Range {
	n := uint64(1)
	if i.IsRepString() {
		n = r.GPR[guest.RCX]
	}
	if r.RFLAGS&directionFlag != 0 {
		return guest.Range{Start: at - guest.Addr((max(n, 1)-1)*size), End: at + guest.Addr(size)}
	}
	return guest.RangeOf(at, n*size)
}

// address returns the address of a memory operand.
func (i Inst) address(m x86asm.Mem, r *guest.Regs) guest.Addr {
	a := uint64(m.Disp)
	half := i.AddrSize == 32
	if m.Base == x86asm.RIP || m.Base == x86asm.EIP {
		a += uint64(i.End())
		half = m.Base == x86asm.EIP
	} else {
		a += value(m.Base, r)
	}
	if m.Index != 0 {
		a += uint64(m.Scale) * value(m.Index, r)
	}
	if half {
		a = uint64(uint32(a))
	}
	return guest.Addr(a)
}

// value returns what a register of an address holds; 0 for none.
func value(reg x86asm.Reg, r *guest.Regs) uint64 {
	switch {
	case reg >= x86asm.RAX && reg <= x86asm.R15:
		return r.GPR[reg-x86asm.RAX]
	case reg >= x86asm.EAX && reg <= x86asm.R15L:
		return uint64(uint32(r.GPR[reg-x86asm.EAX]))
	}
	return 0
}

package fp

import (
	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
	"patchlab/insn"
)

// isPadding reports whether in does nothing, as the bytes between functions do.
func isPadding(in insn.Inst) bool { return in.Op == x86asm.NOP || in.Op == insn.ENDBR64 }

// isTrap reports whether in never goes on to the next instruction.
func isTrap(in insn.Inst) bool {
	switch in.Op {
	case x86asm.UD0, x86asm.UD1, x86asm.UD2:
		return true
	case x86asm.INT:
		return in.Args[0] == x86asm.Imm(3)
	}
	return false
}

// isForeign reports whether in goes on somewhere that is not followed: in another
// mode, another segment, or an abort handler.
func isForeign(in insn.Inst) bool {
	switch in.Op {
	case x86asm.INT, x86asm.INTO, x86asm.IRET, x86asm.IRETD, x86asm.IRETQ,
		x86asm.SYSENTER, x86asm.SYSEXIT, x86asm.SYSRET,
		x86asm.LCALL, x86asm.LJMP, x86asm.LRET, x86asm.XBEGIN, x86asm.XABORT, x86asm.RSM:
		return !isTrap(in)
	}
	return false
}

// reads reports whether in only reads its first operand. What is not listed is
// taken for a write, which is the safe side.
func reads(op x86asm.Op) bool {
	switch op {
	case x86asm.CMP, x86asm.TEST, x86asm.BT, x86asm.PUSH, x86asm.CALL, x86asm.JMP, x86asm.NOP,
		x86asm.MUL, x86asm.DIV, x86asm.IDIV,
		x86asm.PREFETCHNTA, x86asm.PREFETCHT0, x86asm.PREFETCHT1, x86asm.PREFETCHT2, x86asm.PREFETCHW:
		return true
	}
	return false
}

// writesAll reports whether in may write any of its operands, not only the first.
func writesAll(in insn.Inst) bool {
	switch in.Op {
	case x86asm.XCHG, x86asm.XADD:
		return true
	}
	return in.IsVEX()
}

// moved returns by how much in moves rsp down, if it moves it by a constant.
func moved(in insn.Inst) (down int32, ok bool) {
	if in.Args[0] != x86asm.RSP {
		return 0, false
	}
	switch a := in.Args[1].(type) {
	case x86asm.Imm:
		if in.Op == x86asm.SUB {
			return int32(a), true
		}
		if in.Op == x86asm.ADD {
			return -int32(a), true
		}
	case x86asm.Mem:
		if isAddress(in, a) && a.Base == x86asm.RSP {
			return -int32(a.Disp), true
		}
	}
	return 0, false
}

// lowers reports whether in moves its first operand downwards by an amount that
// is not known: room for an array of variable size, or of an alignment of its own.
func lowers(in insn.Inst) bool {
	_, reg := in.Args[1].(x86asm.Reg)
	_, imm := in.Args[1].(x86asm.Imm)
	return in.Op == x86asm.SUB && reg || in.Op == x86asm.AND && imm
}

// isAddress reports whether in takes the address m, which is a constant away from
// its base.
func isAddress(in insn.Inst, m x86asm.Mem) bool {
	return in.Op == x86asm.LEA && m.Index == 0
}

// writes reports whether in may write r or a part of it by naming it. The implied
// effects of push, pop, call, leave and enter on rsp and rbp are not meant; no
// other instruction has any (Intel SDM volume 2).
func writes(in insn.Inst, r x86asm.Reg) bool {
	for k, a := range in.Args {
		if got, ok := a.(x86asm.Reg); ok && full(got) == r && mayWrite(in, k) {
			return true
		}
	}
	return false
}

func mayWrite(in insn.Inst, k int) bool {
	if k > 0 {
		return writesAll(in)
	}
	return !reads(in.Op)
}

// full returns the 64-bit register that r is a part of.
func full(r x86asm.Reg) x86asm.Reg {
	switch r {
	case x86asm.SPB, x86asm.SP, x86asm.ESP:
		return x86asm.RSP
	case x86asm.BPB, x86asm.BP, x86asm.EBP:
		return x86asm.RBP
	case x86asm.R10B, x86asm.R10W, x86asm.R10L:
		return x86asm.R10
	}
	return r
}

// hitsFrame reports whether in may store to the return address, or to the saved
// rbp once it is there, by an address that names rsp or rbp and no index.
func (s state) hitsFrame(in insn.Inst) bool {
	for k, a := range in.Args {
		m, ok := a.(x86asm.Mem)
		if !ok || m.Index != 0 || m.Segment == x86asm.FS || m.Segment == x86asm.GS || !mayWrite(in, k) {
			continue
		}
		size := int64(in.MemBytes)
		if size == 0 {
			size = guest.PageSize // x86asm does not say: it may be all that xsave saves
		}
		disp := m.Disp
		if in.Op == x86asm.POP && m.Base == x86asm.RSP {
			disp += 8 // the address is computed behind the pop
		}
		if s.hits(m.Base, disp, size) {
			return true
		}
	}
	return false
}

// hits reports whether a store of size bytes at disp from r may hit the frame.
func (s state) hits(r x86asm.Reg, disp, size int64) bool {
	low := int64(-8)
	if s.saved {
		low = -16
	}
	sp, known := s.place(r)
	switch at := disp - int64(sp); {
	case known:
		return at < 0 && low < at+size
	case r == x86asm.RSP: // at is the highest that it can be, if that is known at all
		return !s.deep || low < at+size
	}
	return false
}

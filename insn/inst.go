package insn

import (
	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
)

// MaxLen is the length of the longest instruction in bytes.
const MaxLen = 15

// Inst is one instruction at its address: a value without pointers to the code
// that it was read from. Op is one of x86asm's or of this package's.
type Inst struct {
	x86asm.Inst
	Addr guest.Addr
}

// End returns the address of the byte behind i.
func (i Inst) End() guest.Addr { return i.Addr + guest.Addr(i.Len) }

// IsCall reports whether i is a near call, direct or indirect.
func (i Inst) IsCall() bool { return i.Op == x86asm.CALL }

// IsRet reports whether i is a near return.
func (i Inst) IsRet() bool { return i.Op == x86asm.RET }

// IsJump reports whether i is a near jump: direct or indirect, conditional or
// not, loop and jrcxz included.
func (i Inst) IsJump() bool { return i.Op == x86asm.JMP || i.IsCondJump() }

// IsCondJump reports whether i is a jump that may fall through.
func (i Inst) IsCondJump() bool {
	switch i.Op {
	case x86asm.JA, x86asm.JAE, x86asm.JB, x86asm.JBE, x86asm.JE, x86asm.JNE,
		x86asm.JG, x86asm.JGE, x86asm.JL, x86asm.JLE, x86asm.JO, x86asm.JNO,
		x86asm.JP, x86asm.JNP, x86asm.JS, x86asm.JNS,
		x86asm.JRCXZ, x86asm.JECXZ, x86asm.LOOP, x86asm.LOOPE, x86asm.LOOPNE:
		return true
	}
	return false
}

// DirectTarget returns where i goes if it is a direct near call or jump.
func (i Inst) DirectTarget() (guest.Addr, bool) {
	rel, ok := i.Args[0].(x86asm.Rel)
	if !ok || !i.IsCall() && !i.IsJump() {
		return 0, false
	}
	return i.End() + guest.Addr(rel), true
}

// MemTarget returns the address of i's memory operand if it is RIP-relative,
// such as the slot of the GOT that an indirect call goes through.
func (i Inst) MemTarget() (guest.Addr, bool) {
	for _, a := range i.Args {
		m, ok := a.(x86asm.Mem)
		if !ok || m.Segment == x86asm.FS || m.Segment == x86asm.GS {
			continue
		}
		switch m.Base {
		case x86asm.RIP:
			return i.End() + guest.Addr(m.Disp), true
		case x86asm.EIP:
			return (i.End() + guest.Addr(m.Disp)) & 0xffffffff, true
		}
	}
	return 0, false
}

// IsVEX reports whether i is encoded with a VEX or EVEX prefix.
func (i Inst) IsVEX() bool {
	for _, p := range i.Prefix {
		if p.IsVEX() || p.IsEVEX() {
			return true
		}
		if !isLegacyPrefix(byte(p)) {
			return false
		}
	}
	return false
}

// IsRepString reports whether i is a string instruction with a repeat prefix:
// one instruction that accesses memory many times, and that an interrupt may
// stop halfway.
func (i Inst) IsRepString() bool {
	switch i.Op {
	case x86asm.INSB, x86asm.INSW, x86asm.INSD,
		x86asm.OUTSB, x86asm.OUTSW, x86asm.OUTSD,
		x86asm.MOVSB, x86asm.MOVSW, x86asm.MOVSD, x86asm.MOVSQ,
		x86asm.LODSB, x86asm.LODSW, x86asm.LODSD, x86asm.LODSQ,
		x86asm.STOSB, x86asm.STOSW, x86asm.STOSD, x86asm.STOSQ,
		x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ,
		x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ:
	default:
		return false
	}
	for _, p := range i.Prefix {
		switch p &^ x86asm.PrefixImplicit {
		case x86asm.PrefixREP, x86asm.PrefixREPN:
			return true
		}
	}
	return false
}

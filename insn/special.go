package insn

import (
	"bytes"

	"golang.org/x/arch/x86/x86asm"
)

// The operations that x86asm has no names for. Explicit operands stand in Args
// in the order of the Intel SDM.
const (
	ENDBR64 x86asm.Op = 1<<16 + iota // marks a target of indirect branches
	ENDBR32
	ADCX   // adds with carry
	ADOX   // adds with overflow as the carry
	RDSSP  // reads the shadow stack pointer; no effect without shadow stacks
	INCSSP // pops from the shadow stack
	RDSEED
	RDPKRU // writes eax and edx, reads ecx
	WRPKRU // reads eax, ecx and edx
	CLAC
	STAC
	lastOp
)

var opNames = [lastOp - ENDBR64]string{
	"endbr64", "endbr32", "adcx", "adox", "rdssp", "incssp", "rdseed",
	"rdpkru", "wrpkru", "clac", "stac",
}

// special is the encoding of an instruction that x86asm does not read:
//
//	prefixes, the mandatory one among them | REX | 0f opcode | ModRM ...
type special struct {
	op        x86asm.Op
	mandatory byte   // the prefix that is part of the opcode, or 0
	opcode    []byte // behind 0f; the whole rest if as is nil
	data16    bool   // 66 is allowed as the operand size
	register  byte   // 0 for any ModRM, or the lowest one of the register form
	as        []byte // an opcode with the same operands that x86asm reads
}

var specials = []special{
	{op: ENDBR64, mandatory: 0xf3, opcode: []byte{0x1e, 0xfa}},
	{op: ENDBR32, mandatory: 0xf3, opcode: []byte{0x1e, 0xfb}},
	{op: RDPKRU, opcode: []byte{0x01, 0xee}},
	{op: WRPKRU, opcode: []byte{0x01, 0xef}},
	{op: CLAC, opcode: []byte{0x01, 0xca}},
	{op: STAC, opcode: []byte{0x01, 0xcb}},
	// imul r, r/m
	{op: ADCX, mandatory: 0x66, opcode: []byte{0x38, 0xf6}, as: []byte{0x0f, 0xaf}},
	{op: ADOX, mandatory: 0xf3, opcode: []byte{0x38, 0xf6}, as: []byte{0x0f, 0xaf}},
	// dec r/m (ff /1), imul r/m (f7 /5), idiv r/m (f7 /7)
	{op: RDSSP, mandatory: 0xf3, opcode: []byte{0x1e}, register: 0xc8, as: []byte{0xff}},
	{op: INCSSP, mandatory: 0xf3, opcode: []byte{0xae}, register: 0xe8, as: []byte{0xf7}},
	{op: RDSEED, opcode: []byte{0xc7}, data16: true, register: 0xf8, as: []byte{0xf7}},
}

// decodeSpecial reads an instruction of the table.
func decodeSpecial(code []byte) (x86asm.Inst, bool) {
	n, mandatory := splitPrefixes(code)
	if len(code) < n+2 || code[n] != 0x0f {
		return x86asm.Inst{}, false
	}
	for k := range specials {
		if s := &specials[k]; s.matches(mandatory, code[n+1:]) {
			return s.decode(code, n)
		}
	}
	return x86asm.Inst{}, false
}

// splitPrefixes returns the number of prefixes of code, REX included, and the
// one that may be part of the opcode: of f2 and f3 the last, else 66, else 0.
// A lock is never allowed and comes back as the mandatory prefix.
func splitPrefixes(code []byte) (n int, mandatory byte) {
	for n < len(code) && isLegacyPrefix(code[n]) {
		switch b := code[n]; {
		case b == 0xf0 || mandatory == 0xf0:
			mandatory = 0xf0
		case b == 0xf2 || b == 0xf3 || b == 0x66 && mandatory == 0:
			mandatory = b
		}
		n++
	}
	if n < len(code) && x86asm.Prefix(code[n]).IsREX() {
		n++
	}
	return n, mandatory
}

func (s *special) matches(mandatory byte, opcode []byte) bool {
	if mandatory != s.mandatory && !(s.data16 && mandatory == 0x66) || !bytes.HasPrefix(opcode, s.opcode) {
		return false
	}
	if s.register == 0 {
		return true
	}
	rest := opcode[len(s.opcode):]
	return len(rest) > 0 && rest[0]&^7 == s.register
}

// decode reads code, which matches s behind n prefixes.
func (s *special) decode(code []byte, n int) (x86asm.Inst, bool) {
	opcodeEnd := n + 1 + len(s.opcode)
	in := x86asm.Inst{Mode: 64, AddrSize: 64, DataSize: 32, Len: opcodeEnd}
	if s.as != nil {
		// The prefixes of the opcode go, the others stay.
		like := make([]byte, 0, MaxLen)
		for _, b := range code[:n] {
			if b != 0xf2 && b != 0xf3 && (b != 0x66 || s.data16) {
				like = append(like, b)
			}
		}
		like = append(append(like, s.as...), code[opcodeEnd:]...)
		var err error
		if in, err = x86asm.Decode(like, 64); err != nil || in.Op == 0 {
			return x86asm.Inst{}, false
		}
		longer := len(code) - len(like)
		in.Len += longer
		if in.PCRel != 0 {
			in.PCRelOff += longer
		}
	}
	in.Op, in.Opcode, in.Prefix = s.op, 0, x86asm.Prefixes{}
	for k, b := range code[n:min(opcodeEnd, n+4)] {
		in.Opcode |= uint32(b) << (24 - 8*k)
	}
	for k, b := range code[:n] {
		in.Prefix[k] = x86asm.Prefix(b) | x86asm.PrefixImplicit
	}
	return in, in.Len <= MaxLen
}

package insn

import (
	"math"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
)

// Decode reads the instruction at the start of code, which lies at the address
// at. Bytes behind it do not matter. The error is an [Error] that unwraps to
// [ErrTruncated], [ErrUnknown] or [ErrAmbiguous].
func Decode(code []byte, at guest.Addr) (Inst, error) {
	code = code[:min(len(code), MaxLen)]
	raw, ok := decode(code)
	if !ok {
		return Inst{}, newError(code, at, reason(code))
	}
	signDisplacement(&raw)
	in := Inst{Inst: raw, Addr: at}
	if nearBranch16(in) {
		return Inst{}, newError(code, at, ErrAmbiguous)
	}
	return in, nil
}

// signDisplacement extends a displacement of 32 bits by its sign, as processors do
// (Intel SDM volume 1, 3.7.5.1); x86asm leaves it unsigned. The only operand that is
// longer is the address of mov's forms with an absolute one of 64 bits.
func signDisplacement(in *x86asm.Inst) {
	if op := in.Opcode >> 24; in.Op == x86asm.MOV && op >= 0xa0 && op <= 0xa3 {
		return
	}
	for i, a := range in.Args {
		if m, ok := a.(x86asm.Mem); ok && m.Disp > math.MaxInt32 && m.Disp <= math.MaxUint32 {
			m.Disp = int64(int32(m.Disp))
			in.Args[i] = m
		}
	}
}

// reason says why code is not an instruction: whether there is one that it is
// the beginning of is tried with zeros behind it.
func reason(code []byte) error {
	var padded [MaxLen]byte
	copy(padded[:], code)
	if in, ok := decode(padded[:]); len(code) == 0 || ok && in.Len > len(code) {
		return ErrTruncated
	}
	return ErrUnknown
}

// decode tries the readers in turn. The lengths that it returns lie within code.
func decode(code []byte) (x86asm.Inst, bool) {
	if in, ok := decodeSpecial(code); ok {
		return in, true
	}
	n := 0
	for n < len(code) && isLegacyPrefix(code[n]) {
		n++
	}
	if n < len(code) && (code[n] == 0xc4 || code[n] == 0xc5 || code[n] == 0x62) {
		return decodeVEX(code, n)
	}
	in, err := x86asm.Decode(code, 64)
	if err != nil || in.Op == 0 || in.Len > len(code) {
		return x86asm.Inst{}, false
	}
	for _, p := range in.Prefix {
		if p&x86asm.PrefixInvalid != 0 {
			return x86asm.Inst{}, false // a lock where none is allowed
		}
	}
	if n < len(code) && x86asm.Prefix(code[n]).IsREX() {
		n++
	}
	markEIP(&in, code, n)
	return in, !moveToMemorySystem(code[n:])
}

// markEIP gives an instruction with an EIP-relative operand and n bytes of
// prefixes the place of the displacement, which x86asm leaves out.
func markEIP(in *x86asm.Inst, code []byte, n int) {
	for _, a := range in.Args {
		if m, ok := a.(x86asm.Mem); !ok || m.Base != x86asm.EIP {
			continue
		}
		if code[n] == 0x0f {
			n++
			if code[n] == 0x38 || code[n] == 0x3a {
				n++
			}
		}
		in.PCRel, in.PCRelOff = 4, n+2 // behind opcode and ModRM
	}
}

// moveToMemorySystem reports whether code, without prefixes, is a move from or
// to a control or debug register with the ModRM of a memory operand. Processors
// ignore the mode bits there (Intel SDM volume 2, MOV), x86asm reads a longer
// instruction, and no assembler writes it.
func moveToMemorySystem(code []byte) bool {
	return len(code) > 2 && code[0] == 0x0f && code[1]&^3 == 0x20 && code[2] < 0xc0
}

// nearBranch16 reports whether in is a near branch with an operand size of 16
// bits: 64-bit processors of Intel ignore the prefix, those of AMD do not.
func nearBranch16(in Inst) bool {
	return in.DataSize == 16 && (in.IsCall() || in.IsJump() || in.IsRet())
}

package insn

import "golang.org/x/arch/x86/x86asm"

// IsVEX reports whether code begins with an instruction in VEX, EVEX or XOP
// encoding, be it known to this package or not. It looks at the prefixes only.
func IsVEX(code []byte) bool {
	for i, b := range code[:min(len(code), MaxLen)] {
		switch b {
		case 0xc4, 0xc5, 0x62:
			return true
		case 0x8f:
			// With an opcode map below 8 this is pop r/m.
			return i+1 < len(code) && code[i+1]&0x1f >= 8
		}
		if !isLegacyPrefix(b) {
			return false
		}
	}
	return false
}

// isLegacyPrefix reports whether b is a prefix of the four legacy groups.
func isLegacyPrefix(b byte) bool {
	switch b {
	case 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67:
		return true
	}
	return false
}

// decodeVEX reads an instruction in VEX or EVEX encoding behind n legacy
// prefixes, which x86asm does not look beyond. The only ones that the
// architecture allows there are those of segment and address size (Intel SDM
// volume 2, section 2.3.2).
func decodeVEX(code []byte, n int) (x86asm.Inst, bool) {
	var segment x86asm.Reg
	addr32 := false
	for _, b := range code[:n] {
		switch b {
		case 0x64:
			segment = x86asm.FS
		case 0x65:
			segment = x86asm.GS
		case 0x67:
			addr32 = true
		case 0x26, 0x2e, 0x36, 0x3e: // no effect in 64-bit mode
		default:
			return x86asm.Inst{}, false
		}
	}
	if code[n] == 0x62 && n+1 < len(code) && code[n+1]&0x0c != 0 {
		return x86asm.Inst{}, false // a map of AVX512-FP16; x86asm takes it for another
	}
	in, ok := decodeVZero(code[n:])
	if !ok {
		// Where the code ends before the ModRM, x86asm reads on without one.
		var padded [MaxLen]byte
		copy(padded[:], code[n:])
		var err error
		if in, err = x86asm.Decode(padded[:], 64); err != nil || in.Op == 0 || n+in.Len > len(code) {
			return x86asm.Inst{}, false
		}
		markPCRel(&in, code[n:])
	}
	for k, a := range in.Args {
		if m, ok := a.(x86asm.Mem); ok {
			m.Segment = segment
			if addr32 {
				m.Base, m.Index = to32(m.Base), to32(m.Index)
			}
			in.Args[k] = m
		}
	}
	shift(&in, code[:n])
	in.Mode, in.AddrSize = 64, 64
	if addr32 {
		in.AddrSize = 32
	}
	return in, true
}

// decodeVZero reads vzeroupper and vzeroall, for which x86asm takes what
// follows for a ModRM.
func decodeVZero(code []byte) (x86asm.Inst, bool) {
	n := 2 // the length of the prefix; its last byte is vvvv L pp
	if len(code) > 1 && code[0] == 0xc4 && code[1]&0x1f == 1 {
		n = 3
	} else if len(code) == 0 || code[0] != 0xc5 {
		return x86asm.Inst{}, false
	}
	if len(code) <= n || code[n] != 0x77 {
		return x86asm.Inst{}, false
	}
	in := x86asm.Inst{Opcode: 0x77 << 24, Len: n + 1, DataSize: 32}
	switch code[n-1] & 0x7f {
	case 0x78:
		in.Op = x86asm.VZEROUPPER
	case 0x7c:
		in.Op = x86asm.VZEROALL
	default:
		return x86asm.Inst{}, false
	}
	for k, b := range code[:n] {
		in.Prefix[k] = x86asm.Prefix(b)
	}
	return in, true
}

// markPCRel gives a VEX instruction with a RIP-relative operand what x86asm
// leaves out: the base register and the place of the displacement.
func markPCRel(in *x86asm.Inst, code []byte) {
	modrm := 3 // behind a two-byte VEX prefix and the opcode
	switch code[0] {
	case 0xc4:
		modrm = 4
	case 0x62:
		modrm = 5
	}
	if modrm+4 >= in.Len || code[modrm]&0xc7 != 0x05 {
		return
	}
	for k, a := range in.Args {
		if m, ok := a.(x86asm.Mem); ok {
			m.Base = x86asm.RIP
			in.Args[k] = m
			in.PCRel, in.PCRelOff = 4, modrm+1
		}
	}
}

// to32 returns the lower half of an address register; vector indexes stay.
func to32(r x86asm.Reg) x86asm.Reg {
	switch {
	case x86asm.RAX <= r && r <= x86asm.R15:
		return r - x86asm.RAX + x86asm.EAX
	case r == x86asm.RIP:
		return x86asm.EIP
	}
	return r
}

// shift moves in behind the prefixes that were cut off before it was decoded.
func shift(in *x86asm.Inst, prefixes []byte) {
	n := len(prefixes)
	if n == 0 {
		return
	}
	copy(in.Prefix[n:], in.Prefix[:])
	for k, b := range prefixes {
		in.Prefix[k] = x86asm.Prefix(b) | x86asm.PrefixImplicit
	}
	in.Len += n
	if in.PCRel != 0 {
		in.PCRelOff += n
	}
}

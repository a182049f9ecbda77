package prologue

import (
	"fmt"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
)

// decode returns the first instruction of code. The decoder gives a lone prefix
// for what it does not know or what is cut off; that is an error here.
func decode(code []byte) (x86asm.Inst, error) {
	inst, err := x86asm.Decode(code, 64)
	if err == nil && inst.Op == 0 {
		err = x86asm.ErrUnrecognized
	}
	return inst, err
}

// Text writes the first instruction of code, which stands at at, as reports
// show it: its text as objdump has it, and its bytes. What cannot be decoded is
// shown as bytes only.
func Text(code []byte, at guest.Addr) string {
	if len(code) == 0 {
		return "nothing"
	}
	inst, err := decode(code)
	if err != nil {
		return fmt.Sprintf("% x", code[:min(len(code), MaxCode)])
	}
	return fmt.Sprintf("`%s` (% x)", x86asm.GNUSyntax(inst, uint64(at), nil), code[:inst.Len])
}

package prologue

import (
	"fmt"

	"patchlab/guest"
	"patchlab/insn"
)

// Text writes the first instruction of code, which stands at at, as reports
// show it: as text and as bytes. What cannot be decoded is shown as bytes only.
func Text(code []byte, at guest.Addr) string {
	if len(code) == 0 {
		return "nothing"
	}
	inst, err := insn.Decode(code, at)
	if err != nil {
		return fmt.Sprintf("% x", code[:min(len(code), MaxCode)])
	}
	return fmt.Sprintf("`%s` (% x)", inst, code[:inst.Len])
}

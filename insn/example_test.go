package insn_test

import (
	"fmt"

	"patchlab/guest"
	"patchlab/insn"
)

func Example() {
	code := []byte{0xf3, 0x0f, 0x1e, 0xfa, 0xe8, 0xf7, 0x0f, 0x00, 0x00, 0xc3}
	const start = guest.Addr(0x401000)
	for at := start; at < start+guest.Addr(len(code)); {
		in, err := insn.Decode(code[at-start:], at)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(at, in)
		at = in.End()
	}
	// Output:
	// 0x401000 endbr64
	// 0x401004 call 0x402000
	// 0x401009 ret
}

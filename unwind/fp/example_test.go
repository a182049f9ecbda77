package fp_test

import (
	"fmt"

	"patchlab/guest"
	"patchlab/unwind"
	"patchlab/unwind/fp"
	"patchlab/unwind/unwindtest"
)

// A task asleep in a service that its gate's function called.
func Example() {
	const gate = 0x7ffff000
	code := []byte{
		0x55, 0x48, 0x89, 0xe5, // read: push rbp; mov rbp, rsp
		0xe8, 0x02, 0, 0, 0, // call pl_sleep
		0x5d, 0xc3, // pop rbp; ret
		0x55, 0x48, 0x89, 0xe5, // pl_sleep: push rbp; mov rbp, rsp
		0x0f, 0x05, // syscall
		0x5d, 0xc3, // pop rbp; ret
	}
	funcs, err := fp.Analyse([]fp.Text{
		{Name: "read", Range: guest.RangeOf(0x400000, 11), Code: code[:11]},
		{Name: "pl_sleep", Range: guest.RangeOf(0x40000b, 8), Code: code[11:]},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := unwind.NewCodeMap(gate)
	if err := m.Add(funcs...); err != nil {
		fmt.Println(err)
		return
	}

	t := unwind.Target{Stack: guest.Range{Start: 0x30000000, End: 0x30002000}, Top: 0x30001f58}
	t.Memory = unwindtest.NewMemory(t.Stack)
	for a, v := range map[guest.Addr]uint64{
		0x30001f50: gate, 0x30001f48: 0, // the frame of read
		0x30001f40: 0x400009, 0x30001f38: 0x30001f48, // the frame of pl_sleep
	} {
		if err := guest.WriteU64(t.Memory, a, v); err != nil {
			fmt.Println(err)
			return
		}
	}
	t.Regs.RIP = 0x400011
	t.Regs.GPR[guest.RSP], t.Regs.GPR[guest.RBP] = 0x30001f38, 0x30001f38

	var s unwind.Stack
	if err := fp.New(m).Unwind(&t, &s); err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range s.Frames() {
		fmt.Println(f.Kind, m.Text(f))
	}
	// Output:
	// pc pl_sleep+0x6
	// return read+0x9
	// return gate
}

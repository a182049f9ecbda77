package trampoline_test

import (
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/trampoline"
	"patchlab/trampoline/prologue"
)

// page is code at 0x401000; a machine's memory stands in its place.
type page []byte

func (p page) ReadAt(a guest.Addr, b []byte) error    { copy(b, p[a-0x401000:]); return nil }
func (p page) WriteText(a guest.Addr, b []byte) error { copy(p[a-0x401000:], b); return nil }

func Example() {
	text := page{
		0xe8, 0x0b, 0x00, 0x00, 0x00, 0xc3, // f: call __fentry__; ret
		15: 0xcc, 16: 0xc3, // __fentry__: ret
	}
	isFentry := func(a guest.Addr) bool { return a == 0x401010 }
	show := func() { fmt.Println(prologue.Text(text, 0x401000)) }

	store := protocol.NewStore()
	arena := trampoline.NewArena(0x20000000)
	sites := trampoline.NewSites(store)
	writer := trampoline.NewWriter(store, sites, text, arena.Entry())
	program := protocol.NewProgram(store)
	table := program.Add(writer.OneWrite())
	show()

	// While the program is loaded.
	f := trampoline.Func{Name: "f", Range: guest.RangeOf(0x401000, 6)}
	prepared, err := sites.Prepare(text, isFentry, []trampoline.Func{f}, nil)
	if err != nil {
		panic(err)
	}
	for _, nop := range prepared.Nops {
		_ = text.WriteText(nop.At, nop.Bytes)
	}
	show()

	// While it runs: task 1 installs the site of f, and then again.
	site, _ := sites.Find(0x401000)
	for range 2 {
		var act protocol.Activation
		program.Start(&act, 1, table, uint64(site), 1)
		outcome := trampoline.Outcome(program.RunWhole(&act))
		show()
		fmt.Println(outcome.Errno(), writer.Err(site, true, outcome))
	}
	// Output:
	// `call 0x401010` (e8 0b 00 00 00)
	// `nop dword ptr [rax+rax]` (0f 1f 44 00 00)
	// `call 0x20000007` (e8 02 f0 bf 1f)
	// 0 <nil>
	// `call 0x20000007` (e8 02 f0 bf 1f)
	// -16 site f+0 at 0x401000: already installed
}

package unicorn

import (
	"testing"
	"unsafe"

	uc "github.com/unicorn-engine/unicorn/bindings/go/unicorn"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// bare is an engine as the library gives it.
func bare(b *testing.B, mem []cpu.Mapping) func(pc, sp guest.Addr, rcx uint64, until guest.Addr) {
	u, err := uc.NewUnicorn(uc.ARCH_X86, uc.MODE_64)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := u.Close(); err != nil {
			b.Error(err)
		}
	})
	var data guest.Addr
	for _, m := range mem {
		prot := uc.PROT_READ
		if m.Perm&guest.Write != 0 {
			prot |= uc.PROT_WRITE
		}
		if m.Perm&guest.Exec != 0 {
			prot |= uc.PROT_EXEC
		}
		if err := u.MemMapPtr(uint64(m.Range.Start), m.Range.Size(), prot, unsafe.Pointer(&m.Host[0])); err != nil {
			b.Fatal(err)
		}
		if m.Range.Start == 0x500000 {
			data = m.Range.Start + guest.PageSize
		}
	}
	return func(pc, sp guest.Addr, rcx uint64, until guest.Addr) {
		err := u.RegWriteBatch([]int{uc.X86_REG_RSP, uc.X86_REG_RCX, uc.X86_REG_RBX}, []uint64{uint64(sp), rcx, uint64(data)})
		if err == nil {
			err = u.Start(uint64(pc), uint64(until))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

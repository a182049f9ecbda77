package house_test

import (
	"os"
	"testing"

	"patchlab/internal/house"
)

// importOrder is who may import whom; house.ParseOrder says how to read it. A new room
// gets its name here. Names may stand here before there is such a package.
const importOrder = `
	# words and data
	guest, testprogs/include
	insn
	protocol, image < lines, emu/mem, emu/vfs, emu/cpu, emu/sched, emu/trace, trampoline/prologue

	# the parts
	emu/loader, emu/kernel, emu/cpu/unicorn, emu/cpu/cputest, unwind < unwind/unwindtest, trampoline

	# the machine, the unwinders and the model, which do not know each other
	emu, unwind/fp, livepatch
	only livepatch: guest, protocol, unwind

	# the laboratory puts them together, the oracle judges what happens there, and
	# experiments need both
	lab/scenario < lab/build, lab/scenario < lab
	lab/process
	explore/oracle
	lab/experiment < lab/inspect, lab/tracing, lab/profile
	testprogs
	lab/labtest
	explore/...
	cmd/patchlab, cmd/prove

	# helpers of tests
	tests internal/...
`

func TestTree(t *testing.T) {
	order, err := house.ParseOrder(importOrder)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := house.Check(os.DirFS("../.."), "patchlab", order)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

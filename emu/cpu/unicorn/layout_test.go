package unicorn

import (
	"math/rand/v2"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/emu/cpu/cputest"
	"patchlab/guest"
)

// asking opens a backend that asks the library for every register.
func asking(o cpu.Options) (cpu.CPU, error) {
	c, err := New(o)
	if err == nil {
		c.(*backend).forgetLayout()
	}
	return c, err
}

// TestLayoutFound: with the version of the library that we measure on, nothing is asked for.
func TestLayoutFound(t *testing.T) {
	c, err := New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.(*backend).forgetLayout() {
		t.Error("where a context keeps its registers was not found")
	}
}

// TestLayoutForgotten: both ways give the same registers and the same hash.
func TestLayoutForgotten(t *testing.T) {
	cputest.Agree(t, asking, NewReference)
}

// TestLayoutHashes compares the two ways on contexts of random bytes where the vectors
// are, which no program would reach.
func TestLayoutHashes(t *testing.T) {
	found, err := New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	asked, err := asking(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close()
	places := found.(*backend).layoutBytes()
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[uint64]bool{}
	for range 500 {
		ctx := found.NewContext()
		for _, at := range places {
			ctx.State[at] = byte(random.Uint32())
		}
		h := found.VectorHash(&ctx)
		if got := asked.VectorHash(&ctx); got != h {
			t.Fatalf("hash %#x, asking the library %#x", h, got)
		}
		if found.Registers(&ctx) != asked.Registers(&ctx) {
			t.Fatal("registers differ")
		}
		seen[h] = true
		var g guest.Regs
		g.GPR[guest.R15] = random.Uint64()
		asked.SetRegisters(&ctx, &g)
		if got := found.Registers(&ctx).GPR[guest.R15]; got != g.GPR[guest.R15] || found.VectorHash(&ctx) != h {
			t.Fatalf("r15 = %#x, want %#x", got, g.GPR[guest.R15])
		}
	}
	if len(seen) != 500 {
		t.Errorf("%d hashes of 500 contexts", len(seen))
	}
}

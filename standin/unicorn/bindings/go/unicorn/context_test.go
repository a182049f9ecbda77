package unicorn

import (
	"testing"

	"github.com/unicorn-engine/unicorn/internal/heap"
)

func TestContext(t *testing.T) {
	u := open(t)
	must(t, u.RegWrite(X86_REG_RBP, 100))
	saved, err := u.ContextSave(nil)
	must(t, err)
	must(t, u.RegWrite(X86_REG_RBP, 200))
	second, err := u.ContextSave(nil)
	must(t, err)
	must(t, u.ContextRestore(saved))
	wantReg(t, u, X86_REG_RBP, 100)

	other := open(t)
	must(t, other.ContextRestore(second))
	wantReg(t, other, X86_REG_RBP, 200)

	must(t, u.RegWrite(X86_REG_RBP, 300))
	reused, err := u.ContextSave(saved)
	must(t, err)
	if reused != saved {
		t.Error("ContextSave returned another context than the one to reuse")
	}
	must(t, u.RegWrite(X86_REG_RBP, 0))
	must(t, u.ContextRestore(saved))
	wantReg(t, u, X86_REG_RBP, 300)
}

func TestContextOfNothing(t *testing.T) {
	u := open(t)
	wantErr(t, u.ContextRestore(nil), ERR_ARG)
	empty := &contextCell{}
	wantErr(t, u.ContextRestore(&empty.ptr), ERR_ARG)
	ctx, err := u.ContextSave(&empty.ptr)
	must(t, err)
	must(t, u.ContextRestore(ctx))
}

// TestContextReuseDoesNotLeak: a context takes several KiB of C memory, so a
// leak of one per save shows as hundreds of MiB.
func TestContextReuseDoesNotLeak(t *testing.T) {
	u := open(t)
	ctx, err := u.ContextSave(nil)
	must(t, err)
	before := heap.InUse()
	for range 100_000 {
		if ctx, err = u.ContextSave(ctx); err != nil {
			t.Fatal(err)
		}
		if err := u.ContextRestore(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap.InUse() - before; grown > 1<<20 {
		t.Errorf("the C heap grew by %d bytes", grown)
	}
}

func TestContextsAreCollected(t *testing.T) {
	u := open(t)
	before := heap.InUse()
	const count = 2000
	for range count {
		_, err := u.ContextSave(nil)
		must(t, err)
	}
	if !collect(func() bool { return heap.InUse()-before < 1<<20 }) {
		t.Errorf("%d dropped contexts still hold %d bytes", count, heap.InUse()-before)
	}
}

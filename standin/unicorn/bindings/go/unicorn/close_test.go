package unicorn

import (
	"errors"
	"runtime"
	"testing"

	"github.com/unicorn-engine/unicorn/internal/heap"
)

func TestUseAfterClose(t *testing.T) {
	u := open(t)
	ctx, err := u.ContextSave(nil)
	must(t, err)
	batch, err := NewRegBatch([]int{X86_REG_RAX})
	must(t, err)
	must(t, u.Close())
	calls := map[string]func() error{
		"MemMap":           func() error { return u.MemMap(unmapped, 0x1000) },
		"MemMapProt":       func() error { return u.MemMapProt(unmapped, 0x1000, PROT_ALL) },
		"MemMapPtr":        func() error { return u.MemMapPtr(unmapped, 0x1000, PROT_ALL, nil) },
		"MemProtect":       func() error { return u.MemProtect(base, 0x1000, PROT_ALL) },
		"MemUnmap":         func() error { return u.MemUnmap(base, 0x1000) },
		"MemRegions":       func() error { _, err := u.MemRegions(); return err },
		"MemRead":          func() error { _, err := u.MemRead(base, 1); return err },
		"MemRead large":    func() error { _, err := u.MemRead(base, 1<<40); return err },
		"MemReadInto":      func() error { return u.MemReadInto(make([]byte, 1), base) },
		"MemReadInto nil":  func() error { return u.MemReadInto(nil, base) },
		"MemWrite":         func() error { return u.MemWrite(base, []byte{1}) },
		"MemWrite nil":     func() error { return u.MemWrite(base, nil) },
		"RegRead":          func() error { _, err := u.RegRead(X86_REG_RAX); return err },
		"RegReadBatch":     func() error { _, err := u.RegReadBatch([]int{X86_REG_RAX}); return err },
		"RegReadBatch nil": func() error { _, err := u.RegReadBatch(nil); return err },
		"RegWrite":         func() error { return u.RegWrite(X86_REG_RAX, 1) },
		"RegWriteBatch":    func() error { return u.RegWriteBatch([]int{X86_REG_RAX}, []uint64{1}) },
		"RegReadMmr":       func() error { _, err := u.RegReadMmr(X86_REG_TR); return err },
		"RegWriteMmr":      func() error { return u.RegWriteMmr(X86_REG_TR, &X86Mmr{}) },
		"Start":            func() error { return u.Start(base, base+1) },
		"StartWithOptions": func() error { return u.StartWithOptions(base, base+1, &UcOptions{}) },
		"Stop":             func() error { return u.Stop() },
		"HookAdd":          func() error { _, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) {}, 1, 0); return err },
		"HookDel":          func() error { return u.HookDel(1) },
		"Query":            func() error { _, err := u.Query(QUERY_MODE); return err },
		"ContextSave":      func() error { _, err := u.ContextSave(nil); return err },
		"ContextSave ctx":  func() error { _, err := u.ContextSave(ctx); return err },
		"ContextRestore":   func() error { return u.ContextRestore(ctx) },
		"RegWriteX86Msr":   func() error { return u.RegWriteX86Msr(0x10, 0) },
		"RegReadX86Msr":    func() error { _, err := u.RegReadX86Msr(0x10); return err },
		"SetCPUModel":      func() error { return u.SetCPUModel(CPU_X86_HASWELL) },
		"RegBatch.Read":    func() error { return batch.Read(u, make([]uint64, 1)) },
		"RegBatch.Write":   func() error { return batch.Write(u, []uint64{1}) },
	}
	for name, call := range calls {
		if err := call(); err != UcError(ERR_HANDLE) {
			t.Errorf("%s: error %v, want %v", name, err, UcError(ERR_HANDLE))
		}
	}
	if u.Handle() != nil {
		t.Error("a closed engine has a handle")
	}
	must(t, u.Close())

	// The context outlives its engine.
	other := open(t)
	must(t, other.ContextRestore(ctx))
}

func TestCloseReleasesCallbacks(t *testing.T) {
	before := callbacks.len()
	u := open(t)
	for range 20 {
		_, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) {}, 1, 0)
		must(t, err)
	}
	if n := callbacks.len(); n != before+20 {
		t.Errorf("%d callbacks registered, want %d", n, before+20)
	}
	must(t, u.Close())
	if n := callbacks.len(); n != before {
		t.Errorf("%d callbacks registered after Close, want %d", n, before)
	}
}

func TestCloseInCallback(t *testing.T) {
	u := open(t, addition...)
	var err error
	_, addErr := u.HookAdd(HOOK_CODE, func(u Unicorn, _ uint64, _ uint32) { err = u.Close() }, base, base)
	must(t, addErr)
	must(t, u.Start(base, base+uint64(len(addition))))
	if !errors.Is(err, errBusy) {
		t.Errorf("Close in a callback: %v", err)
	}
	wantReg(t, u, X86_REG_RAX, 0x1122334455667788)
	must(t, u.Close())
}

// TestCloseInForeignCallback: C code outside the package started the engine, so
// only the callback tells that it runs.
func TestCloseInForeignCallback(t *testing.T) {
	u := open(t)
	hook, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) {}, 1, 0)
	must(t, err)
	e := enter(u.(*uc).hooks[hook])
	if err := u.Close(); !errors.Is(err, errBusy) {
		t.Errorf("Close in a callback: %v", err)
	}
	e.leave()
	must(t, u.Close())
}

// TestCloseAfterGoexit: a callback must not call runtime.Goexit, but if it does
// (t.Fatal) the engine can still be closed.
func TestCloseAfterGoexit(t *testing.T) {
	u := open(t, 0x90)
	_, err := u.HookAdd(HOOK_CODE, func(Unicorn, uint64, uint32) { runtime.Goexit() }, 1, 0)
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		u.Start(base, base+1)
	}()
	<-done
	must(t, u.Close())
}

// TestForgottenEnginesAreClosed: an engine takes more than a MiB of C memory.
func TestForgottenEnginesAreClosed(t *testing.T) {
	before := heap.InUse()
	const count = 20
	for range count {
		_, err := NewUnicorn(ARCH_X86, MODE_64)
		must(t, err)
	}
	held := heap.InUse() - before
	if !collect(func() bool { return heap.InUse()-before < held/10 }) {
		t.Errorf("%d forgotten engines held %d bytes, and still hold %d", count, held, heap.InUse()-before)
	}
}

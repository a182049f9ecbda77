package unicorn

// #include <unicorn/unicorn.h>
// #include "bridge.h"
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// Unicorn is one engine: a CPU with its memory.
type Unicorn interface {
	// MemMap maps size bytes of fresh zeroed memory at addr with all
	// permissions. Both must be multiples of the page size.
	MemMap(addr, size uint64) error
	// MemMapProt is MemMap with the permissions prot, a sum of PROT_ values.
	MemMapProt(addr, size uint64, prot int) error
	// MemMapPtr maps the caller's memory. It must hold size bytes, must not
	// move (no Go heap), and stays in use until it is unmapped or the engine
	// is closed.
	MemMapPtr(addr, size uint64, prot int, ptr unsafe.Pointer) error
	// MemProtect changes the permissions of a mapped range.
	MemProtect(addr, size uint64, prot int) error
	// MemUnmap takes a mapped range away.
	MemUnmap(addr, size uint64) error
	// MemRegions lists what is mapped.
	MemRegions() ([]*MemRegion, error)
	// MemRead copies size bytes at addr, whatever their permissions.
	MemRead(addr, size uint64) ([]byte, error)
	// MemReadInto fills dst from addr, whatever the permissions.
	MemReadInto(dst []byte, addr uint64) error
	// MemWrite writes data to addr, whatever the permissions. Code that was
	// translated before keeps running with its old bytes.
	MemWrite(addr uint64, data []byte) error
	// RegRead reads a register of at most 64 bits, one of the X86_REG_ values.
	// A wider one gives ERR_OVERFLOW.
	RegRead(reg int) (uint64, error)
	// RegReadBatch reads several registers in one call.
	RegReadBatch(regs []int) ([]uint64, error)
	// RegWrite writes a register of at most 64 bits. Written by a callback, the
	// instruction pointer takes effect when the callback returns.
	RegWrite(reg int, value uint64) error
	// RegWriteBatch writes several registers in one call. When one of the
	// slices is longer than the other, its rest is ignored.
	RegWriteBatch(regs []int, vals []uint64) error
	// RegReadMmr reads X86_REG_IDTR, X86_REG_GDTR, X86_REG_LDTR or X86_REG_TR.
	RegReadMmr(reg int) (*X86Mmr, error)
	// RegWriteMmr writes one of the registers that RegReadMmr reads.
	RegWriteMmr(reg int, value *X86Mmr) error
	// Start runs from begin until the instruction at until is reached (it is
	// not executed), Stop is called, or something goes wrong. It raises again
	// what a callback panicked with.
	Start(begin, until uint64) error
	// StartWithOptions is Start with limits; nil means none.
	StartWithOptions(begin, until uint64, options *UcOptions) error
	// Stop ends the run. It may be called by a callback and by another
	// goroutine. When nothing runs it does nothing: a later Start runs.
	Stop() error
	// HookAdd calls cb for the events of htype, one of the HOOK_ values, in the
	// range of addresses from begin to end, both included; begin > end means
	// everywhere. The kinds and the type of cb for each:
	//
	//	HOOK_CODE, HOOK_BLOCK           func(u Unicorn, addr uint64, size uint32)
	//	HOOK_INTR                       func(u Unicorn, intno uint32)
	//	HOOK_MEM_READ, HOOK_MEM_WRITE,
	//	both together                   func(u Unicorn, access int, addr uint64, size int, value int64)
	//	one or more of HOOK_MEM_*_UNMAPPED
	//	and HOOK_MEM_*_PROT             func(u Unicorn, access int, addr uint64, size int, value int64) bool
	//	HOOK_INSN with X86_INS_IN       func(u Unicorn, port, size uint32) uint32
	//	HOOK_INSN with X86_INS_OUT      func(u Unicorn, port, size, value uint32)
	//	HOOK_INSN with X86_INS_SYSCALL,
	//	X86_INS_SYSENTER                func(u Unicorn)
	//
	// extra holds the instruction for HOOK_INSN and is ignored otherwise.
	// access is one of the MEM_ values. The bool says whether the access was
	// made possible; false ends the run with the error of the access. Other
	// kinds, other types of cb and nil are refused.
	HookAdd(htype int, cb interface{}, begin, end uint64, extra ...int) (Hook, error)
	// HookDel removes a hook of this engine; ERR_ARG if there is no such hook
	// (any more). A callback may remove itself.
	HookDel(hook Hook) error
	// Query returns a property of the engine, one of the QUERY_ values.
	Query(queryType int) (uint64, error)
	// Close gives everything back. A second Close does nothing. Inside a
	// callback it is refused.
	Close() error

	// ContextSave saves the registers, but no memory: into reuse, or into a new
	// context when that is nil. A reused context must come from an engine of the
	// same architecture and mode.
	ContextSave(reuse Context) (Context, error)
	// ContextRestore sets the registers to what ContextSave saved, also by
	// another engine of the same architecture and mode.
	ContextRestore(Context) error
	// Handle returns the engine for C code of the caller's own; nil once
	// closed. It is valid until Close: the caller keeps the Unicorn alive
	// (runtime.KeepAlive) while C uses the handle.
	Handle() *C.uc_engine
	// RegWriteX86Msr writes the model specific register with number reg.
	RegWriteX86Msr(reg uint64, val uint64) error
	// RegReadX86Msr reads the model specific register with number reg.
	RegReadX86Msr(reg uint64) (uint64, error)
	// SetCPUModel chooses the CPU, one of the CPU_X86_ values. It must come
	// before anything else is done with a new engine.
	SetCPUModel(model int) error
}

// uc implements Unicorn.
type uc struct {
	mu     sync.Mutex   // lets Stop race with Close
	handle *C.uc_engine // nil once closed; written under mu

	// The rest is owned by the goroutine that uses the engine.

	hooks    map[Hook]uintptr // callback id of each hook
	active   int              // callbacks that have not returned
	panicked any              // what a callback panicked with, until it is raised again
	cleanup  runtime.Cleanup  // closes an engine that was forgotten
}

// UcOptions limits a run.
type UcOptions struct {
	// Timeout is in microseconds, Count in instructions; 0 means no limit.
	Timeout, Count uint64
}

// NewUnicorn opens an engine: arch is one of the ARCH_ values, mode a sum of
// MODE_ values. The caller closes it. An engine that became unreachable without
// Close is closed by the garbage collector, but only if it has no hooks: a
// hook keeps its engine reachable.
func NewUnicorn(arch, mode int) (Unicorn, error) {
	if err := checkVersion(libraryVersion()); err != nil {
		return nil, err
	}
	var handle *C.uc_engine
	if err := errReturn(C.uc_open(C.uc_arch(arch), C.uc_mode(mode), &handle)); err != nil {
		return nil, err
	}
	u := &uc{handle: handle, hooks: map[Hook]uintptr{}}
	u.cleanup = runtime.AddCleanup(u, func(h *C.uc_engine) { C.uc_close(h) }, handle)
	return u, nil
}

func (u *uc) Close() error {
	if u.active > 0 {
		return errBusy
	}
	err := u.release()
	u.raise()
	return err
}

func (u *uc) release() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.handle == nil {
		return nil
	}
	u.cleanup.Stop()
	for _, id := range u.hooks {
		callbacks.remove(id)
	}
	u.hooks = nil
	err := errReturn(C.uc_close(u.handle))
	u.handle = nil
	return err
}

func (u *uc) Start(begin, until uint64) error {
	return u.StartWithOptions(begin, until, nil)
}

func (u *uc) StartWithOptions(begin, until uint64, options *UcOptions) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	u.raise()
	var limits UcOptions
	if options != nil {
		limits = *options
	}
	code := u.run(begin, until, limits)
	u.raise()
	return errReturn(code)
}

func (u *uc) run(begin, until uint64, limits UcOptions) C.uc_err {
	code := C.uc_emu_start(u.handle, C.uint64_t(begin), C.uint64_t(until),
		C.uint64_t(limits.Timeout), C.size_t(limits.Count))
	runtime.KeepAlive(u)
	return code
}

// raise panics with what a callback panicked with, if one did.
func (u *uc) raise() {
	if value := u.panicked; value != nil {
		u.panicked = nil
		panic(value)
	}
}

func (u *uc) Stop() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	return errReturn(C.uc_emu_stop(u.handle))
}

func (u *uc) Query(queryType int) (uint64, error) {
	if u.handle == nil {
		return 0, UcError(ERR_HANDLE)
	}
	var result C.size_t
	code := C.uc_query(u.handle, C.uc_query_type(queryType), &result)
	runtime.KeepAlive(u)
	return uint64(result), errReturn(code)
}

func (u *uc) Handle() *C.uc_engine {
	return u.handle
}

func (u *uc) SetCPUModel(model int) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	code := C.unicorn_go_set_cpu_model(u.handle, C.int(model))
	runtime.KeepAlive(u)
	return errReturn(code)
}

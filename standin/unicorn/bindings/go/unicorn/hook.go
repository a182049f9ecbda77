package unicorn

// #include <unicorn/unicorn.h>
// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
)

// Hook names a hook of one engine, for HookDel.
type Hook uint64

// HookData is a callback with the engine that it is called for.
type HookData struct {
	Uc       Unicorn
	Callback interface{} // one of the types listed at HookAdd
}

// The callback types, as HookAdd lists them.
type (
	codeCallback      = func(Unicorn, uint64, uint32)
	interruptCallback = func(Unicorn, uint32)
	accessCallback    = func(Unicorn, int, uint64, int, int64)
	invalidCallback   = func(Unicorn, int, uint64, int, int64) bool
	inCallback        = func(Unicorn, uint32, uint32) uint32
	outCallback       = func(Unicorn, uint32, uint32, uint32)
	syscallCallback   = func(Unicorn)
)

func (u *uc) HookAdd(htype int, cb interface{}, begin, end uint64, extra ...int) (Hook, error) {
	if u.handle == nil {
		return 0, UcError(ERR_HANDLE)
	}
	kind, insn, err := hookKind(htype, extra)
	if err != nil {
		return 0, err
	}
	if err := checkCallback(kind, cb); err != nil {
		return 0, err
	}
	e := &entry{HookData: HookData{Uc: u, Callback: cb}, owner: u}
	callbacks.add(e)
	var hook C.uc_hook
	code := C.unicorn_go_hook_add(u.handle, &hook, kind, C.int(htype), C.uintptr_t(e.id),
		C.uint64_t(begin), C.uint64_t(end), C.int(insn))
	runtime.KeepAlive(u)
	if err := errReturn(code); err != nil {
		callbacks.remove(e.id)
		return 0, err
	}
	u.hooks[Hook(hook)] = e.id
	return Hook(hook), nil
}

func (u *uc) HookDel(hook Hook) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	id, ok := u.hooks[hook]
	if !ok {
		return argError("HookDel: the engine has no hook %#x", uint64(hook))
	}
	code := C.uc_hook_del(u.handle, C.uc_hook(hook))
	runtime.KeepAlive(u)
	if err := errReturn(code); err != nil {
		return err
	}
	delete(u.hooks, hook)
	callbacks.remove(id)
	return nil
}

// hookKind says which callback a hook type takes, and returns the instruction
// of HOOK_INSN.
func hookKind(htype int, extra []int) (kind C.enum_unicorn_go_kind, insn int, err error) {
	switch htype {
	case HOOK_CODE, HOOK_BLOCK:
		return C.UNICORN_GO_CODE, 0, nil
	case HOOK_INTR:
		return C.UNICORN_GO_INTERRUPT, 0, nil
	case HOOK_MEM_READ, HOOK_MEM_WRITE, HOOK_MEM_READ | HOOK_MEM_WRITE:
		return C.UNICORN_GO_ACCESS, 0, nil
	case HOOK_INSN:
		if len(extra) == 0 {
			return 0, 0, hookError("HOOK_INSN needs an instruction, X86_INS_IN for example")
		}
		kind, err = instructionKind(extra[0])
		return kind, extra[0], err
	}
	if htype&HOOK_MEM_INVALID != 0 && htype&^HOOK_MEM_INVALID == 0 {
		return C.UNICORN_GO_INVALID, 0, nil
	}
	return 0, 0, hookError("hook type %#x is not supported", htype)
}

func instructionKind(insn int) (C.enum_unicorn_go_kind, error) {
	switch insn {
	case X86_INS_IN:
		return C.UNICORN_GO_IN, nil
	case X86_INS_OUT:
		return C.UNICORN_GO_OUT, nil
	case X86_INS_SYSCALL, X86_INS_SYSENTER:
		return C.UNICORN_GO_SYSCALL, nil
	}
	return 0, hookError("HOOK_INSN does not support instruction %d", insn)
}

// checkCallback refuses a callback of the wrong type, which could otherwise
// only be noticed when the hook is hit.
func checkCallback(kind C.enum_unicorn_go_kind, cb interface{}) error {
	var ok bool
	var want interface{}
	switch kind {
	case C.UNICORN_GO_CODE:
		ok, want = isCallback[codeCallback](cb)
	case C.UNICORN_GO_INTERRUPT:
		ok, want = isCallback[interruptCallback](cb)
	case C.UNICORN_GO_ACCESS:
		ok, want = isCallback[accessCallback](cb)
	case C.UNICORN_GO_INVALID:
		ok, want = isCallback[invalidCallback](cb)
	case C.UNICORN_GO_IN:
		ok, want = isCallback[inCallback](cb)
	case C.UNICORN_GO_OUT:
		ok, want = isCallback[outCallback](cb)
	case C.UNICORN_GO_SYSCALL:
		ok, want = isCallback[syscallCallback](cb)
	default:
		panic(fmt.Sprintf("BUG: unicorn: hook kind %d has no callback type", kind))
	}
	if !ok {
		return hookError("the callback is a %T, need a non-nil %T", cb, want)
	}
	return nil
}

// isCallback tells whether cb is a non-nil F; want is a nil F, for its name.
func isCallback[F codeCallback | interruptCallback | accessCallback | invalidCallback |
	inCallback | outCallback | syscallCallback](cb interface{}) (ok bool, want interface{}) {
	var zero F
	f, ok := cb.(F)
	return ok && f != nil, zero
}

// hookError is a hook that is refused before the library sees it.
func hookError(format string, args ...any) error {
	return fmt.Errorf("unicorn: HookAdd: "+format+": %w", append(args, UcError(ERR_HOOK))...)
}

package unicorn

/*
#cgo nocallback uc_context_save
#cgo nocallback uc_context_restore
#include <unicorn/unicorn.h>
*/
import "C"

import "runtime"

// Context holds saved registers. It does not depend on the engine that saved
// it, and is freed by the garbage collector.
type Context **C.uc_context

// contextCell is what a Context of ours points to. It is padded because the
// runtime may pool objects below 16 bytes and then frees their contexts late
// or never.
type contextCell struct {
	ptr *C.uc_context
	_   uint64
}

func (u *uc) ContextSave(reuse Context) (Context, error) {
	if u.handle == nil {
		return nil, UcError(ERR_HANDLE)
	}
	ctx := reuse
	if ctx == nil || *ctx == nil {
		var err error
		if ctx, err = u.newContext(); err != nil {
			return nil, err
		}
	}
	code := C.uc_context_save(u.handle, *ctx)
	runtime.KeepAlive(u)
	runtime.KeepAlive(ctx)
	if err := errReturn(code); err != nil {
		return nil, err
	}
	return ctx, nil
}

func (u *uc) newContext() (Context, error) {
	cell := &contextCell{}
	code := C.uc_context_alloc(u.handle, &cell.ptr)
	runtime.KeepAlive(u)
	if err := errReturn(code); err != nil {
		return nil, err
	}
	runtime.AddCleanup(cell, func(p *C.uc_context) { C.uc_context_free(p) }, cell.ptr)
	return &cell.ptr, nil
}

func (u *uc) ContextRestore(ctx Context) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	if ctx == nil || *ctx == nil {
		return argError("ContextRestore: no context")
	}
	code := C.uc_context_restore(u.handle, *ctx)
	runtime.KeepAlive(u)
	runtime.KeepAlive(ctx)
	return errReturn(code)
}

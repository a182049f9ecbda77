package unicorn

// #cgo nocallback pl_map_add
// #cgo nocallback pl_map_remove
// #cgo nocallback pl_text_changed
// #cgo nocallback pl_watch
// #cgo nocallback pl_set_break
// #cgo nocallback pl_forget
// #include "engine.h"
import "C"

import (
	"fmt"
	"unsafe"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

func (b *backend) Map(m cpu.Mapping) error {
	r := m.Range
	switch {
	case b.c == nil:
		return errClosed
	case r.Start%guest.PageSize != 0 || r.End%guest.PageSize != 0 || r.End <= r.Start || uint64(len(m.Host)) != r.Size():
		return fmt.Errorf("cpu: map %s with %d bytes: not a whole number of pages", r, len(m.Host))
	case uintptr(unsafe.Pointer(&m.Host[0]))%guest.PageSize != 0:
		return fmt.Errorf("cpu: map %s: host memory does not begin at a page boundary", r)
	case m.Perm&guest.Write != 0 && m.Perm&guest.Exec != 0:
		return fmt.Errorf("cpu: map %s %s: code that the guest can write is not supported", r, m.Perm)
	case r.Contains(guest.Addr(b.c.until)):
		return fmt.Errorf("cpu: map %s: %s ends runs", r, guest.Addr(b.c.until))
	}
	return failure("map "+r.String(), C.pl_map_add(b.c, C.uint64_t(r.Start), C.uint64_t(r.Size()),
		(*C.uint8_t)(&m.Host[0]), C.uint32_t(m.Perm)))
}

func (b *backend) Unmap(r guest.Range) error {
	if b.c == nil {
		return errClosed
	}
	return failure("unmap "+r.String(), C.pl_map_remove(b.c, C.uint64_t(r.Start), C.uint64_t(r.Size())))
}

func (b *backend) TextChanged(r guest.Range) {
	b.mustBeOpen()
	if r.Start < r.End {
		C.pl_text_changed(b.c, C.uint64_t(r.Start), C.uint64_t(r.End))
	}
}

func (b *backend) Watch(a guest.Addr, on bool) {
	b.mustBeOpen()
	C.pl_watch(b.c, C.uint64_t(a), C.bool(on))
}

func (b *backend) Break(a guest.Addr, task guest.TaskID, on bool) {
	b.mustBeOpen()
	if C.pl_set_break(b.c, C.uint64_t(a), C.int64_t(task), C.bool(on)) != C.UC_ERR_OK {
		panic("BUG: no memory for a breakpoint")
	}
}

func (b *backend) ForgetDecisions() {
	b.mustBeOpen()
	C.pl_forget(b.c)
}

package unicorn

/*
#cgo noescape uc_mem_read
#cgo noescape uc_mem_write
#include <unicorn/unicorn.h>
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// MemRegion is one mapped range with the same permissions throughout.
type MemRegion struct {
	Begin, End uint64 // End is the last byte, not the one after it
	Prot       int    // sum of PROT_ values
}

func (u *uc) MemMap(addr, size uint64) error {
	return u.MemMapProt(addr, size, PROT_ALL)
}

func (u *uc) MemMapProt(addr, size uint64, prot int) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	code := C.uc_mem_map(u.handle, C.uint64_t(addr), C.size_t(size), C.uint32_t(prot))
	runtime.KeepAlive(u)
	return errReturn(code)
}

func (u *uc) MemMapPtr(addr, size uint64, prot int, ptr unsafe.Pointer) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	code := C.uc_mem_map_ptr(u.handle, C.uint64_t(addr), C.size_t(size), C.uint32_t(prot), ptr)
	runtime.KeepAlive(u)
	return errReturn(code)
}

func (u *uc) MemProtect(addr, size uint64, prot int) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	code := C.uc_mem_protect(u.handle, C.uint64_t(addr), C.size_t(size), C.uint32_t(prot))
	runtime.KeepAlive(u)
	return errReturn(code)
}

func (u *uc) MemUnmap(addr, size uint64) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	code := C.uc_mem_unmap(u.handle, C.uint64_t(addr), C.size_t(size))
	runtime.KeepAlive(u)
	return errReturn(code)
}

func (u *uc) MemRegions() ([]*MemRegion, error) {
	if u.handle == nil {
		return nil, UcError(ERR_HANDLE)
	}
	var list *C.uc_mem_region
	var count C.uint32_t
	code := C.uc_mem_regions(u.handle, &list, &count)
	runtime.KeepAlive(u)
	if err := errReturn(code); err != nil {
		return nil, err
	}
	defer C.uc_free(unsafe.Pointer(list))
	regions := make([]*MemRegion, 0, count)
	for _, r := range unsafe.Slice(list, count) {
		regions = append(regions, &MemRegion{Begin: uint64(r.begin), End: uint64(r.end), Prot: int(r.perms)})
	}
	return regions, nil
}

func (u *uc) MemRead(addr, size uint64) ([]byte, error) {
	if err := u.checkReadSize(size); err != nil {
		return nil, err
	}
	dst := make([]byte, size)
	if err := u.MemReadInto(dst, addr); err != nil {
		return nil, err
	}
	return dst, nil
}

// checkReadSize refuses a size that cannot be read in one piece before a
// buffer of that size is allocated.
func (u *uc) checkReadSize(size uint64) error {
	const worthChecking = 1 << 20
	if size < worthChecking {
		return nil
	}
	regions, err := u.MemRegions()
	if err != nil {
		return err
	}
	var mapped uint64
	for _, r := range regions {
		mapped += r.End - r.Begin + 1
	}
	if size > mapped {
		return UcError(ERR_READ_UNMAPPED)
	}
	return nil
}

func (u *uc) MemReadInto(dst []byte, addr uint64) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	if len(dst) == 0 {
		return nil
	}
	code := C.uc_mem_read(u.handle, C.uint64_t(addr), unsafe.Pointer(&dst[0]), C.size_t(len(dst)))
	runtime.KeepAlive(u)
	return errReturn(code)
}

func (u *uc) MemWrite(addr uint64, data []byte) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	if len(data) == 0 {
		return nil
	}
	code := C.uc_mem_write(u.handle, C.uint64_t(addr), unsafe.Pointer(&data[0]), C.size_t(len(data)))
	runtime.KeepAlive(u)
	return errReturn(code)
}

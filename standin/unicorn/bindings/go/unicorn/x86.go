package unicorn

// #include <unicorn/unicorn.h>
import "C"

import (
	"runtime"
	"unsafe"
)

// X86Mmr is a memory management register: IDTR, GDTR, LDTR or TR.
type X86Mmr struct {
	Selector uint16 // not of IDTR and GDTR
	Base     uint64
	Limit    uint32
	Flags    uint32 // not of IDTR and GDTR
}

// isMmr keeps other registers away from a C struct that they do not fit.
func isMmr(reg int) bool {
	switch reg {
	case X86_REG_IDTR, X86_REG_GDTR, X86_REG_LDTR, X86_REG_TR:
		return true
	}
	return false
}

func (u *uc) RegReadMmr(reg int) (*X86Mmr, error) {
	if !isMmr(reg) {
		return nil, argError("RegReadMmr: register %d is none of IDTR, GDTR, LDTR, TR", reg)
	}
	var mmr C.uc_x86_mmr
	if err := u.readStruct(reg, unsafe.Pointer(&mmr), unsafe.Sizeof(mmr)); err != nil {
		return nil, err
	}
	return &X86Mmr{
		Selector: uint16(mmr.selector),
		Base:     uint64(mmr.base),
		Limit:    uint32(mmr.limit),
		Flags:    uint32(mmr.flags),
	}, nil
}

func (u *uc) RegWriteMmr(reg int, value *X86Mmr) error {
	if !isMmr(reg) {
		return argError("RegWriteMmr: register %d is none of IDTR, GDTR, LDTR, TR", reg)
	}
	if value == nil {
		return argError("RegWriteMmr: no value")
	}
	mmr := C.uc_x86_mmr{
		selector: C.uint16_t(value.Selector),
		base:     C.uint64_t(value.Base),
		limit:    C.uint32_t(value.Limit),
		flags:    C.uint32_t(value.Flags),
	}
	return u.writeStruct(reg, unsafe.Pointer(&mmr), unsafe.Sizeof(mmr))
}

func (u *uc) RegReadX86Msr(reg uint64) (uint64, error) {
	msr, err := newMsr(reg, 0)
	if err != nil {
		return 0, err
	}
	if err := u.readStruct(X86_REG_MSR, unsafe.Pointer(&msr), unsafe.Sizeof(msr)); err != nil {
		return 0, err
	}
	return uint64(msr.value), nil
}

func (u *uc) RegWriteX86Msr(reg, val uint64) error {
	msr, err := newMsr(reg, val)
	if err != nil {
		return err
	}
	return u.writeStruct(X86_REG_MSR, unsafe.Pointer(&msr), unsafe.Sizeof(msr))
}

// newMsr refuses a number that C would cut to 32 bits.
func newMsr(reg, val uint64) (C.uc_x86_msr, error) {
	if reg>>32 != 0 {
		return C.uc_x86_msr{}, argError("model specific register %#x does not exist", reg)
	}
	return C.uc_x86_msr{rid: C.uint32_t(reg), value: C.uint64_t(val)}, nil
}

// readStruct reads a register whose value is a C struct of the given size.
func (u *uc) readStruct(reg int, value unsafe.Pointer, size uintptr) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	room := C.size_t(size)
	code := C.uc_reg_read2(u.handle, C.int(reg), value, &room)
	runtime.KeepAlive(u)
	return errReturn(code)
}

// writeStruct writes a register whose value is a C struct of the given size.
func (u *uc) writeStruct(reg int, value unsafe.Pointer, size uintptr) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	room := C.size_t(size)
	code := C.uc_reg_write2(u.handle, C.int(reg), value, &room)
	runtime.KeepAlive(u)
	return errReturn(code)
}

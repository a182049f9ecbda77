package unicorn

/*
#cgo noescape unicorn_go_reg_read
#cgo nocallback unicorn_go_reg_read
#cgo noescape unicorn_go_reg_write
#cgo nocallback unicorn_go_reg_write
#cgo noescape unicorn_go_reg_read_many
#cgo nocallback unicorn_go_reg_read_many
#cgo noescape unicorn_go_reg_write_many
#cgo nocallback unicorn_go_reg_write_many
#include <unicorn/unicorn.h>
#include "bridge.h"
*/
import "C"

import "runtime"

func (u *uc) RegRead(reg int) (uint64, error) {
	if u.handle == nil {
		return 0, UcError(ERR_HANDLE)
	}
	var value C.uint64_t
	code := C.unicorn_go_reg_read(u.handle, C.int(reg), &value)
	runtime.KeepAlive(u)
	if code != C.UC_ERR_OK {
		return 0, UcError(code)
	}
	return uint64(value), nil
}

func (u *uc) RegWrite(reg int, value uint64) error {
	if u.handle == nil {
		return UcError(ERR_HANDLE)
	}
	code := C.unicorn_go_reg_write(u.handle, C.int(reg), C.uint64_t(value))
	runtime.KeepAlive(u)
	return errReturn(code)
}

func (u *uc) RegReadBatch(regs []int) ([]uint64, error) {
	b := newBatch(regs)
	if err := b.read(u); err != nil {
		return nil, err
	}
	return b.vals, nil
}

func (u *uc) RegWriteBatch(regs []int, vals []uint64) error {
	n := min(len(regs), len(vals))
	b := newBatch(regs[:n])
	copy(b.vals, vals)
	return b.write(u)
}

// RegBatch reads and writes the same registers again and again. Its lists are
// made once; afterwards a call allocates nothing. Not for concurrent use; any
// engine of the architecture will do.
type RegBatch struct {
	regs []C.int
	vals []uint64 // as long as regs
}

// NewRegBatch prepares a batch for regs, each of at most 64 bits.
func NewRegBatch(regs []int) (*RegBatch, error) {
	return newBatch(regs), nil
}

func newBatch(regs []int) *RegBatch {
	b := &RegBatch{regs: make([]C.int, len(regs)), vals: make([]uint64, len(regs))}
	for i, r := range regs {
		b.regs[i] = C.int(r)
	}
	return b
}

// ReadFast reads all registers into a slice that belongs to the batch: the
// next call of any method writes over it.
func (r *RegBatch) ReadFast(u Unicorn) ([]uint64, error) {
	if err := r.read(u); err != nil {
		return nil, err
	}
	return r.vals, nil
}

// Read reads all registers and copies the first len(vals) values to vals.
func (r *RegBatch) Read(u Unicorn, vals []uint64) error {
	if len(vals) > len(r.vals) {
		return argError("RegBatch.Read: %d values asked for, the batch has %d registers", len(vals), len(r.vals))
	}
	if err := r.read(u); err != nil {
		return err
	}
	copy(vals, r.vals)
	return nil
}

// Write writes all registers. The first len(vals) values are taken from vals,
// the rest are those of the last read or write.
func (r *RegBatch) Write(u Unicorn, vals []uint64) error {
	if len(vals) > len(r.vals) {
		return argError("RegBatch.Write: %d values given, the batch has %d registers", len(vals), len(r.vals))
	}
	copy(r.vals, vals)
	return r.write(u)
}

func (r *RegBatch) read(u Unicorn) error {
	handle := u.Handle()
	if handle == nil {
		return UcError(ERR_HANDLE)
	}
	if len(r.regs) == 0 {
		return nil
	}
	code := C.unicorn_go_reg_read_many(handle, &r.regs[0], (*C.uint64_t)(&r.vals[0]), C.int(len(r.regs)))
	runtime.KeepAlive(u)
	return errReturn(code)
}

func (r *RegBatch) write(u Unicorn) error {
	handle := u.Handle()
	if handle == nil {
		return UcError(ERR_HANDLE)
	}
	if len(r.regs) == 0 {
		return nil
	}
	code := C.unicorn_go_reg_write_many(handle, &r.regs[0], (*C.uint64_t)(&r.vals[0]), C.int(len(r.regs)))
	runtime.KeepAlive(u)
	return errReturn(code)
}

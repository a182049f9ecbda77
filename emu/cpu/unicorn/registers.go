package unicorn

// #cgo nocallback pl_registers
// #cgo noescape pl_registers
// #cgo nocallback pl_set_registers
// #cgo noescape pl_set_registers
// #cgo nocallback pl_base
// #cgo noescape pl_base
// #cgo nocallback pl_set_base
// #cgo noescape pl_set_base
// #cgo nocallback pl_extended
// #cgo noescape pl_extended
// #cgo nocallback pl_set_extended
// #cgo noescape pl_set_extended
// #include "engine.h"
import "C"

import (
	"unsafe"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

func (b *backend) NewContext() cpu.Context {
	c := cpu.Context{State: append([]byte(nil), b.reset...)}
	c.Changed()
	return c
}

// state returns the memory of a context for the C side.
func (b *backend) state(c *cpu.Context) *C.uint8_t {
	b.mustBeOpen()
	if len(c.State) != len(b.reset) {
		panic("BUG: a context that no CPU made")
	}
	return (*C.uint8_t)(&c.State[0])
}

// stateToChange is state for a C side that writes.
func (b *backend) stateToChange(c *cpu.Context) *C.uint8_t {
	c.Changed()
	return b.state(c)
}

func (b *backend) Registers(c *cpu.Context) guest.Regs {
	C.pl_registers(b.c, b.state(c))
	var r guest.Regs
	b.registers(&r)
	r.RIP = c.PC
	return r
}

// registers copies the integer registers that the C side has read.
func (b *backend) registers(r *guest.Regs) {
	r.GPR = *(*[guest.NumRegs]uint64)(unsafe.Pointer(&b.c.gpr))
	r.RFLAGS = uint64(b.c.rflags)
}

func (b *backend) SetRegisters(c *cpu.Context, r *guest.Regs) {
	s := b.stateToChange(c)
	*(*[guest.NumRegs]uint64)(unsafe.Pointer(&b.c.gpr)) = r.GPR
	b.c.rflags = C.uint64_t(r.RFLAGS)
	C.pl_set_registers(b.c, s)
	c.PC = r.RIP
}

func (b *backend) Bases(c *cpu.Context) (fs, gs guest.Addr) {
	s := b.state(c)
	return guest.Addr(C.pl_base(s, false)), guest.Addr(C.pl_base(s, true))
}

func (b *backend) SetBases(c *cpu.Context, fs, gs guest.Addr) {
	s := b.stateToChange(c)
	C.pl_set_base(s, false, C.uint64_t(fs))
	C.pl_set_base(s, true, C.uint64_t(gs))
}

func (b *backend) Extended(c *cpu.Context) (x cpu.Extended) {
	C.pl_extended(b.state(c), (*C.uint8_t)(&x[0]))
	return x
}

func (b *backend) SetExtended(c *cpu.Context, x *cpu.Extended) {
	C.pl_set_extended(b.stateToChange(c), (*C.uint8_t)(&x[0]))
}

func (b *backend) VectorHash(c *cpu.Context) uint64 {
	C.pl_registers(b.c, b.state(c))
	return uint64(b.c.vector)
}

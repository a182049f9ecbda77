package unicorn

// #cgo LDFLAGS: -lunicorn
// #cgo CFLAGS: -O2 -Wall
// #include "engine.h"
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"

	uc "github.com/unicorn-engine/unicorn/bindings/go/unicorn"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// backend is a [cpu.CPU] on Unicorn engines.
type backend struct {
	name    string
	exact   bool // single-step everything
	c       *C.pl_cpu
	engines []uc.Unicorn
	called  *called
	handle  cgo.Handle // of called
	events  []cpu.Event
	breaks  []breakpoint
	reset   []byte // the state of a context after reset
}

type breakpoint struct {
	addr guest.Addr
	task guest.TaskID
}

// New returns the fast backend. An error says that the library is missing
// something or too old.
func New(o cpu.Options) (cpu.CPU, error) { return open("fast", false, o) }

// NewReference returns the backend that single-steps everything.
func NewReference(o cpu.Options) (cpu.CPU, error) { return open("reference", true, o) }

func open(name string, exact bool, o cpu.Options) (cpu.CPU, error) {
	b := &backend{name: name, exact: exact, c: C.pl_new(), called: &called{decide: o.Decide}}
	if b.c == nil {
		return nil, fmt.Errorf("cpu: no memory for an engine")
	}
	b.handle = cgo.NewHandle(b.called)
	b.c.arena_start, b.c.arena_end = C.uint64_t(o.Arena.Start), C.uint64_t(o.Arena.End)
	b.c.until = C.uint64_t(o.Until)
	b.c.stub = C.pl_stub{
		entry: C.uint64_t(o.Stub.Entry), fast: C.uint64_t(o.Stub.Fast), slow: C.uint64_t(o.Stub.Slow),
		hook: C.uint64_t(o.Stub.Hook), commit: C.uint64_t(o.Stub.Commit),
	}
	if o.Stub.Cell != nil {
		b.c.stub.cell = (*C.uint64_t)(unsafe.Pointer(&o.Stub.Cell[0]))
	}
	b.c.user = C.uint64_t(b.handle)
	b.c.has_decide = o.Decide != nil
	if err := b.engine(C.PL_KERNEL, C.PL_STEP); err != nil {
		b.Close()
		return nil, err
	}
	b.reset = make([]byte, b.c.context_size)
	if err := failure("reset", C.pl_reset_context(b.c, unsafe.Pointer(&b.reset[0]))); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// failure turns an engine's error code into an error.
func failure(what string, code C.uc_err) error {
	if code == C.UC_ERR_OK {
		return nil
	}
	return fmt.Errorf("cpu: %s: %w", what, uc.UcError(code))
}

// engine opens the engine of that mode and kind unless it is there.
func (b *backend) engine(mode, kind C.int) error {
	if b.c.uc[mode][kind] != nil {
		return nil
	}
	u, err := uc.NewUnicorn(uc.ARCH_X86, uc.MODE_64)
	if err != nil {
		return fmt.Errorf("cpu: open an engine: %w", err)
	}
	b.engines = append(b.engines, u)
	return failure("prepare an engine", C.pl_open(b.c, mode, kind, (*C.uc_engine)(unsafe.Pointer(u.Handle()))))
}

func (b *backend) Name() string { return b.name }

func (b *backend) NewContext() cpu.Context {
	return cpu.Context{State: append([]byte(nil), b.reset...)}
}

func state(c *cpu.Context) unsafe.Pointer { return unsafe.Pointer(&c.State[0]) }

func (b *backend) Registers(c *cpu.Context) guest.Regs {
	C.pl_registers(b.c, state(c))
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
	*(*[guest.NumRegs]uint64)(unsafe.Pointer(&b.c.gpr)) = r.GPR
	b.c.rflags = C.uint64_t(r.RFLAGS)
	C.pl_set_registers(b.c, state(c))
	c.PC = r.RIP
}

func (b *backend) VectorHash(c *cpu.Context) uint64 {
	C.pl_registers(b.c, state(c))
	return uint64(b.c.vector)
}

func (b *backend) Map(m cpu.Mapping) error {
	r := m.Range
	if r.Start%guest.PageSize != 0 || r.End%guest.PageSize != 0 || uint64(len(m.Host)) != r.Size() || r.Size() == 0 {
		return fmt.Errorf("cpu: map %s: not a whole number of pages", r)
	}
	return failure("map "+r.String(), C.pl_map_add(b.c, C.uint64_t(r.Start), C.uint64_t(r.Size()),
		(*C.uint8_t)(unsafe.Pointer(&m.Host[0])), C.uint32_t(m.Perm)))
}

func (b *backend) Unmap(r guest.Range) error {
	return failure("unmap "+r.String(), C.pl_map_remove(b.c, C.uint64_t(r.Start), C.uint64_t(r.Size())))
}

func (b *backend) TextChanged(r guest.Range) {
	C.pl_text_changed(b.c, C.uint64_t(r.Start), C.uint64_t(r.End))
}

func (b *backend) Watch(a guest.Addr, on bool) {
	C.pl_flag(b.c, C.uint64_t(a), C.PL_F_WATCH, C.bool(on))
}

func (b *backend) Break(a guest.Addr, task guest.TaskID, on bool) {
	at := -1
	others := false
	for i, bp := range b.breaks {
		if bp == (breakpoint{a, task}) {
			at = i
		} else if bp.addr == a {
			others = true
		}
	}
	switch {
	case on && at < 0:
		if len(b.breaks) == C.PL_BREAKS {
			panic("BUG: too many breakpoints")
		}
		b.breaks = append(b.breaks, breakpoint{a, task})
	case !on && at >= 0:
		b.breaks = append(b.breaks[:at], b.breaks[at+1:]...)
	}
	for i, bp := range b.breaks {
		b.c.breaks[i] = C.pl_break{addr: C.uint64_t(bp.addr), task: C.int64_t(bp.task)}
	}
	b.c.nbreak = C.int(len(b.breaks))
	C.pl_flag(b.c, C.uint64_t(a), C.PL_F_BREAK, C.bool(on || others))
}

func (b *backend) ForgetDecisions() { C.pl_forget(b.c) }

func (b *backend) Interrupt() { C.pl_interrupt(b.c) }

func (b *backend) Close() error {
	var first error
	for _, u := range b.engines {
		if err := u.Close(); err != nil && first == nil {
			first = err
		}
	}
	b.engines = nil
	if b.c != nil {
		b.handle.Delete()
		C.pl_free(b.c)
		b.c = nil
	}
	return first
}

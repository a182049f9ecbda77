package unicorn

// #include "engine.h"
import "C"

import (
	"fmt"
	"unsafe"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

func (b *backend) Run(ctx *cpu.Context, req cpu.Request, exit *cpu.Exit) error {
	if err := b.prepare(&req); err != nil {
		return err
	}
	c := b.c
	c.pc, c.budget = C.uint64_t(ctx.PC), C.uint64_t(req.Budget)
	c.task, c.mode = C.int64_t(req.Task), C.int(req.Mode)
	c.uncounted, c.stepped, c.exact = C.bool(req.Uncounted), C.bool(req.Stepped), C.bool(req.Exact || b.exact)
	C.pl_run(c, state(ctx))
	if p := b.called.panic; p != nil {
		b.called.panic = nil
		panic(p)
	}
	if c.uc_err != 0 {
		return failure(fmt.Sprintf("run at %#x", uint64(c.pc)), C.uc_err(c.uc_err))
	}
	ctx.PC = guest.Addr(c.pc)
	exit.Reason = cpu.Reason(c.reason)
	exit.Executed = uint64(c.executed)
	exit.Vector, exit.Decisions = uint64(c.vector), uint64(c.decisions)
	b.registers(&exit.Regs)
	exit.Regs.RIP = ctx.PC
	exit.Events = b.takeEvents()
	exit.Fault = cpu.FaultInfo{}
	if exit.Reason == cpu.Fault {
		exit.Fault = b.fault()
	}
	return nil
}

// prepare opens the engines that a request may need.
func (b *backend) prepare(req *cpu.Request) error {
	mode := C.int(C.PL_KERNEL)
	if req.Mode == guest.UserMode {
		mode = C.PL_USER
	}
	if err := b.engine(mode, C.PL_STEP); err != nil || b.exact {
		return err
	}
	if req.Uncounted && b.c.nwatch == 0 && b.c.nbreak == 0 {
		return b.engine(mode, C.PL_PLAIN)
	}
	return b.engine(mode, C.PL_WATCH)
}

// takeEvents copies the events of the run; the list is reused by the next one.
func (b *backend) takeEvents() []cpu.Event {
	b.events = b.events[:0]
	for i := range int(b.c.nevents) {
		e := &b.c.events[i]
		b.events = append(b.events, cpu.Event{
			Kind: cpu.EventKind(e.kind), Addr: guest.Addr(e.addr), SP: guest.Addr(e.sp),
			Body: guest.Addr(e.body), At: uint64(e.at),
		})
	}
	return b.events
}

// fault describes the fault that ended the run.
func (b *backend) fault() cpu.FaultInfo {
	f := cpu.FaultInfo{
		Kind: cpu.FaultKind(b.c.fault_kind), Addr: guest.Addr(b.c.fault_addr),
		Size: int(b.c.fault_size), Mapped: b.c.fault_mapped != 0, Vector: uint32(b.c.fault_vector),
	}
	if f.Kind == cpu.Refused {
		f.Text = b.refusal()
	}
	switch f.Kind {
	case cpu.ReadFault, cpu.WriteFault, cpu.FetchFault:
	default:
		f.Addr, f.Size, f.Mapped = 0, 0, false
	}
	if f.Kind != cpu.Exception {
		f.Vector = 0
	}
	return f
}

// refusal says what was refused and what the guest's author can do.
func (b *backend) refusal() string {
	if b.c.pc == b.c.stub.entry || b.c.pc == b.c.stub.hook {
		return fmt.Sprintf("control came to the stub with the return address %#x, which is no patch site", uint64(b.c.fault_word))
	}
	word := *(*[8]byte)(unsafe.Pointer(&b.c.fault_word))
	for _, p := range word {
		switch p {
		case 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65:
			continue
		case 0xc4, 0xc5, 0x62, 0x8f:
			return "AVX code, which the engine runs wrongly: compile with -mno-avx"
		}
		break
	}
	return "a privileged or time-dependent instruction, which the emulator does not run"
}

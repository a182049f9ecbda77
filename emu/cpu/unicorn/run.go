package unicorn

// #include "engine.h"
import "C"

import (
	"fmt"
	"slices"
	"time"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

func (b *backend) Run(ctx *cpu.Context, req cpu.Request, exit *cpu.Exit) error {
	if b.c == nil {
		return errClosed
	}
	if req.Uncounted && req.Budget != cpu.Unlimited {
		panic("BUG: an uncounted run with a budget")
	}
	if err := b.prepare(&req); err != nil {
		return err
	}
	b.execute(ctx, &req)
	if err := b.explain(ctx, &req); err != nil {
		return err
	}
	if p := b.called.panic; p != nil {
		b.called.panic = nil
		panic(p)
	}
	c := b.c
	if c.uc_err != 0 {
		return failure(fmt.Sprintf("run at %#x", uint64(c.pc)), C.uc_err(c.uc_err))
	}
	ctx.PC = guest.Addr(c.pc)
	exit.Reason = cpu.Reason(c.reason)
	exit.Executed = uint64(c.executed)
	exit.Vector, exit.Decisions = uint64(c.vector), uint64(c.decisions)
	b.registers(&exit.Regs)
	exit.Regs.RIP = ctx.PC
	exit.Events, exit.Accesses = b.takeEvents(), b.takeAccesses()
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
	if req.Accesses {
		return b.engine(mode, C.PL_TRACE)
	}
	if req.Exact || b.exact {
		return b.engine(mode, C.PL_EXACT)
	}
	if err := b.engine(mode, C.PL_STEP); err != nil {
		return err
	}
	if req.Uncounted && b.c.nwatch == 0 && b.c.nbreak == 0 {
		return b.engine(mode, C.PL_PLAIN)
	}
	return b.engine(mode, C.PL_WATCH)
}

func (b *backend) execute(ctx *cpu.Context, req *cpu.Request) {
	c := b.c
	c.pc, c.budget = C.uint64_t(ctx.PC), C.uint64_t(req.Budget)
	c.task, c.mode = C.int64_t(req.Task), C.int(req.Mode)
	c.uncounted, c.stepped, c.exact = C.bool(req.Uncounted), C.bool(req.Stepped), C.bool(req.Exact || b.exact)
	c.trace = C.bool(req.Accesses)
	b.running.Store(true)
	C.pl_run(c, b.stateToChange(ctx))
	b.running.Store(false)
}

// explain finds out what a run has left vague of a fault.
func (b *backend) explain(ctx *cpu.Context, req *cpu.Request) error {
	if !b.c.vague {
		return nil
	}
	if err := b.prepare(&cpu.Request{Mode: req.Mode, Accesses: true}); err != nil {
		return err
	}
	s := b.stateToChange(ctx)
	fresh := slices.Clone(b.reset)
	C.pl_wash_context(s, (*C.uint8_t)(&fresh[0]), b.c.context_size)
	C.pl_explain(b.c, s)
	return nil
}

// Interrupt repeats the request until the run is over: one that comes in the moment
// in which an engine starts is lost.
func (b *backend) Interrupt() {
	if !b.interrupt() {
		return
	}
	go func() {
		for b.interrupt() {
			time.Sleep(time.Millisecond)
		}
	}()
}

// interrupt asks once, and tells whether a run is in progress.
func (b *backend) interrupt() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.c == nil {
		return false
	}
	C.pl_interrupt(b.c)
	return b.running.Load()
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

// takeAccesses copies the accesses of the run; the list is reused by the next one.
func (b *backend) takeAccesses() []cpu.Access {
	b.accesses = b.accesses[:0]
	for i := range int(b.c.naccesses) {
		a := &b.c.accesses[i]
		b.accesses = append(b.accesses, cpu.Access{
			Addr: guest.Addr(a.addr), Size: uint64(a.size), Write: bool(a.write), At: uint64(a.at),
		})
	}
	return b.accesses
}

// fault describes the fault that ended the run.
func (b *backend) fault() cpu.FaultInfo {
	c := b.c
	f := cpu.FaultInfo{Kind: cpu.FaultKind(c.fault_kind)}
	switch f.Kind {
	case cpu.ReadFault, cpu.WriteFault, cpu.FetchFault:
		f.Addr, f.Size, f.Mapped = guest.Addr(c.fault_addr), int(c.fault_size), bool(c.fault_mapped)
	case cpu.Exception:
		f.Vector = uint32(c.fault_vector)
	case cpu.Refused:
		f.Text = b.refusal()
	}
	return f
}

// refusal says what was refused and what the guest's author can do.
func (b *backend) refusal() string {
	a := guest.Addr(b.c.fault_addr)
	switch b.c.fault_refusal {
	case C.PL_NOT_A_SITE:
		return fmt.Sprintf("control came to the stub with the return address %s, which is no patch site", a)
	case C.PL_NO_FRAME:
		return fmt.Sprintf("control came to the shim's hook with the frame pointer %s, which is no stack", a)
	case C.PL_VECTOR:
		return "AVX code, which the engine runs wrongly: compile with -mno-avx"
	default:
		return "a privileged or time-dependent instruction, which the emulator does not run"
	}
}

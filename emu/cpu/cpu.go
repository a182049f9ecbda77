package cpu

import (
	"sync/atomic"

	"patchlab/guest"
)

// Unlimited is the budget of a run that ends only by an event.
const Unlimited = ^uint64(0)

// Context is the register state of one task, or of one instant: a value that
// is copied with [Context.CopyFrom] (an assignment shares State) and belongs to no engine.
type Context struct {
	// PC is the address of the next instruction. It counts; the copy of RIP in
	// State does not.
	PC guest.Addr
	// State is opaque to all but the backend that made it.
	State []byte

	version uint64 // equal ones have an equal State; 0: not known
}

// CopyFrom makes c equal to o. It allocates only when c is new.
func (c *Context) CopyFrom(o *Context) {
	c.PC = o.PC
	if c.version != 0 && c.version == o.version {
		return
	}
	c.State = append(c.State[:0], o.State...)
	c.version = o.version
}

// Changed tells that State is about to change. The backend calls it.
func (c *Context) Changed() { c.version = versions.Add(1) }

// Version returns a number that contexts with an equal State alone have in common, or 0.
func (c *Context) Version() uint64 { return c.version }

// versions is the last version of a context.
var versions atomic.Uint64

// Extended is vector and x87 registers in the form of fxsave. Where the last instruction
// of x87 and its operand were is not known, and 0.
type Extended [512]byte

// Reason says why a run came back.
type Reason uint8

// The reasons.
const (
	// Budget: the budget is used up. PC is the next instruction, outside the
	// arena.
	Budget Reason = iota + 1
	// Syscall: a SYSCALL instruction was executed; PC is behind it. RCX and R11
	// are not written: that is the caller's to do.
	Syscall
	// Hook: the hook instruction was reached and [Options.Decide] did not settle
	// it; PC is behind it.
	Hook
	// Return: control came to the until address.
	Return
	// Break: PC is an address with a breakpoint that applies to this task. Nothing
	// there was executed, and a run that begins there ends at once.
	Break
	// Full: the list of events or accesses is full. The run can go on at PC.
	Full
	// Fault: the instruction at PC cannot be executed; see Exit.Fault. Registers and
	// memory are those from before it; only what a rep instruction has repeated until
	// then is done.
	Fault
	// Inexact: something went wrong in a fast run, whose registers and memory are
	// now past the instruction in an unknown way. The caller restores the state
	// from before the run and asks again with Request.Exact. Exit.Executed is then a
	// number of instructions that can be executed before it for certain, so that the
	// exact run need not be long: most often all but the last few, 0 if nothing was
	// counted.
	Inexact
	// Interrupted: [CPU.Interrupt] was called. State is lost.
	Interrupted
)

// FaultKind is the kind of a fault.
type FaultKind uint8

// The kinds of faults.
const (
	ReadFault  FaultKind = iota + 1 // data read from an address without memory or right
	WriteFault                      // data written likewise
	FetchFault                      // control went to an address without code
	Illegal                         // not an instruction
	Refused                         // an instruction that the emulator does not run: see FaultInfo.Text
	Exception                       // a processor exception or software interrupt; Vector is its number
	Halt                            // hlt
)

// FaultInfo describes a fault.
type FaultInfo struct {
	Kind FaultKind
	// Addr is the address accessed, for the first three kinds. Of an access across
	// pages it is where the page begins that cannot be accessed; of a fetch, the first
	// byte that is missing, which may lie behind PC.
	Addr   guest.Addr
	Size   int    // the size of the access in bytes, for reads and writes
	Mapped bool   // there is memory, but not with that right
	Vector uint32 // Exception: the vector
	Text   string // Refused: what the instruction is and what to do
}

// EventKind is the kind of an event.
type EventKind uint8

// The kinds of events.
const (
	// Entered: control came to an address that is watched.
	Entered EventKind = iota + 1
	// Decided: the hook was passed and a body chosen. Only reported while some
	// address is watched.
	Decided
)

// Event is one thing that happened during a run, in order.
type Event struct {
	Kind EventKind
	Addr guest.Addr // Entered: the address; Decided: the return address into the function
	SP   guest.Addr // Entered: the stack pointer; Decided: the address of the function's return slot
	Body guest.Addr // Decided: what will run
	At   uint64     // instructions executed since the run began
}

// Access is something that an instruction of the guest has read or written in memory:
// its own accesses, not the fetch of its bytes, nor what the stub's hook does. An
// instruction that both reads and writes a place does both at once. A read across pages
// may be told as more than it is: as the whole words that it touches.
type Access struct {
	Addr  guest.Addr
	Size  uint64 // in bytes
	Write bool
	At    uint64 // instructions executed since the run began, this one included
}

// Request says how to run. A budget that is used up ends a run before all else that
// could happen at the next instruction, except where that is in the arena or at the
// until address.
type Request struct {
	Task   guest.TaskID
	Mode   guest.Mode
	Budget uint64
	// Uncounted runs without counting: Budget must be [Unlimited], and
	// Exit.Executed means nothing.
	Uncounted bool
	// Stepped stops with reason [Hook] at every hook instruction.
	Stepped bool
	// Exact runs slowly, one instruction at a time, so that a fault is exact.
	Exact bool
	// Accesses runs as slowly and as exactly, and reports what is read and written.
	Accesses bool
}

// Exit is what came of a run. The caller owns it and can reuse it.
type Exit struct {
	Reason   Reason
	Executed uint64 // instructions that count
	Regs     guest.Regs
	// Vector is a hash of the registers that Regs does not hold: SSE and x87.
	Vector uint64
	// Decisions is a hash of all decisions of the hook during this run, by memo or
	// not.
	Decisions uint64
	Fault     FaultInfo
	// Events is valid until the next run.
	Events []Event
	// Accesses are those of the run, where they were asked for, in the order of
	// instructions; those of an instruction that faulted are not in it. It is valid
	// until the next run.
	Accesses []Access
}

// Mapping is a range of guest memory. Its bytes stay where they are until the
// mapping is removed.
type Mapping struct {
	Range guest.Range
	Perm  guest.Perm
	// Host is the memory, of Range.Size() bytes, page-aligned and not on the Go
	// heap. The CPU writes it, and reads it when the guest does.
	Host []byte
}

// Area is a range of the address space whose host memory is reserved: of whole pages,
// and not on the Go heap.
type Area struct {
	Range guest.Range
	Host  []byte
}

// Stub is what the CPU needs to know of the stub that patch sites call (package
// trampoline lays it out). At Entry a hook runs before the instruction there; then
// the guest jumps to the address in the cell. For the whole form of the handler
// that is Fast, with the answer already in the return slot and the words below it
// as if stub and shim had run; otherwise it is Slow, where stub and shim run and the
// instruction at Hook stands for the handler.
//
// With E the stack pointer at Entry, [E] is the return slot and rbp at Hook is
// E-56; the word at rbp+16 takes the body and the one at rbp+32 has the return
// address into the function.
type Stub struct {
	Entry, Fast, Slow, Hook guest.Addr
	// Commit is where the call of the shim returns to.
	Commit guest.Addr
	// Cell is the host memory of the cell: 8 bytes, not on the Go heap.
	Cell []byte
}

// NotASite is the answer of [Options.Decide] for a return address that belongs to
// no patch site: the guest ran wild into the stub.
const NotASite = ^guest.Addr(0)

// Options are the fixed properties of a CPU.
type Options struct {
	// Arena is the range whose instructions do not count.
	Arena guest.Range
	// Until is the address that ends a run when control comes there. It is never
	// mapped.
	Until guest.Addr
	// Area is guest memory that is one piece of the host's; the zero value means that
	// there is none. Mappings in it lie there with their Host, which makes adding and
	// removing them cheap. A CPU with an area never answers [Inexact]. Of an instruction
	// that accesses memory in pieces (vectors across pages, fxsave, enter and the like)
	// those before the one that failed may be done, an MMX instruction may have made the x87
	// registers its own, and the fault of the trap flag is reported behind the instruction.
	Area Area
	// Stub describes the stub; the zero value means that there is none.
	Stub Stub
	// Decide chooses the body for the function whose site returns to ip: 0 means
	// the original. It is called on the goroutine of Run, must not call the CPU,
	// and its answer is remembered until [CPU.ForgetDecisions]. It may be nil; then
	// every hook stops.
	Decide func(task guest.TaskID, ip guest.ReturnAddr) (body guest.Addr)
}

// CPU executes guest code. It is not for concurrent use, except for Interrupt.
type CPU interface {
	// Name is the backend's name, for test names and reports.
	Name() string

	// NewContext returns registers as after a reset: all zero, flags and the
	// floating-point control words as the System V ABI wants them at a start.
	NewContext() Context
	// Registers returns the integer registers of c; RIP is c.PC.
	Registers(c *Context) guest.Regs
	// SetRegisters replaces the integer registers of c, and c.PC by RIP.
	SetRegisters(c *Context, r *guest.Regs)
	// Bases returns the bases of the segments FS and GS, where thread-local storage
	// is found; SetBases replaces them. They are not part of guest.Regs, but of the
	// vector hash.
	Bases(c *Context) (fs, gs guest.Addr)
	SetBases(c *Context, fs, gs guest.Addr)
	// Extended returns the vector and x87 registers; SetExtended replaces them.
	Extended(c *Context) Extended
	SetExtended(c *Context, x *Extended)
	// VectorHash returns a hash of the registers of c that Registers leaves out,
	// the value that Exit.Vector has.
	VectorHash(c *Context) uint64

	// Map adds memory. The range must be page-aligned and free, and must not allow
	// both writing and execution.
	Map(m Mapping) error
	// Unmap removes the mapping that was added with exactly this range.
	Unmap(r guest.Range) error
	// TextChanged tells that bytes of r, within one mapping, were changed from
	// outside: what was derived from them is dropped.
	TextChanged(r guest.Range)

	// Watch sets or clears the report of an event whenever control comes to a: an
	// address of a mapping that can be executed, otherwise nothing happens. It ends with
	// the mapping.
	Watch(a guest.Addr, on bool)
	// Break sets or clears a breakpoint at a for task, likewise.
	Break(a guest.Addr, task guest.TaskID, on bool)
	// ForgetDecisions drops what was remembered of Options.Decide.
	ForgetDecisions()

	// Run executes from c and leaves the new state in c. An error is a failure of
	// the engine, never the guest's doing.
	Run(c *Context, req Request, exit *Exit) error
	// Interrupt ends a run in progress, from any goroutine, with the reason
	// [Interrupted]; the machine cannot go on after it.
	Interrupt()
	// Close frees the engine. The mappings' memory stays the caller's.
	Close() error
}

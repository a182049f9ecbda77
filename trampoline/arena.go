package trampoline

import (
	"fmt"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// Arena is the code that redirected functions go through: one stub for all
// sites, and the shim that it calls; and behind that page another one with the
// cell, a word that the stub jumps through. Which site was taken is told by the
// return address that the site has left.
//
// The handler decides in one of two forms. Before a task executes stub.entry
// the CPU writes the cell, which says which form it is:
//
//	in steps  &stub.parent_ip: the way through stub and shim, at whose hook the
//	          handler runs
//	whole     &stub.fast: the handler has run, and the CPU has put into the
//	          return slot and the words below it what the way in steps leaves
//	          there; stub.fast is a ret, like stub.ret
//
// Both leave the same memory and the same registers. The cell belongs to the
// CPU, is one for all tasks and holds from stub.entry to stub.jump: no other
// task may run in between. It is no state of the guest.
//
// In steps, the stub lays down two frames, so that walking frame pointers from
// inside the shim finds the function that is being entered and its caller, which
// otherwise has no frame yet (compare ftrace_caller in the Linux kernel's
// arch/x86/kernel/ftrace_64.S). With E the stack pointer at stub.entry, the
// stack at the hook is
//
//	high   E+8    parent's return address    rbp+64  [ParentOffset]
//	       E      return slot: f's ip        rbp+56  [SlotOffset]
//	       E-8    parent's return address \
//	       E-16   caller's rbp            /  frame of the caller of f
//	       E-24   f's ip                  \
//	       E-32   E-16                    /  frame of f
//	       E-40   regs.ip: what will run     rbp+16  [IPOffset]
//	       E-48   return address into stub \
//	low    E-56   E-32                     / frame of the shim; rsp and rbp point here
//
// where f's ip is the address behind its site. A handler redirects by writing
// regs.ip; stub.commit moves it to the return slot, and stub.ret goes there with
// all else as at the entry of f: no instruction changes a flag or a register
// but rsp and rbp, which stub.drop and stub.restore put back.
//
// The places, one for each instruction, are named
//
//	stub.entry stub.jump
//	stub.fast
//	stub.parent_ip stub.parent stub.parent_frame stub.ip stub.function
//	stub.function_frame stub.regs stub.call
//	shim.entry shim.frame shim.hook shim.leave shim.ret
//	stub.commit stub.drop stub.restore stub.drop_parent stub.ret
//
// in the order in which they run: after the first line, either the second or the
// rest. In memory the shim stands before the stub, so that one range, from
// shim.hook to stub.entry, holds the two instructions at which the CPU steps in
// and little else. An Arena is immutable.
type Arena struct {
	base   guest.Addr
	code   [guest.PageSize]byte
	places []Place
	byName map[string]int
	// byOffset holds for each byte of shim and stub the place that begins
	// there plus one, or 0.
	byOffset [arenaSize]uint8
}

// Where the hook finds what: offsets in bytes from rsp, which equals rbp there.
const (
	IPOffset     = 16 // regs.ip: the address behind the site until it is changed to a function
	SlotOffset   = 56 // the return slot
	ParentOffset = 64 // the return address of the caller of the function
)

// Place is an instruction of the arena: a point at which a task can be stopped.
type Place struct {
	Name string
	Addr guest.Addr
	Size int // in bytes
	// Depth is the distance in bytes from the stack pointer up to the return
	// slot while this instruction is the next one.
	Depth uint64
}

// instruction is an instruction of shim or stub.
type instruction struct {
	name  string
	depth uint64
	code  string
	text  string // in the Intel syntax of the GNU assembler
}

const (
	shimSize  = 7  // the shim comes first
	arenaSize = 56 // the stub follows at once
	cellSize  = 8
)

// instructions are those of the arena in the order of their addresses.
var instructions = []instruction{
	{"shim.entry", 48, "\x55", "push rbp"},
	{"shim.frame", 56, "\x48\x89\xe5", "mov rbp, rsp"},
	{"shim.hook", 56, "\x90", "nop"},
	{"shim.leave", 56, "\x5d", "pop rbp"},
	{"shim.ret", 48, "\xc3", "ret"},

	{"stub.entry", 0, "\x90", "nop"},
	{"stub.jump", 0, "\xff\x25\xf2\x0f\x00\x00", "jmp qword ptr [rip+cell]"},
	{"stub.fast", 0, "\xc3", "ret"},

	{"stub.parent_ip", 0, "\xff\x74\x24\x08", "push qword ptr [rsp+0x8]"}, // as of before the push
	{"stub.parent", 8, "\x55", "push rbp"},
	{"stub.parent_frame", 16, "\x48\x89\xe5", "mov rbp, rsp"},
	{"stub.ip", 16, "\xff\x74\x24\x10", "push qword ptr [rsp+0x10]"},
	{"stub.function", 24, "\x55", "push rbp"},
	{"stub.function_frame", 32, "\x48\x89\xe5", "mov rbp, rsp"},
	{"stub.regs", 32, "\xff\x74\x24\x20", "push qword ptr [rsp+0x20]"},
	{"stub.call", 40, "\xe8\xd8\xff\xff\xff", "call shim"},
	{"stub.commit", 40, "\x8f\x44\x24\x20", "pop qword ptr [rsp+0x20]"}, // as of after the pop
	{"stub.drop", 32, "\x48\x8d\x64\x24\x10", "lea rsp, [rsp+0x10]"},    // an add would change flags
	{"stub.restore", 16, "\x5d", "pop rbp"},
	{"stub.drop_parent", 8, "\x48\x8d\x64\x24\x08", "lea rsp, [rsp+0x8]"},
	{"stub.ret", 0, "\xc3", "ret"},
}

// fill is what the rest of the code page holds: int3, so that running there traps.
const fill = 0xcc

// NewArena returns the arena for the two pages at base.
func NewArena(base guest.Addr) *Arena {
	if guest.PageDown(base) != base {
		panic("BUG: arena at " + base.String() + " does not begin a page")
	}
	a := &Arena{base: base, byName: map[string]int{}}
	for i := range a.code {
		a.code[i] = fill
	}
	offset := 0
	for _, in := range instructions {
		a.byName[in.name] = len(a.places)
		a.places = append(a.places, Place{
			Name: in.name, Addr: base + guest.Addr(offset), Size: len(in.code), Depth: in.depth,
		})
		a.byOffset[offset] = uint8(len(a.places))
		offset += copy(a.code[offset:], in.code)
	}
	return a
}

// Code returns the bytes of the code page. The caller may change its copy.
func (a *Arena) Code() []byte {
	code := a.code
	return code[:]
}

// Range returns the range of the whole arena: both pages.
func (a *Arena) Range() guest.Range { return guest.RangeOf(a.base, 2*guest.PageSize) }

// Page returns the range of the code page, which the guest's kernel may read and
// execute.
func (a *Arena) Page() guest.Range { return guest.RangeOf(a.base, guest.PageSize) }

// Data returns the range of the page that begins with the cell. The guest's
// kernel may read it; only the CPU writes there, from outside.
func (a *Arena) Data() guest.Range {
	return guest.RangeOf(a.base+guest.PageSize, guest.PageSize)
}

// Cell returns the address of the cell, 8 bytes.
func (a *Arena) Cell() guest.Addr { return a.Data().Start }

// Stub returns the range of the stub, from stub.entry to stub.ret.
func (a *Arena) Stub() guest.Range {
	return guest.Range{Start: a.base + shimSize, End: a.base + arenaSize}
}

// Shim returns the range of the shim.
func (a *Arena) Shim() guest.Range { return guest.RangeOf(a.base, shimSize) }

// Entry returns the address of stub.entry, which installed sites call.
func (a *Arena) Entry() guest.Addr { return a.Named("stub.entry").Addr }

// CPUStub describes the stub to a CPU. data is the host memory of the page
// [Arena.Data], which must stay where it is for as long as the CPU is used.
func (a *Arena) CPUStub(data []byte) cpu.Stub {
	if len(data) < cellSize {
		panic(fmt.Sprintf("BUG: %d bytes of host memory for the arena's cell", len(data)))
	}
	return cpu.Stub{
		Entry:  a.Entry(),
		Fast:   a.Named("stub.fast").Addr,
		Slow:   a.Named("stub.parent_ip").Addr,
		Hook:   a.Hook(),
		Commit: a.Named("stub.commit").Addr,
		Cell:   data[:cellSize:cellSize],
	}
}

// Hook returns the address of shim.hook: a task that stands before it is to be
// routed, in steps or at once.
func (a *Arena) Hook() guest.Addr { return a.Named("shim.hook").Addr }

// Named returns the place of that name, which must be one of those listed at
// [Arena]. Names from outside go through [Arena.Find].
func (a *Arena) Named(name string) Place {
	p, ok := a.Find(name)
	if !ok {
		panic("BUG: the arena has no place " + name)
	}
	return p
}

// Find returns the place of that name.
func (a *Arena) Find(name string) (Place, bool) {
	i, ok := a.byName[name]
	if !ok {
		return Place{}, false
	}
	return a.places[i], true
}

// At returns the place whose instruction begins at at.
func (a *Arena) At(at guest.Addr) (Place, bool) {
	offset := at - a.base
	if offset >= arenaSize || a.byOffset[offset] == 0 {
		return Place{}, false
	}
	return a.places[a.byOffset[offset]-1], true
}

// Places returns all places in the order of their addresses. The caller must
// not change them.
func (a *Arena) Places() []Place { return a.places }

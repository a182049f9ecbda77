package cputest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"syscall"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// Open opens the backend under test.
type Open func(cpu.Options) (cpu.CPU, error)

// The address map of the rig.
const (
	textBase     guest.Addr = 0x400000 // kernel code
	textSize                = 3 * guest.PageSize
	dataBase     guest.Addr = 0x500000 // kernel data; memory before and behind it is missing
	dataSize                = 3 * guest.PageSize
	constBase    guest.Addr = 0x510000 // kernel data that cannot be written
	userTextBase guest.Addr = 0x8000000
	userDataBase guest.Addr = 0x8010000
	arenaBase    guest.Addr = 0x20000000
	stackBase    guest.Addr = 0x30000000
	stackSize               = 4 * guest.PageSize
	until        guest.Addr = 0x7ffff000
	nowhere      guest.Addr = 0x666000 // never mapped

	stackTop = stackBase + stackSize - 256
)

// Offsets in the arena.
const (
	shimHook   = 4
	stubEntry  = 7
	stubFast   = 14
	stubSlow   = 15
	stubCommit = 40
)

// arenaText is stub and shim as package trampoline has them.
const arenaText = `
arena:
	push rbp
	mov rbp, rsp
	nop               # hook
	pop rbp
	ret
	nop               # entry
	jmp [rip+cell]
	ret               # fast
	push qword ptr [rsp+8]      # slow
	push rbp
	mov rbp, rsp
	push qword ptr [rsp+16]
	push rbp
	mov rbp, rsp
	push qword ptr [rsp+32]
	call arena
	pop qword ptr [rsp+32]      # commit
	lea rsp, [rsp+16]
	pop rbp
	lea rsp, [rsp+8]
	ret
	.org 0x1000
cell:
`

// rig is a CPU with memory, and a task that runs on it.
type rig struct {
	testing.TB
	cpu  cpu.CPU
	mem  []cpu.Mapping
	ctx  cpu.Context
	exit cpu.Exit
	// decide answers the hook; nil stands for: the original.
	decide func(guest.TaskID, guest.ReturnAddr) guest.Addr
	asked  int // how often it was asked
	label  map[string]guest.Addr
	fail   func(format string, args ...any) // ends the test
}

// newRig opens a CPU, maps the memory and lets the context start at textBase with a
// stack from which a ret ends the run.
func newRig(t testing.TB, open Open) *rig {
	t.Helper()
	r := &rig{TB: t, fail: t.Fatalf}
	cell := pages(t, guest.PageSize)
	c, err := open(cpu.Options{
		Arena: guest.RangeOf(arenaBase, 2*guest.PageSize),
		Until: until,
		Stub: cpu.Stub{
			Entry: arenaBase + stubEntry, Fast: arenaBase + stubFast, Slow: arenaBase + stubSlow,
			Hook: arenaBase + shimHook, Commit: arenaBase + stubCommit, Cell: cell[:8],
		},
		Decide: func(task guest.TaskID, ip guest.ReturnAddr) guest.Addr {
			r.asked++
			if r.decide == nil {
				return 0
			}
			return r.decide(task, ip)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.cpu = c
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	r.mapAll(cell)
	r.start(textBase)
	return r
}

func (r *rig) mapAll(cell []byte) {
	const rx, rw, r0 = guest.Read | guest.Exec, guest.Read | guest.Write, guest.Read
	r.add(textBase, pages(r, textSize), rx)
	r.add(dataBase, pages(r, dataSize), rw)
	r.add(constBase, pages(r, guest.PageSize), r0)
	r.add(userTextBase, pages(r, guest.PageSize), rx|guest.User)
	r.add(userDataBase, pages(r, guest.PageSize), rw|guest.User)
	r.add(arenaBase, pages(r, guest.PageSize), rx)
	r.add(arenaBase+guest.PageSize, cell, r0)
	r.add(stackBase, pages(r, stackSize), rw)
	a := assemble(r, arenaBase, arenaText)
	copy(r.bytes(arenaBase), a.bytes)
}

// pages returns fresh memory outside of the Go heap.
func pages(t testing.TB, size int) []byte {
	// Shared, so that it can be in an area as well.
	b, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(b) })
	return b
}

func (r *rig) add(at guest.Addr, host []byte, perm guest.Perm) {
	r.Helper()
	m := cpu.Mapping{Range: guest.RangeOf(at, uint64(len(host))), Perm: perm, Host: host}
	if err := r.cpu.Map(m); err != nil {
		r.Fatal(err)
	}
	r.mem = append(r.mem, m)
}

// bytes returns the memory from a to the end of its mapping.
func (r *rig) bytes(a guest.Addr) []byte {
	r.Helper()
	for _, m := range r.mem {
		if m.Range.Contains(a) {
			return m.Host[a-m.Range.Start:]
		}
	}
	r.Fatalf("no memory at %s", a)
	return nil
}

func (r *rig) word(a guest.Addr) uint64 { return binary.LittleEndian.Uint64(r.bytes(a)) }

func (r *rig) setWord(a guest.Addr, v uint64) { binary.LittleEndian.PutUint64(r.bytes(a), v) }

// load puts code at base and remembers its labels.
func (r *rig) load(base guest.Addr, text string) *code {
	r.Helper()
	c := assemble(r, base, text)
	copy(r.bytes(base), c.bytes)
	r.cpu.TextChanged(guest.RangeOf(base, uint64(len(c.bytes))))
	r.label = c.labels
	return c
}

// program is newRig with the text loaded.
func program(t testing.TB, open Open, text string) *rig {
	t.Helper()
	r := newRig(t, open)
	r.load(textBase, text)
	return r
}

// start lets the task begin at pc with recognisable registers.
func (r *rig) start(pc guest.Addr) {
	r.ctx = r.cpu.NewContext()
	var g guest.Regs
	for i := range g.GPR {
		g.GPR[i] = 0x1111111111111111 * uint64(i)
	}
	g.GPR[guest.RBX] = uint64(dataBase) + guest.PageSize
	g.GPR[guest.RSP] = uint64(stackTop)
	g.RIP, g.RFLAGS = pc, 0x202
	r.cpu.SetRegisters(&r.ctx, &g)
	r.setWord(stackTop, uint64(until))
}

// run runs the task and returns what came of it.
func (r *rig) run(req cpu.Request) *cpu.Exit {
	r.Helper()
	if req.Task == 0 {
		req.Task = 1
	}
	if err := r.cpu.Run(&r.ctx, req, &r.exit); err != nil {
		r.fail("run: %v", err)
	}
	if r.exit.Regs.RIP != r.ctx.PC {
		r.fail("registers say %s, the context %s", r.exit.Regs.RIP, r.ctx.PC)
	}
	return &r.exit
}

// exactly is run, repeated as the contract asks for when it was inexact.
func (r *rig) exactly(req cpu.Request) *cpu.Exit {
	r.Helper()
	before := r.save()
	e := r.run(req)
	if e.Reason != cpu.Inexact {
		return e
	}
	bound := e.Executed
	r.restore(before)
	req.Exact = true
	e = r.run(req)
	if e.Reason == cpu.Inexact {
		r.fail("an exact run is inexact")
	}
	if !req.Uncounted && bound > e.Executed {
		r.fail("the inexact run says that %d instructions are certain, the exact one executed %d", bound, e.Executed)
	}
	return e
}

// must is exactly, with the reason that is expected.
func (r *rig) must(reason cpu.Reason, req cpu.Request) *cpu.Exit {
	r.Helper()
	e := r.exactly(req)
	if e.Reason != reason {
		r.Fatalf("ended with %s, want %s", describe(e), name(reason))
	}
	return e
}

// snapshot is the state of a rig.
type snapshot struct {
	ctx cpu.Context
	mem [][]byte
}

func (r *rig) save() snapshot {
	var s snapshot
	s.ctx.CopyFrom(&r.ctx)
	for _, m := range r.mem {
		if m.Perm&guest.Exec == 0 {
			s.mem = append(s.mem, bytes.Clone(m.Host))
		}
	}
	return s
}

func (r *rig) restore(s snapshot) {
	r.ctx.CopyFrom(&s.ctx)
	i := 0
	for _, m := range r.mem {
		if m.Perm&guest.Exec == 0 {
			copy(m.Host, s.mem[i])
			i++
		}
	}
}

// data returns a copy of the memory that the guest can write.
func (r *rig) data() []byte {
	var b []byte
	for _, m := range r.mem {
		if m.Perm&guest.Write != 0 {
			b = append(b, m.Host...)
		}
	}
	return b
}

var reasons = [...]string{
	"?", "budget", "syscall", "hook", "return", "break", "full", "fault", "inexact", "interrupted",
}

func name(r cpu.Reason) string { return reasons[r] }

func describe(e *cpu.Exit) string {
	s := fmt.Sprintf("%s at %s after %d", name(e.Reason), e.Regs.RIP, e.Executed)
	if e.Reason == cpu.Fault {
		s += fmt.Sprintf(" %+v", e.Fault)
	}
	return s
}

// free is a request without a bound.
func free() cpu.Request { return cpu.Request{Budget: cpu.Unlimited} }

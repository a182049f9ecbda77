package trampoline

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
	"patchlab/insn"
)

// What a task brings to stub.entry, and where it is sent.
const (
	entrySP            = 0x8000 // E
	callerBP           = 0xb0b0
	parentIP, function = 0x401234, 0x402005
	body               = 0x10000040
)

const (
	orderInSteps = "stub.entry stub.jump " +
		"stub.parent_ip stub.parent stub.parent_frame stub.ip stub.function stub.function_frame stub.regs stub.call " +
		"shim.entry shim.frame shim.hook shim.leave shim.ret " +
		"stub.commit stub.drop stub.restore stub.drop_parent stub.ret"
	orderWhole = "stub.entry stub.jump stub.fast"
)

// TestStackThroughArena follows stack pointer, frame pointer and stack from
// entry to return, in both forms, and holds each place's depth and the hook's
// picture against them.
func TestStackThroughArena(t *testing.T) {
	for _, to := range []uint64{function, body} {
		for _, form := range []struct {
			name, order string
			run         func(*stackMachine, uint64)
		}{
			{"in steps", orderInSteps, (*stackMachine).inSteps},
			{"whole", orderWhole, (*stackMachine).whole},
		} {
			m := newStack(t)
			form.run(m, to)
			if uint64(m.ip) != to || m.sp != entrySP+8 || m.bp != callerBP || m.words[m.sp] != parentIP {
				t.Errorf("%s: left to %s with sp E%+d, bp %#x", form.name, m.ip, int64(m.sp)-entrySP, m.bp)
			}
			if got := strings.Join(m.order, " "); got != form.order {
				t.Errorf("%s: ran %s", form.name, got)
			}
		}
	}
}

// TestBothFormsLeaveTheSame compares all words that the two forms leave, the
// dead ones below the stack pointer included, and the registers.
func TestBothFormsLeaveTheSame(t *testing.T) {
	for _, to := range []uint64{function, body} {
		steps, whole := newStack(t), newStack(t)
		steps.inSteps(to)
		whole.whole(to)
		for _, m := range []*stackMachine{steps, whole} {
			delete(m.words, uint64(m.arena.Cell()))
		}
		if steps.ip != whole.ip || steps.sp != whole.sp || steps.bp != whole.bp {
			t.Errorf("in steps: ip %s, sp %#x, bp %#x; whole: ip %s, sp %#x, bp %#x",
				steps.ip, steps.sp, steps.bp, whole.ip, whole.sp, whole.bp)
		}
		both := maps.Clone(steps.words)
		maps.Copy(both, whole.words)
		for _, at := range slices.Sorted(maps.Keys(both)) {
			s, inSteps := steps.words[at]
			w, inWhole := whole.words[at]
			if s != w || inSteps != inWhole {
				t.Errorf("E%+d: in steps %#x, %v; whole %#x, %v", int64(at)-entrySP, s, inSteps, w, inWhole)
			}
		}
		if len(both) != 9 {
			t.Errorf("%d words, want E-56 to E+8", len(both))
		}
	}
}

// stackMachine executes what the arena consists of, by the decoded operands.
type stackMachine struct {
	t      *testing.T
	arena  *Arena
	sp, bp uint64
	ip     guest.Addr
	words  map[uint64]uint64
	order  []string // the places it came through
}

// newStack returns a machine that stands at stub.entry.
func newStack(t *testing.T) *stackMachine {
	a := NewArena(testBase)
	return &stackMachine{t: t, arena: a, sp: entrySP, bp: callerBP, ip: a.Entry(), words: map[uint64]uint64{
		entrySP + 8: parentIP, entrySP: function,
	}}
}

// run executes until control leaves the arena, and checks each place's depth. It
// calls at before each instruction.
func (m *stackMachine) run(at func(name string)) {
	m.t.Helper()
	for {
		p, ok := m.arena.At(m.ip)
		if !ok {
			return
		}
		m.order = append(m.order, p.Name)
		if m.sp+p.Depth != entrySP {
			m.t.Errorf("%s: depth %d, stack pointer E-%d", p.Name, p.Depth, entrySP-m.sp)
		}
		at(p.Name)
		m.step()
	}
}

// inSteps runs the way through the shim; the handler chooses body.
func (m *stackMachine) inSteps(body uint64) {
	m.run(func(name string) {
		switch name {
		case "stub.entry":
			m.setCell("stub.parent_ip")
		case "shim.hook":
			m.checkHook()
			m.words[m.sp+IPOffset] = body
		}
	})
}

// whole runs the whole form: what a CPU does before stub.entry is done here.
func (m *stackMachine) whole(body uint64) {
	m.run(func(name string) {
		if name != "stub.entry" {
			return
		}
		e := m.sp
		m.words[e-8] = m.words[e+8]
		m.words[e-16] = m.bp
		m.words[e-24] = m.words[e]
		m.words[e-32] = e - 16
		m.words[e-40] = body
		m.words[e-48] = uint64(m.arena.Named("stub.commit").Addr)
		m.words[e-56] = e - 32
		m.words[e] = body
		m.setCell("stub.fast")
	})
}

func (m *stackMachine) setCell(place string) {
	m.words[uint64(m.arena.Cell())] = uint64(m.arena.Named(place).Addr)
}

func (m *stackMachine) checkHook() {
	m.t.Helper()
	word := func(what string, at, want uint64) {
		if m.words[at] != want {
			m.t.Errorf("at the hook: %s is %#x, want %#x", what, m.words[at], want)
		}
	}
	if m.sp != m.bp || m.sp+SlotOffset != entrySP {
		m.t.Errorf("at the hook: sp E-%d, bp E-%d", entrySP-m.sp, entrySP-m.bp)
	}
	word("regs.ip", m.sp+IPOffset, function)
	word("return slot", m.sp+SlotOffset, function)
	word("parent", m.sp+ParentOffset, parentIP)
	word("shim's return address", m.bp+8, uint64(m.arena.Named("stub.commit").Addr))
	ofFunction := m.words[m.bp]
	word("return address of the function's frame", ofFunction+8, function)
	ofParent := m.words[ofFunction]
	word("return address of the parent's frame", ofParent+8, parentIP)
	word("saved frame pointer", ofParent, callerBP)
}

func (m *stackMachine) push(v uint64) {
	m.sp -= 8
	m.words[m.sp] = v
}

func (m *stackMachine) pop() uint64 {
	v := m.words[m.sp]
	m.sp += 8
	return v
}

// address returns the address of the two kinds of memory operands that occur.
// RIP is that of the next instruction by then.
func (m *stackMachine) address(arg x86asm.Arg) uint64 {
	mem := arg.(x86asm.Mem)
	base, ok := map[x86asm.Reg]uint64{x86asm.RSP: m.sp, x86asm.RIP: uint64(m.ip)}[mem.Base]
	if !ok || mem.Index != 0 {
		m.t.Fatalf("%s: operand %s", m.ip, mem)
	}
	return base + uint64(mem.Disp)
}

func (m *stackMachine) step() {
	in, err := insn.Decode(m.arena.Code()[m.ip-testBase:], m.ip)
	if err != nil {
		m.t.Fatal(err)
	}
	m.ip = in.End()
	_, toMemory := in.Args[0].(x86asm.Mem)
	switch {
	case in.Op == x86asm.PUSH && toMemory:
		m.push(m.words[m.address(in.Args[0])])
	case in.Op == x86asm.PUSH && in.Args[0] == x86asm.RBP:
		m.push(m.bp)
	case in.Op == x86asm.POP && toMemory:
		v := m.pop()
		m.words[m.address(in.Args[0])] = v
	case in.Op == x86asm.POP && in.Args[0] == x86asm.RBP:
		m.bp = m.pop()
	case in.Op == x86asm.MOV && in.Args[0] == x86asm.RBP && in.Args[1] == x86asm.RSP:
		m.bp = m.sp
	case in.Op == x86asm.LEA && in.Args[0] == x86asm.RSP:
		m.sp = m.address(in.Args[1])
	case in.Op == x86asm.JMP && toMemory:
		m.ip = guest.Addr(m.words[m.address(in.Args[0])])
	case in.Op == x86asm.CALL:
		m.push(uint64(m.ip))
		m.ip, _ = in.DirectTarget()
	case in.Op == x86asm.RET:
		m.ip = guest.Addr(m.pop())
	case in.Op == x86asm.NOP:
	default:
		m.t.Fatalf("%s changes more than the two pointers", in)
	}
}

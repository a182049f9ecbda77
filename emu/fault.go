package emu

import (
	"errors"
	"fmt"

	"patchlab/emu/cpu"
	"patchlab/emu/kernel"
	"patchlab/guest"
	"patchlab/insn"
)

// ErrGuest is what every *[Fault] is: the guest did what it must not.
var ErrGuest = errors.New("guest fault")

// Fault says what the guest did, where, and in which task.
type Fault struct {
	Task   guest.TaskID
	Name   string
	Thread int // the number by which a program of user style knows the task; else 0
	Time   guest.Time
	Mode   guest.Mode
	PC     guest.Addr
	Symbol string // where PC is, such as "f+0x4", or "" when nowhere known
	Line   string // the source line of PC, such as "f.c:12", or ""
	Insn   string // the instruction at PC, or ""
	What   string // what is wrong
	Regs   guest.Regs
}

// Error is one line with all of it but the registers.
func (f *Fault) Error() string {
	where := f.PC.String()
	switch {
	case f.Symbol != "" && f.Line != "":
		where += " (" + f.Symbol + ", " + f.Line + ")"
	case f.Symbol != "":
		where += " (" + f.Symbol + ")"
	}
	s := fmt.Sprintf("%s:%d in %s mode at %s: %s", f.Name, f.Task, f.Mode, where, f.What)
	if f.Thread != 0 {
		s = fmt.Sprintf("thread %d at %s: %s", f.Thread, where, f.What)
	}
	if f.Insn != "" {
		s += ": " + f.Insn
	}
	return s
}

// Is makes every Fault an [ErrGuest].
func (f *Fault) Is(target error) bool { return target == ErrGuest }

// fault makes an error of what the CPU reports.
func (m *Machine) fault(t *task, info cpu.FaultInfo) error {
	return m.newFault(t, t.ctx.PC, m.faultText(t, info))
}

// wrong makes an error of something that the guest asked for at its pc.
func (m *Machine) wrong(t *task, what string) error {
	f := m.newFault(t, t.ctx.PC, what)
	f.Insn = ""
	return f
}

func (m *Machine) newFault(t *task, pc guest.Addr, what string) *Fault {
	f := &Fault{
		Task: t.id, Name: t.name, Time: m.now, Mode: t.mode, PC: pc, What: what,
		Symbol: m.Symbol(pc), Line: m.config.Locate(pc), Regs: m.cpu.Registers(&t.ctx),
	}
	if m.isProcess() {
		f.Thread = kernel.TID(t.id)
	}
	var b [15]byte
	for n := len(b); n > 0; n-- {
		if m.mem.ReadAt(pc, b[:n]) != nil {
			continue
		}
		if in, err := insn.Decode(b[:n], pc); err == nil {
			f.Insn = in.Text(nil)
		}
		break
	}
	return f
}

// Symbol writes where a lies: a function with the distance from its start, a place
// of the stub, or "".
func (m *Machine) Symbol(a guest.Addr) string {
	if m.arena.Range().Contains(a) {
		if p, ok := m.arena.At(a); ok {
			return p.Name
		}
		return "arena"
	}
	if a == Until {
		return "the machine's return address"
	}
	return m.config.Symbolize(a)
}

func (m *Machine) faultText(t *task, info cpu.FaultInfo) string {
	at := func(verb string) string {
		s := fmt.Sprintf("%s %s at %s, ", verb, count(info.Size, "byte"), info.Addr)
		p := m.mem.Find(info.Addr)
		switch {
		case p == nil && m.guard(info.Addr) != "":
			return s + m.guard(info.Addr)
		case m.isProcess() && m.stackIsFull(t, info.Addr):
			return s + "below what is mapped for its stack: the stack is full"
		case p == nil:
			return s + "where nothing is mapped"
		}
		return s + fmt.Sprintf("in %s (%s)", p.Name, p.Perm)
	}
	switch info.Kind {
	case cpu.ReadFault:
		return at("reads")
	case cpu.WriteFault:
		return at("writes")
	case cpu.FetchFault:
		if p := m.mem.Find(info.Addr); p != nil {
			return fmt.Sprintf("runs what is no code for this mode, in %s (%s)", p.Name, p.Perm)
		}
		return "runs where nothing is mapped"
	case cpu.Illegal:
		return "executes what is no instruction"
	case cpu.Refused:
		if m.inStub(t) {
			return info.Text // it says how control came there
		}
		return "executes " + info.Text
	case cpu.Exception:
		return exceptionText(info.Vector)
	case cpu.Halt:
		return "halts the CPU"
	}
	panic(fmt.Sprintf("BUG: fault kind %d", info.Kind))
}

// count writes a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// guard names the stack whose guard page a lies in.
func (m *Machine) guard(a guest.Addr) string {
	for i := range m.tasks {
		t := &m.tasks[i]
		for _, s := range []struct {
			what string
			r    guest.Range
		}{{"kernel", t.kstack}, {"user", t.ustack}} {
			if (guest.Range{Start: s.r.Start - guest.PageSize, End: s.r.Start}).Contains(a) {
				return fmt.Sprintf("below the %s stack of %s: the stack is full", s.what, t.name)
			}
		}
	}
	return ""
}

// stackIsFull reports whether a process has come to the end of a stack: to where it may not
// write, close to the stack pointer, and what lies above it is there.
func (m *Machine) stackIsFull(t *task, a guest.Addr) bool {
	r := m.cpu.Registers(&t.ctx)
	sp, writes := r.SP(), guest.Write|guest.User
	above := guest.PageUp(max(sp, a) + 1)
	return max(sp, a)-min(sp, a) < guest.PageSize && !m.mem.Allows(a, 1, writes) && m.mem.Allows(above, 1, writes)
}

// exceptionText names a processor exception (Intel SDM volume 3, table 6-1).
func exceptionText(vector uint32) string {
	names := map[uint32]string{
		0: "divides by zero or overflows a division (#DE)", 1: "traps for debugging (#DB)",
		3: "executes a breakpoint (int3, #BP)", 4: "overflows (#OF)", 5: "is out of bounds (#BR)",
		6: "executes what is no instruction (#UD)", 13: "violates protection (#GP)",
		16: "raises an x87 error (#MF)", 17: "is misaligned (#AC)", 19: "raises an SSE error (#XM)",
	}
	if n, ok := names[vector]; ok {
		return n
	}
	return fmt.Sprintf("raises interrupt %#x", vector)
}

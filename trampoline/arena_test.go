package trampoline

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
	"patchlab/insn"
)

const testBase guest.Addr = 0x20000000

func TestArenaBytesAreTheText(t *testing.T) {
	a := NewArena(testBase)
	names := func(at guest.Addr) (string, guest.Addr) {
		if at == a.Shim().Start {
			return "shim", at
		}
		return "", 0
	}
	code := a.Code()
	for i, in := range append(append([]instruction{}, stub...), shim...) {
		p := a.Places()[i]
		decoded, err := insn.Decode(code[p.Addr-testBase:], p.Addr)
		if err != nil {
			t.Fatalf("%s: %v", in.name, err)
		}
		got := strings.Replace(decoded.Text(names), ", ptr [", ", [", 1)
		got = strings.Replace(got, a.Shim().Start.String()+" <shim>", "shim", 1)
		if got != in.text || decoded.Len != len(in.code) || p.Size != decoded.Len {
			t.Errorf("%s: bytes % x are %q, the row says %q", in.name, in.code, got, in.text)
		}
	}
}

// TestArenaAsAssembled has the assembler at hand translate the texts and wants
// the same bytes.
func TestArenaAsAssembled(t *testing.T) {
	dir := t.TempDir()
	source, object, raw := filepath.Join(dir, "a.s"), filepath.Join(dir, "a.o"), filepath.Join(dir, "a.bin")
	var s strings.Builder
	s.WriteString(".intel_syntax noprefix\n.text\nstub:\n")
	for _, in := range stub {
		s.WriteString("\t" + in.text + "\n")
	}
	fmt.Fprintf(&s, "\t.balign 16, %d\nshim:\n", fill)
	for _, in := range shim {
		s.WriteString("\t" + in.text + "\n")
	}
	if err := os.WriteFile(source, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"as", "-o", object, source},
		{"objcopy", "-O", "binary", "-j", ".text", object, raw},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	want, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	code := NewArena(testBase).Code()
	if !bytes.HasPrefix(code, want) || len(want) < arenaSize {
		t.Errorf("got\n% x\nassembled\n% x", code[:arenaSize], want)
	}
	if rest := bytes.Trim(code[arenaSize:], "\xcc"); len(rest) > 0 {
		t.Errorf("the rest of the page is not filled: % x", rest)
	}
}

func TestArenaPlaces(t *testing.T) {
	a := NewArena(testBase)
	next := a.Stub().Start
	for _, p := range a.Places() {
		if p.Name == "shim.entry" {
			if next != a.Stub().End {
				t.Errorf("stub ends at %s, its range is %s", next, a.Stub())
			}
			next = a.Shim().Start
		}
		if p.Addr != next {
			t.Errorf("%s at %s, want %s", p.Name, p.Addr, next)
		}
		if at, ok := a.At(p.Addr); !ok || at != p || a.Named(p.Name) != p {
			t.Errorf("%s is found as %+v, %v", p.Name, at, ok)
		}
		for i := 1; i < p.Size; i++ {
			if in, ok := a.At(p.Addr + guest.Addr(i)); ok {
				t.Errorf("%s found inside %s", in.Name, p.Name)
			}
		}
		next += guest.Addr(p.Size)
	}
	if next != a.Shim().End || !a.Page().Covers(a.Shim()) {
		t.Errorf("shim ends at %s, its range is %s", next, a.Shim())
	}
	for _, at := range []guest.Addr{testBase - 1, a.Stub().End, a.Shim().End, a.Page().End, 0, ^guest.Addr(0)} {
		if p, ok := a.At(at); ok {
			t.Errorf("%s found at %s", p.Name, at)
		}
	}
	if p, ok := a.Find("stub.nowhere"); ok {
		t.Errorf("found %+v", p)
	}
	a.Code()[0] = 0
	if a.Code()[0] == 0 {
		t.Error("the arena's bytes are changed through a copy")
	}
}

// TestStackThroughArena follows stack pointer, frame pointer and stack from
// entry to return, and holds each place's depth and the hook's picture against
// them.
func TestStackThroughArena(t *testing.T) {
	const (
		entry            = 0x8000 // E
		callerBP         = 0xb0b0
		parentIP, functn = 0x401234, 0x402005
		body             = 0x10000040
	)
	for _, route := range []uint64{0, body} {
		a := NewArena(testBase)
		m := stackMachine{t: t, arena: a, sp: entry, bp: callerBP, ip: a.Stub().Start, words: map[uint64]uint64{
			entry + 8: parentIP, entry: functn,
		}}
		var order []string
		for {
			p, ok := a.At(m.ip)
			if !ok {
				break
			}
			order = append(order, p.Name)
			if m.sp+p.Depth != entry {
				t.Errorf("%s: depth %d, stack pointer E-%d", p.Name, p.Depth, entry-m.sp)
			}
			if m.ip == a.Hook() {
				m.checkHook(entry, callerBP, parentIP, functn)
				if route != 0 {
					m.words[m.sp+IPOffset] = route
				}
			}
			m.step()
		}
		want := uint64(functn)
		if route != 0 {
			want = route
		}
		if uint64(m.ip) != want || m.sp != entry+8 || m.bp != callerBP || m.words[m.sp] != parentIP {
			t.Errorf("left to %s with sp E%+d, bp %#x", m.ip, int64(m.sp)-entry, m.bp)
		}
		if got := strings.Join(order, " "); got != runOrder {
			t.Errorf("ran %s", got)
		}
	}
}

const runOrder = "stub.entry stub.parent stub.parent_frame stub.ip stub.function stub.function_frame stub.regs stub.call " +
	"shim.entry shim.frame shim.hook shim.leave shim.ret " +
	"stub.commit stub.drop stub.restore stub.drop_parent stub.ret"

// stackMachine executes what the arena consists of, by the decoded operands.
type stackMachine struct {
	t      *testing.T
	arena  *Arena
	sp, bp uint64
	ip     guest.Addr
	words  map[uint64]uint64
}

func (m *stackMachine) checkHook(entry, callerBP, parentIP, function uint64) {
	m.t.Helper()
	word := func(what string, at, want uint64) {
		if m.words[at] != want {
			m.t.Errorf("at the hook: %s is %#x, want %#x", what, m.words[at], want)
		}
	}
	if m.sp != m.bp || m.sp+SlotOffset != entry {
		m.t.Errorf("at the hook: sp E-%d, bp E-%d", entry-m.sp, entry-m.bp)
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

// address returns the address of the one kind of memory operand that occurs.
func (m *stackMachine) address(arg x86asm.Arg) uint64 {
	mem := arg.(x86asm.Mem)
	if mem.Base != x86asm.RSP || mem.Index != 0 {
		m.t.Fatalf("%s: operand %s", m.ip, mem)
	}
	return m.sp + uint64(mem.Disp)
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

package insn

import (
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
)

// Symbolizer returns the name of what contains a and the address at which that
// begins, or "" if nothing does.
type Symbolizer func(a guest.Addr) (name string, start guest.Addr)

// Text returns i in Intel syntax, lower case. Targets of direct calls and jumps
// and RIP-relative operands have their address behind them, and the symbol if
// names, which may be nil, knows one:
//
//	call 0x401136 <f>
//	mov rax, qword ptr [rip+0x2ee2] # 0x404018 <table+0x8>
func (i Inst) Text(names Symbolizer) string {
	target, direct := i.DirectTarget()
	switch mem, ok := i.MemTarget(); {
	case i.Op >= ENDBR64:
		s := i.ownText()
		if ok {
			s += " # " + named(mem, names)
		}
		return s
	case direct:
		// x86asm writes the target last, in a form that depends on its value.
		s := x86asm.IntelSyntax(i.Inst, 0, nil)
		return s[:strings.LastIndexByte(s, ' ')+1] + named(target, names)
	case i.Op == x86asm.NOP:
		// The reg field, which x86asm writes and no assembler, means nothing.
		s, _, _ := strings.Cut(x86asm.IntelSyntax(i.Inst, uint64(i.Addr), nil), ", ")
		return s
	case ok:
		return x86asm.IntelSyntax(i.Inst, uint64(i.Addr), nil) + " # " + named(mem, names)
	}
	return x86asm.IntelSyntax(i.Inst, uint64(i.Addr), nil)
}

// String returns the text without symbols.
func (i Inst) String() string { return i.Text(nil) }

// ownText writes the operations that x86asm has no names for. Its own writer
// does not take them, so they are written as a multiplication first.
func (i Inst) ownText() string {
	name := opNames[i.Op-ENDBR64]
	if i.Args[0] == nil {
		return name
	}
	like := i.Inst
	like.Op, like.Opcode = x86asm.IMUL, 0
	return strings.Replace(x86asm.IntelSyntax(like, uint64(i.Addr), nil), "imul", name, 1)
}

func named(a guest.Addr, names Symbolizer) string {
	if names == nil {
		return a.String()
	}
	name, start := names(a)
	switch {
	case name == "":
		return a.String()
	case a == start:
		return fmt.Sprintf("%s <%s>", a, name)
	}
	return fmt.Sprintf("%s <%s+%#x>", a, name, uint64(a-start))
}

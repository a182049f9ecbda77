package process

import (
	"patchlab/emu"
	"patchlab/guest"
	"patchlab/insn"
)

// maxFrames bounds a stack: recursion without end is clear by then.
const maxFrames = 20

// Stack returns what the thread that has made a fault seems to be in, innermost first, each
// with its source line where that is known: "main+0x12 (a.c:7)". It goes by frame pointers,
// so code that keeps none hides its callers: it is for reports, and promises nothing.
func (p *Process) Stack(f *emu.Fault) []string {
	stack := []string{p.place(f.PC, f.PC)}
	push := func(slot guest.Addr) bool {
		at, err := guest.ReadU64(p.Machine.Memory(), slot)
		ret := guest.Addr(at)
		if err != nil || !p.isReturn(ret) || len(stack) == maxFrames {
			return false
		}
		stack = append(stack, p.place(ret, guest.ReturnAddr(ret).CallSite()))
		return true
	}
	if above, ok := p.frameless(f.PC); ok {
		push(f.Regs.SP() + above)
	}
	for bp := f.Regs.BP(); push(bp + 8); {
		next, err := guest.ReadU64(p.Machine.Memory(), bp)
		if err != nil || guest.Addr(next) <= bp {
			break
		}
		bp = guest.Addr(next)
	}
	return stack
}

// place writes an address, and the line of the instruction at a.
func (p *Process) place(at, a guest.Addr) string {
	text := p.Machine.Symbol(at)
	if text == "" {
		text = at.String()
	}
	if l := p.line(a); l != "" {
		text += " (" + l + ")"
	}
	return text
}

// line returns the source line of an address, "" where none is known.
func (p *Process) line(a guest.Addr) string {
	if l, ok := p.lines.Find(a); ok {
		return l.String()
	}
	return ""
}

// frameless returns how far above the stack pointer the return address lies of a function
// that has no frame yet, or none any more, or makes none; ok is false where its frame seems
// to be there.
func (p *Process) frameless(pc guest.Addr) (above guest.Addr, ok bool) {
	if p.Machine.Symbol(pc) == "" {
		return 0, true // a wild call
	}
	switch text, _ := p.insnText(pc); text {
	case "ret", "push rbp", "endbr64":
		return 0, true
	case "mov rbp, rsp":
		return 8, true
	}
	return 0, !p.makesFrame(pc)
}

// makesFrame reports whether the function at pc begins by making a frame.
func (p *Process) makesFrame(pc guest.Addr) bool {
	f, ok := p.symbols.FunctionAt(pc)
	if !ok {
		return true
	}
	text, end := p.insnText(f.Range.Start)
	if text == "endbr64" {
		text, _ = p.insnText(end)
	}
	return text == "push rbp"
}

// insnText returns the instruction at a as text, and its end.
func (p *Process) insnText(a guest.Addr) (text string, end guest.Addr) {
	var code [insn.MaxLen]byte
	n := len(code)
	for n > 0 && p.Machine.Memory().ReadAt(a, code[:n]) != nil {
		n--
	}
	in, err := insn.Decode(code[:n], a)
	if err != nil {
		return "", a
	}
	return in.String(), in.End()
}

// isReturn reports whether a call stands right before a.
func (p *Process) isReturn(a guest.Addr) bool {
	const longest = 7 // call [base+index*scale+disp32]
	var b [longest]byte
	if p.Machine.Memory().ReadAt(a-longest, b[:]) != nil {
		return false
	}
	if b[longest-5] == 0xe8 { // call rel32
		return true
	}
	for i, c := range b[:longest-1] {
		if c == 0xff && b[i+1]>>3&7 == 2 { // call r/m64
			return true
		}
	}
	return false
}

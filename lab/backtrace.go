package lab

import (
	"patchlab/emu"
	"patchlab/guest"
	"patchlab/insn"
	"patchlab/lines"
	"patchlab/unwind"
)

// Line returns the source line of the instruction at a, in program or modules; ok is false
// where none is known.
func (l *Lab) Line(a guest.Addr) (line lines.Line, ok bool) {
	if line, ok := l.lines.Find(a); ok {
		return line, true
	}
	for _, m := range l.modules {
		if line, ok := m.lines.Find(a); ok {
			return line, true
		}
	}
	return lines.Line{}, false
}

func (l *Lab) lineText(a guest.Addr) string {
	if line, ok := l.Line(a); ok {
		return line.String()
	}
	return ""
}

// FrameText writes an entry of a stack with its source line, where that is known:
// "greet+0x12 (greet.c:14)".
func (l *Lab) FrameText(f unwind.Frame) string {
	text := l.Code.Text(f)
	if l.Code.Find(f.Lookup()) == nil { // user mode, or no code
		if s := l.Symbol(f.Addr); s != "" {
			text = s
		}
	}
	if line := l.lineText(f.Lookup()); line != "" {
		text += " (" + line + ")"
	}
	return text
}

// Backtrace returns what a task seems to be in, innermost first, from its registers as they are now and
// the frame pointers on its stack. Unlike [Lab.Unwind] it always returns something, and promises nothing:
// it is for reports, and nothing in a run may depend on it.
func (l *Lab) Backtrace(id guest.TaskID) []unwind.Frame {
	t, ok := l.Machine.Task(id)
	if !ok || t.State == emu.Exited {
		return nil
	}
	frames := []unwind.Frame{{Addr: t.Regs.RIP, Kind: unwind.ExactPC}}
	push := func(slot guest.Addr) bool {
		at, err := guest.ReadU64(l.Machine.Memory(), slot)
		ret := guest.Addr(at)
		if err != nil || ret != emu.Until && l.Machine.Symbol(guest.ReturnAddr(ret).CallSite()) == "" {
			return false
		}
		frames = append(frames, unwind.Frame{Addr: ret, Kind: unwind.Return})
		return ret != emu.Until && len(frames) < unwind.MaxFrames
	}
	if slot, ok := l.frameless(&t.Regs); ok && !push(slot) {
		return frames
	}
	for bp := t.Regs.BP(); push(bp + 8); {
		next, err := guest.ReadU64(l.Machine.Memory(), bp)
		if err != nil || guest.Addr(next) <= bp {
			return frames
		}
		bp = guest.Addr(next)
	}
	return frames
}

// frameless returns where the return address is of a function that has no frame yet, or none any
// more; ok is false where its frame is there, or seems to be.
func (l *Lab) frameless(r *guest.Regs) (slot guest.Addr, ok bool) {
	if l.Machine.Symbol(r.RIP) == "" {
		return r.SP(), true // a wild call
	}
	pushed, ok := l.pushed(r.RIP)
	return r.SP() + guest.Addr(pushed), ok
}

// pushed returns how many bytes lie above the return address of a function without a frame at pc.
func (l *Lab) pushed(pc guest.Addr) (bytes int, ok bool) {
	text, _ := l.insnText(pc)
	switch f := l.Code.Find(pc); {
	case text == "ret", text == "push rbp", text == "endbr64":
		return 0, true
	case text == "mov rbp, rsp":
		return 8, true
	case f != nil && !f.Stub:
		return l.pushedBefore(f, pc)
	}
	return 0, false
}

// pushedBefore goes by the last instruction of f before pc that makes the frame or takes it away.
func (l *Lab) pushedBefore(f *unwind.Func, pc guest.Addr) (bytes int, ok bool) {
	text, end := "", f.Range.Start
	for _, w := range f.Windows {
		if w.Addr < pc && (w.Kind == unwind.Prologue || w.Kind == unwind.Epilogue) {
			text, end = l.insnText(w.Addr)
		}
	}
	switch text {
	case "":
		return 0, true
	case "push rbp":
		return 8, true
	case "leave", "pop rbp":
		return 0, end == pc // code behind it may belong to another way through the function
	}
	return 0, false
}

// insnText returns the instruction at a as text, and its end.
func (l *Lab) insnText(a guest.Addr) (text string, end guest.Addr) {
	var code [insn.MaxLen]byte
	n := len(code)
	for n > 0 && l.Machine.ReadAt(a, code[:n]) != nil {
		n--
	}
	in, err := insn.Decode(code[:n], a)
	if err != nil {
		return "", a
	}
	return in.String(), in.End()
}

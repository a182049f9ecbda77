package fp

import (
	"golang.org/x/arch/x86/x86asm"

	"patchlab/insn"
)

// rbpIs says what rbp holds.
type rbpIs uint8

const (
	callers rbpIs = iota // what it held at the function's entry
	frame                // the address of the complete frame
	other                // anything
)

// state is what is known about rsp and rbp before an instruction, on every path
// that leads to it. Places on the stack are counted from the base, the address
// above the return address (the ABI's CFA):
//
//	base-8    return address
//	base-16   caller's rbp, once saved          <- rbp when it is the frame
//	base-sp   <- rsp
//
// A function that realigns its stack (gcc: lea r10,[rsp+8]; and rsp,-N; push
// [r10-8]) goes on with a copy of the return address: the base moves there.
type state struct {
	sp     int32 // distance from the base down to rsp in bytes, if known or deep
	known  bool  // sp is exact
	deep   bool  // sp is the least that the distance can be, and at least 16
	copied bool  // the base has moved
	bp     rbpIs
	saved  bool // the word at base-16 is the caller's rbp
	r10    bool // r10 holds the base
	called bool // nothing but padding since a call: the callee may not return
}

// entry is the state at the start of a function.
var entry = state{sp: 8, known: true, bp: callers}

// merge returns what is known when both a and b can be so.
func merge(a, b state) state {
	if a == b {
		return a
	}
	m := state{
		sp: a.sp, known: a.known && b.known && a.sp == b.sp, copied: a.copied,
		bp: a.bp, saved: a.saved && b.saved, r10: a.r10 && b.r10, called: a.called && b.called,
	}
	if a.copied != b.copied {
		m.saved, m.copied = false, true
		m.loseSP()
	} else if !m.known {
		m.setLeast(min(a.sp, b.sp))
	}
	if a.bp != b.bp || a.bp == frame && !m.saved {
		m.bp = other
	}
	return m
}

// hasFrame says that the frame is complete and lies at or above rsp.
func (s state) hasFrame() bool { return s.bp == frame && s.sp >= 16 }

// canLeave says that the caller finds its rbp, and its rsp as far as is known.
func (s state) canLeave() bool {
	return s.bp == callers && (!s.known || s.sp == 8 && !s.copied)
}

// atEntry says that rsp and rbp are as at the function's entry, for sure.
func (s state) atEntry() bool { return s.canLeave() && s.known }

// setSP moves rsp to a known place. What is below it is lost. An instruction moves
// rsp by less than 2 GiB, so that a distance which overflows is negative first, and
// ends like a return address that was popped.
func (s *state) setSP(sp int32) {
	s.sp, s.known, s.deep = sp, true, false
	if sp < 16 {
		s.saved = false
		if s.bp == frame {
			s.bp = other
		}
	}
	if sp < 8 { // the return address is lost
		s.loseSP()
		s.bp = other
	}
}

// setLeast says that rsp is at that place or below it. That is worth knowing only
// below the frame; nothing is known of rsp otherwise.
func (s *state) setLeast(sp int32) {
	s.loseSP()
	if sp >= 16 {
		s.sp, s.deep = sp, true
	}
}

func (s *state) loseSP() { s.sp, s.known, s.deep = 0, false, false }

// after returns the state behind in, which goes on to the next instruction.
func (s state) after(in insn.Inst) state {
	if isPadding(in) {
		return s
	}
	s.called = false
	switch in.Op {
	case x86asm.CALL, x86asm.SYSCALL:
		s.called = in.Op == x86asm.CALL
		s.r10 = false
	case x86asm.PUSH:
		s.push(in)
	case x86asm.POP:
		s.pop(in)
	case x86asm.PUSHFQ:
		s.pushWord(false)
	case x86asm.POPFQ:
		s.moveSP(-8)
	case x86asm.LEAVE:
		s.leave()
	case x86asm.ENTER:
		s.loseSP()
		s.bp = other
	case x86asm.PUSHF, x86asm.POPF:
		s.loseSP()
	default:
		s.compute(in)
	}
	return s
}

func (s *state) moveSP(down int32) {
	switch {
	case s.known:
		s.setSP(s.sp + down)
	case s.deep:
		s.setLeast(s.sp + down)
	}
}

// pushWord pushes a word, and rbp tells whether it is the caller's rbp.
func (s *state) pushWord(rbp bool) {
	if s.known && s.sp == 8 {
		s.saved = rbp && s.bp == callers
	}
	if !s.known && !s.deep { // it may hit the frame
		s.saved = false
		if s.bp == frame {
			s.bp = other
		}
		return
	}
	s.moveSP(8)
}

func (s *state) push(in insn.Inst) {
	if in.DataSize == 16 {
		s.loseSP()
		return
	}
	if m, ok := in.Args[0].(x86asm.Mem); ok && s.r10 && m.Base == x86asm.R10 && m.Index == 0 && m.Disp == -8 {
		*s = state{sp: 8, known: true, copied: true, bp: s.bp}
		if s.bp == frame {
			s.bp = other // the frame belongs to the base before
		}
		return
	}
	s.pushWord(in.Args[0] == x86asm.RBP)
}

func (s *state) pop(in insn.Inst) {
	if in.DataSize == 16 {
		s.loseSP()
		s.write(in)
		return
	}
	back := in.Args[0] == x86asm.RBP && s.known && s.sp == 16 && s.saved
	s.moveSP(-8)
	s.write(in)
	if back {
		s.bp = callers
	}
}

func (s *state) leave() {
	if s.bp != frame {
		s.loseSP()
		s.bp = other
		return
	}
	s.bp = callers
	s.setSP(8)
}

// compute follows the instructions that compute rsp and rbp from each other, and
// what any other one writes.
func (s *state) compute(in insn.Inst) {
	if down, ok := moved(in); ok {
		s.moveSP(down)
		return
	}
	least := s.sp
	sp, known := s.value(in)
	base := in.Args[0] == x86asm.R10 && known && sp == 0
	s.write(in)
	switch {
	case in.Args[0] == x86asm.RSP && known:
		s.setSP(sp)
	case in.Args[0] == x86asm.RSP && lowers(in):
		s.setLeast(least)
	case in.Args[0] == x86asm.RBP && known && sp == 16 && s.saved:
		s.bp = frame
	case base:
		s.r10 = true
	}
}

// value returns the distance below the base of the address that in computes, if
// it is a mov or lea whose result is known.
func (s *state) value(in insn.Inst) (sp int32, known bool) {
	switch a := in.Args[1].(type) {
	case x86asm.Reg:
		if in.Op == x86asm.MOV {
			return s.place(a)
		}
	case x86asm.Mem:
		if isAddress(in, a) {
			sp, known = s.place(a.Base)
			return sp - int32(a.Disp), known
		}
	}
	return 0, false
}

// place returns the distance below the base of the address that r holds.
func (s *state) place(r x86asm.Reg) (sp int32, known bool) {
	switch {
	case r == x86asm.RSP:
		return s.sp, s.known
	case r == x86asm.RBP && s.bp == frame:
		return 16, true
	}
	return 0, false
}

// write forgets what in may write.
func (s *state) write(in insn.Inst) {
	if writes(in, x86asm.RSP) {
		s.loseSP()
	}
	if writes(in, x86asm.RBP) {
		s.bp = other
	}
	if writes(in, x86asm.R10) {
		s.r10 = false
	}
}

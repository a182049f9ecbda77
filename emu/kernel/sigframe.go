package kernel

import (
	"encoding/binary"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// The frame of a signal's handler, as Linux puts it on the stack (arch/x86/kernel/signal_64.c):
//
//	high   what the interrupted function may keep below its stack pointer: 128 bytes
//	       vector and x87 registers, 512 bytes, at a multiple of 64
//	       struct siginfo, 128 bytes
//	       struct ucontext, 304 bytes: flags, link, stack, registers, mask
//	low    address of the restorer          <- SP in the handler, 8 below a multiple of 16
const (
	redZone   = 128
	extSize   = 512
	infoSize  = 128
	contextAt = 8
	regsAt    = contextAt + 40
	maskAt    = contextAt + 296
	infoAt    = maskAt + 8
	frameSize = infoAt + infoSize
)

// Flags of struct sigaction.
const (
	saOnstack, saRestart, saNodefer, saResethand, saRestorer = 0x08000000, 0x10000000, 0x40000000, 0x80000000, 0x04000000
)

// sigInfo is what struct siginfo tells.
type sigInfo struct {
	code  int32
	fault bool // addr, trap and err are known
	addr  guest.Addr
	trap  uint64
	err   uint64
}

// order is the order of the registers in struct sigcontext, before the instruction pointer
// and the flags.
var order = [16]guest.Reg{
	guest.R8, guest.R9, guest.R10, guest.R11, guest.R12, guest.R13, guest.R14, guest.R15,
	guest.RDI, guest.RSI, guest.RBP, guest.RBX, guest.RDX, guest.RAX, guest.RCX, guest.RSP,
}

const userSelectors = 0x002b000000000033 // cs and ss of user mode

// enterHandler has a thread begin a signal's handler. It returns false when the frame does
// not fit on its stack.
func (k *Kernel) enterHandler(id guest.TaskID, sig int, info sigInfo) bool {
	t, a, r := k.thread(id), k.actions[sig], k.host.Registers(id)
	sp := r.SP() - redZone
	if a.flags&saOnstack != 0 && t.altStack.Size() > 0 && !t.onAltStack(r.SP()) {
		sp = t.altStack.End
	}
	ext := (sp - extSize) &^ 63
	frame := (ext-frameSize)&^15 - 8
	x := k.host.Extended(id)
	mask := t.mask
	if t.suspended {
		mask, t.suspended = t.saved, false
	}
	b := encodeFrame(t, &r, &a, sig, info, ext, mask)
	if a.flags&saRestorer == 0 || t.altStack.Contains(sp-1) && frame < t.altStack.Start || !k.out(ext, x[:]) || !k.out(frame, b) {
		return false
	}
	t.mask |= a.mask
	if a.flags&saNodefer == 0 {
		t.mask |= 1 << (sig - 1)
	}
	t.mask &^= unblockable
	if a.flags&saResethand != 0 {
		k.actions[sig].handler = handlerDefault
	}
	const flagsCleared = 0x100 | 0x400 | 0x10000 // TF, DF, RF
	r.RIP, r.RFLAGS = guest.Addr(a.handler), r.RFLAGS&^flagsCleared
	r.GPR[guest.RSP], r.GPR[guest.RAX] = uint64(frame), 0
	r.GPR[guest.RDI], r.GPR[guest.RSI], r.GPR[guest.RDX] = uint64(sig), uint64(frame+infoAt), uint64(frame+contextAt)
	k.host.SetRegisters(id, &r)
	return true
}

func encodeFrame(t *thread, r *guest.Regs, a *action, sig int, info sigInfo, ext guest.Addr, mask uint64) []byte {
	le := binary.LittleEndian
	b := le.AppendUint64(nil, uint64(a.restorer))
	const strict = 6 // UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS
	altFlags := uint64(0)
	if t.altStack.Size() == 0 {
		altFlags = noStack
	}
	for _, w := range []uint64{strict, 0, uint64(t.altStack.Start), altFlags, t.altStack.Size()} {
		b = le.AppendUint64(b, w)
	}
	for _, g := range order {
		b = le.AppendUint64(b, r.GPR[g])
	}
	cr2 := uint64(0)
	if info.trap == 14 {
		cr2 = uint64(info.addr)
	}
	for _, w := range []uint64{uint64(r.RIP), r.RFLAGS, userSelectors, info.err, info.trap, mask, cr2, uint64(ext)} {
		b = le.AppendUint64(b, w)
	}
	b = append(b, make([]byte, maskAt-len(b))...)
	b = le.AppendUint64(b, mask)
	b = le.AppendUint32(b, uint32(sig))
	b = le.AppendUint32(b, 0)
	b = le.AppendUint64(b, uint64(uint32(info.code)))
	from := uint64(pid) | userID<<32
	switch {
	case info.fault:
		from = uint64(info.addr)
	case info.code == codeKernel:
		from = 0
	}
	b = le.AppendUint64(b, from)
	return append(b, make([]byte, frameSize-len(b))...)
}

// rtSigreturn goes on as the frame says, which the handler may have changed.
func (k *Kernel) rtSigreturn(c *Call) Result {
	const userFlags = 0xcd5 // what a program may set: arithmetic flags, TF, DF
	r := k.host.Registers(c.Task)
	frame := r.SP() - 8
	b, ok := k.in(frame, frameSize)
	if !ok {
		k.die(sigSegv)
		return Result{Then: End}
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	for i, g := range order {
		r.GPR[g] = word(regsAt + 8*i)
	}
	r.RIP = guest.Addr(word(regsAt + 8*16))
	r.RFLAGS = r.RFLAGS&^userFlags | word(regsAt+8*17)&userFlags
	if ext := guest.Addr(word(regsAt + 8*23)); ext != 0 {
		saved, ok := k.in(ext, extSize)
		if !ok {
			k.die(sigSegv)
			return Result{Then: End}
		}
		k.host.SetExtended(c.Task, (*cpu.Extended)(saved))
	}
	k.host.SetRegisters(c.Task, &r)
	k.thread(c.Task).mask = word(maskAt) &^ unblockable
	return Result{Then: Restore}
}

package signal

import (
	"encoding/binary"

	"patchlab/guest"
)

// The frame of a handler (struct rt_sigframe), as it lies on the stack where a processor
// has no XSAVE:
//
//	high   interrupted rsp
//	       red zone, 128 bytes; not below the top of an alternate stack
//	       FXSAVE image, 512 bytes, at a multiple of 64
//	       ...
//	+312   siginfo_t, 128 bytes           <- rsi
//	+8     ucontext, 304 bytes            <- rdx
//	+0     return address: the restorer   <- rsp, 8 above a multiple of 16
//	low
//
// The ucontext, from +8: flags, link, the alternate stack (24 bytes), registers (see
// contextRegs), segments, err, trapno, the mask, cr2, the address of the FXSAVE image, 64
// bytes of zeros, the mask again.
const (
	frameSize = infoAt + InfoSize
	contextAt = 8
	stackAt   = contextAt + 16
	regsAt    = contextAt + 40
	infoAt    = 312
	redZone   = 128

	segmentsAt = regsAt + 18*8
	errAt      = regsAt + 19*8
	fpAt       = regsAt + 23*8
	maskAt     = regsAt + 256

	// userSegments are cs (0x33), gs, fs and ss (0x2b).
	userSegments = 0x002b_0000_0000_0033
	// contextFlags say that ss is saved, and is to be used as it is.
	contextFlags = 2 | 4
)

// FXSize is the size of an FXSAVE image in bytes.
const FXSize = 512

// ContextSize is how many bytes from [Frame.Base] on [Decode] wants.
const ContextSize = infoAt

var contextRegs = [...]guest.Reg{
	guest.R8, guest.R9, guest.R10, guest.R11, guest.R12, guest.R13, guest.R14, guest.R15,
	guest.RDI, guest.RSI, guest.RBP, guest.RBX, guest.RDX, guest.RAX, guest.RCX, guest.RSP,
}

// Context is what a handler interrupts and comes back to (ucontext).
type Context struct {
	Regs guest.Regs
	// Err, Trap and Addr are the error code, number and address of the last fault.
	Err, Trap uint64
	Addr      guest.Addr
	Mask      Set
	Stack     AltStack
	// FP is where the FXSAVE image lies; 0 for none, which means the initial state.
	FP guest.Addr
}

// Frame says where the frame of a handler lies.
type Frame struct {
	Base guest.Addr // the lowest byte, and the handler's stack pointer
	FP   guest.Addr // the FXSAVE image, and the last part
}

// Frame says where the frame for d lies and what it saves, given the interrupted
// registers. It fails when an alternate stack is full, or when the handler would have
// nowhere to return to.
func (p *Process) Frame(id guest.TaskID, d *Delivery, r *guest.Regs) (Frame, Context, bool) {
	s := p.thread(id).stack
	f, ok := place(r.SP(), s, d.Action.Flags, FXSize)
	return f, Context{Regs: *r, Mask: d.Mask, Stack: s}, ok && d.Action.Flags&SA_RESTORER != 0
}

// place finds the place for a frame with so much floating-point state.
func place(sp guest.Addr, s AltStack, flags, fxSize uint64) (Frame, bool) {
	onStack := s.Size > 0 && s.busy(sp)
	at := sp - redZone
	if flags&SA_ONSTACK != 0 && s.Size > 0 && !s.busy(at) {
		onStack, at = true, s.Base+guest.Addr(s.Size)
	}
	var f Frame
	f.FP = (at - guest.Addr(fxSize)) &^ 63
	f.Base = (f.FP-frameSize)&^15 - 8
	return f, !onStack || s.holds(f.Base)
}

// Info returns the address of the siginfo_t.
func (f Frame) Info() guest.Addr { return f.Base + infoAt }

// Context returns the address of the ucontext.
func (f Frame) Context() guest.Addr { return f.Base + contextAt }

// Encode returns the bytes of the frame, which go to f.Base.
func (f Frame) Encode(restorer guest.Addr, c *Context, i *Info, fx *[FXSize]byte) []byte {
	b := make([]byte, f.FP-f.Base+FXSize)
	put := func(at int, words ...uint64) {
		for j, w := range words {
			binary.LittleEndian.PutUint64(b[at+8*j:], w)
		}
	}
	put(0, uint64(restorer), contextFlags)
	put(stackAt, uint64(c.Stack.Base), uint64(c.Stack.Flags), c.Stack.Size)
	for j, r := range contextRegs {
		put(regsAt+8*j, c.Regs.GPR[r])
	}
	put(regsAt+16*8, uint64(c.Regs.RIP), c.Regs.RFLAGS, userSegments)
	put(errAt, c.Err, c.Trap, uint64(c.Mask), uint64(c.Addr), uint64(f.FP))
	put(maskAt, uint64(c.Mask))
	info := i.Encode()
	copy(b[infoAt:], info[:])
	copy(b[f.FP-f.Base:], fx[:])
	return b
}

// Flags of a processor (RFLAGS).
const (
	flagTF = 1 << 8
	flagDF = 1 << 10
	flagRF = 1 << 16
)

// Enter gives r, the interrupted registers, what the handler starts with.
func (f Frame) Enter(r *guest.Regs, n Number, handler guest.Addr) {
	r.GPR[guest.RDI] = uint64(n)
	r.GPR[guest.RSI] = uint64(f.Info())
	r.GPR[guest.RDX] = uint64(f.Context())
	r.GPR[guest.RAX] = 0
	r.GPR[guest.RSP] = uint64(f.Base)
	r.RIP = handler
	r.RFLAGS &^= flagTF | flagDF | flagRF
}

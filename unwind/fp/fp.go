package fp

import (
	"patchlab/guest"
	"patchlab/unwind"
)

// frameSize is the size of a frame in bytes: {saved rbp, return address}.
const frameSize = 16

// Unwinder walks the chain of frame pointers.
type Unwinder struct {
	code   *unwind.CodeMap
	trusts bool // a break: see NewTrusting
	walk   walk // of the call that runs; kept so that none allocates
}

var _ unwind.Unwinder = (*Unwinder)(nil)

// New returns an unwinder over the text that code knows, which may change between
// walks.
func New(code *unwind.CodeMap) *Unwinder { return &Unwinder{code: code} }

// NewTrusting returns an unwinder with the named deviation trust-preempted-fp: it
// takes the frame of the function that the task stands in for complete, whatever
// the instruction. Given the registers of a task that an interrupt stopped it is
// wrong wherever that function has no frame, and misses its caller. It is there to
// be caught.
func NewTrusting(code *unwind.CodeMap) *Unwinder { return &Unwinder{code: code, trusts: true} }

// Name returns "fp", or "fp-trusting" for the deviation.
func (u *Unwinder) Name() string {
	if u.trusts {
		return "fp-trusting"
	}
	return "fp"
}

// Unwind implements [unwind.Unwinder].
func (u *Unwinder) Unwind(t *unwind.Target, s *unwind.Stack) error {
	s.Reset()
	u.walk.start(u.code, t, s)
	u.walk.trusts = u.trusts
	err := u.walk.run()
	u.walk.t, u.walk.s, u.walk.words.mem = nil, nil, nil
	if err != nil {
		s.Reset()
	}
	return err
}

// walk is one walk along the chain.
type walk struct {
	code  *unwind.CodeMap
	t     *unwind.Target
	s     *unwind.Stack
	words window

	trusts bool // that the frame is complete wherever the task stands

	low guest.Addr // no frame may lie below
	// What the frame before returned into; see the two frames of unwind.Func.Stub.
	behind place
	site   guest.Addr // the return address behind the site when behind is atSite
	told   bool       // the decided body was reported
}

// place is where a return address lies.
type place uint8

const (
	inBody place = iota // a function
	inStub              // the stub: the next frame returns into the patched function
	atSite              // the patched function: the next frame returns into its caller
)

func (w *walk) start(code *unwind.CodeMap, t *unwind.Target, s *unwind.Stack) {
	w.code, w.t, w.s = code, t, s
	w.low, w.behind, w.site, w.told = t.Regs.SP(), inBody, 0, false
	w.words.reset(t.Memory, t.Stack)
}

// run reports all of the stack or returns an error.
func (w *walk) run() error {
	if w.t.InUser {
		return w.done()
	}
	if err := w.bounds(); err != nil {
		return err
	}
	if err := w.top(); err != nil {
		return err
	}
	last := w.low
	for bp := w.t.Regs.GPR[guest.RBP]; ; {
		frame := guest.Addr(bp)
		if frame < w.low || frame > w.t.Top-frameSize || frame%8 != 0 {
			return w.notFrame(bp, last)
		}
		saved, ret, err := w.words.pair(frame)
		if err != nil {
			return err
		}
		if w.begins(frame, guest.Addr(ret)) {
			if err := w.push(unwind.Frame{Addr: guest.Addr(ret), Kind: unwind.Return}); err != nil {
				return err
			}
			return w.done()
		}
		if ret == uint64(w.code.Gate()) || frame == w.t.Top-frameSize {
			return w.end(frame, guest.Addr(ret))
		}
		if err := w.ret(unwind.Frame{Addr: guest.Addr(ret), Kind: unwind.Return}); err != nil {
			return err
		}
		bp, last, w.low = saved, frame, frame+frameSize
	}
}

// bounds refuses a stack pointer or an end of stack off the stack.
func (w *walk) bounds() error {
	if !w.t.Stack.Covers(guest.RangeOf(w.t.Top-frameSize, frameSize)) {
		return &unwind.Error{Reason: unwind.OffStack, Addr: w.t.Top}
	}
	if sp := w.t.Regs.SP(); sp < w.t.Stack.Start || sp > w.t.Top {
		return &unwind.Error{Reason: unwind.OffStack, Addr: sp}
	}
	return nil
}

// top reports where the task stands, which must be a place where its frame is
// complete. A task that an interrupt stopped stands at the end of the machine's
// call, with the register frame in rbp.
func (w *walk) top() error {
	pc := unwind.Frame{Addr: w.t.Regs.RIP, Kind: unwind.ExactPC}
	_, interrupted := guest.DecodeFramePointer(w.t.Regs.GPR[guest.RBP])
	if pc.Addr != w.code.Gate() || !interrupted {
		f := w.code.Find(pc.Addr)
		switch {
		case f == nil && pc.Addr != w.code.Gate():
			return w.code.Unreliable(unwind.NotText, pc)
		case w.trusts:
		case f != nil && !f.Frames && !f.Stub:
			return w.code.Unreliable(unwind.NoFrames, pc)
		case f == nil || !f.StopsAt(pc.Addr):
			return w.code.Unreliable(unwind.NotAtStop, pc)
		}
	}
	return w.push(pc)
}

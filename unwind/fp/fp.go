package fp

import (
	"patchlab/guest"
	"patchlab/unwind"
)

// frameSize is the size of a frame in bytes: {saved rbp, return address}.
const frameSize = 16

// Unwinder walks the chain of frame pointers.
type Unwinder struct {
	code *unwind.CodeMap
	walk walk // of the call that runs; kept so that none allocates
}

var _ unwind.Unwinder = (*Unwinder)(nil)

// New returns an unwinder over the text that code knows, which may change between
// walks.
func New(code *unwind.CodeMap) *Unwinder { return &Unwinder{code: code} }

// Name returns "fp".
func (u *Unwinder) Name() string { return "fp" }

// Unwind implements [unwind.Unwinder].
func (u *Unwinder) Unwind(t *unwind.Target, s *unwind.Stack) error {
	s.Reset()
	u.walk.start(u.code, t, s)
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
		if a, isRegs := guest.DecodeFramePointer(bp); isRegs {
			return w.regs(a, last)
		}
		if bp == 0 {
			return &unwind.Error{Reason: unwind.NoEnd, Addr: last}
		}
		frame := guest.Addr(bp)
		if err := w.check(frame); err != nil {
			return err
		}
		saved, ret, err := w.words.pair(frame)
		if err != nil {
			return err
		}
		end, err := w.isEnd(frame, guest.Addr(ret))
		if err != nil {
			return err
		}
		if err := w.ret(guest.Addr(ret), end); err != nil {
			return err
		}
		if end {
			return w.done()
		}
		bp, last, w.low = saved, frame, frame+frameSize
	}
}

// bounds refuses a stack pointer or an end of stack off the stack.
func (w *walk) bounds() error {
	end := guest.RangeOf(w.t.Top-frameSize, frameSize)
	if w.t.Top < frameSize || !w.t.Stack.Covers(end) {
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
		case f != nil && !f.Frames && !f.Stub:
			return w.code.Unreliable(unwind.NoFrames, pc)
		case f == nil || !f.StopsAt(pc.Addr):
			return w.code.Unreliable(unwind.NotAtStop, pc)
		}
	}
	return w.push(pc)
}

// check refuses a frame that cannot be the next one (update_stack_state in
// unwind_frame.c).
func (w *walk) check(frame guest.Addr) error {
	reason := unwind.Reason(0)
	switch {
	case frame%8 != 0:
		reason = unwind.Misaligned
	case !w.t.Stack.Covers(guest.RangeOf(frame, frameSize)):
		reason = unwind.OffStack
	case frame < w.low:
		reason = unwind.NotRising
	case frame > w.t.Top-frameSize:
		reason = unwind.NoEnd
	default:
		return nil
	}
	return &unwind.Error{Reason: reason, Addr: frame}
}

// isEnd tells whether the frame is the last one. Its place says so, in one of the
// kernel's three shapes, and its return address must agree: the one that ends a
// call from the machine is found there and nowhere else.
//
//	            plain     realigned by gcc   of the stub
//	Top-8    gate         gate               gate
//	Top-16   rbp  <frame  gate (copy)        return behind the site
//	Top-24                rbp  <frame        gate (copy)
//	Top-32                                   rbp  <frame
func (w *walk) isEnd(frame, ret guest.Addr) (bool, error) {
	gate := w.code.Gate()
	end := frame == w.t.Top-16 && w.behind == inBody
	if !end && ret == gate {
		below, above, err := w.words.pair(w.t.Top - 16)
		if err != nil {
			return false, err
		}
		realigned := frame == w.t.Top-24 && w.behind == inBody
		stub := frame == w.t.Top-32 && w.behind == atSite && guest.Addr(below) == w.site
		end = (realigned || stub) && guest.Addr(above) == gate
	}
	if end != (ret == gate) {
		return false, &unwind.Error{Reason: unwind.NoEnd, Addr: frame}
	}
	return end, nil
}

// ret reports a return address, which must be text that keeps frames; behind the
// site of a patched function it need not, since the stub keeps them for it.
func (w *walk) ret(addr guest.Addr, end bool) error {
	r := unwind.Frame{Addr: addr, Kind: unwind.Return}
	if end {
		return w.push(r)
	}
	f := w.code.Find(r.Lookup())
	switch {
	case f == nil:
		return w.code.Unreliable(unwind.NotText, r)
	case w.behind == inStub:
		w.behind, w.site = atSite, addr
		if err := w.push(r); err != nil {
			return err
		}
		return w.decided()
	case f.Stub:
		w.behind = inStub
	case !f.Frames:
		return w.code.Unreliable(unwind.NoFrames, r)
	default:
		w.behind = inBody
	}
	return w.push(r)
}

// decided reports the body that the handler has decided on, once.
func (w *walk) decided() error {
	if w.t.Decided == 0 || w.told {
		return nil
	}
	w.told = true
	body := unwind.Frame{Addr: w.t.Decided, Kind: unwind.Decided}
	if w.code.Find(body.Addr) == nil {
		return w.code.Unreliable(unwind.NotText, body)
	}
	return w.push(body)
}

// regs ends the walk at a register frame: with success at the one of user mode at
// the stack's top, else with an error. The kernel takes that one for the end also
// behind other frames, since its entry code calls functions from there; here the
// machine calls them, and they end in a frame that says so.
func (w *walk) regs(a, last guest.Addr) error {
	if err := w.checkRegs(a); err != nil {
		return err
	}
	f, err := guest.ReadRegFrame(w.t.Memory, a)
	switch {
	case err != nil:
		return &unwind.Error{Reason: unwind.Unreadable, Addr: a, Err: err}
	case f.Mode == guest.KernelMode:
		return w.code.Unreliable(unwind.Interrupted, unwind.Frame{Addr: f.RIP, Kind: unwind.ExactPC})
	case a != w.t.Top:
		return &unwind.Error{Reason: unwind.BadRegs, Addr: a}
	case w.t.Regs.RIP != w.code.Gate():
		return &unwind.Error{Reason: unwind.NoEnd, Addr: last}
	}
	return w.done()
}

func (w *walk) checkRegs(a guest.Addr) error {
	reason := unwind.Reason(0)
	switch {
	case a%8 != 0:
		reason = unwind.Misaligned
	case !w.t.Stack.Covers(guest.RangeOf(a, guest.RegFrameSize)):
		reason = unwind.OffStack
	case a < w.low:
		reason = unwind.NotRising
	default:
		return nil
	}
	return &unwind.Error{Reason: reason, Addr: a}
}

// push reports an entry. A trace that is full with it is too deep, as in the
// kernel.
func (w *walk) push(f unwind.Frame) error {
	if !w.s.Push(f) {
		return w.code.Unreliable(unwind.TooDeep, f)
	}
	return nil
}

// done ends a walk that has seen all of the stack.
func (w *walk) done() error {
	if w.t.Decided != 0 && !w.told {
		return w.code.Unreliable(unwind.NoStub, unwind.Frame{Addr: w.t.Decided, Kind: unwind.Decided})
	}
	return nil
}

package fp

import (
	"patchlab/guest"
	"patchlab/unwind"
)

// notFrame ends the walk at what is not the next frame (update_stack_state in
// unwind_frame.c): a register frame, or something that is wrong.
func (w *walk) notFrame(bp uint64, last guest.Addr) error {
	if a, isRegs := guest.DecodeFramePointer(bp); isRegs {
		return w.regs(a, last)
	}
	frame := guest.Addr(bp)
	if bp == 0 {
		return &unwind.Error{Reason: unwind.NoEnd, Addr: last}
	}
	if r := w.misplaced(frame, frameSize); r != 0 {
		return &unwind.Error{Reason: r, Addr: frame}
	}
	return &unwind.Error{Reason: unwind.NoEnd, Addr: frame} // among what lies above the end
}

// misplaced says why nothing of that size can lie at a, 0 if it can.
func (w *walk) misplaced(a guest.Addr, size uint64) unwind.Reason {
	switch {
	case a%8 != 0:
		return unwind.Misaligned
	case !w.t.Stack.Covers(guest.RangeOf(a, size)):
		return unwind.OffStack
	case a < w.low:
		return unwind.NotRising
	}
	return 0
}

// beginning is within how many bytes of its stack a thread of a process comes to the
// program's own code.
const beginning = 1024

// begins reports whether a frame is that of the first function of the program's own in a
// thread of a process: the C library, which keeps no frames, has called it.
func (w *walk) begins(frame, ret guest.Addr) bool {
	if w.behind != inBody || w.t.Top-frame > beginning {
		return false
	}
	f := w.code.Find(unwind.Frame{Addr: ret, Kind: unwind.Return}.Lookup())
	return f != nil && f.Begins
}

// end ends the walk at a frame that must be the last one. Its place says so, in one
// of the kernel's three shapes, and its return address must agree: the one that ends
// a call from the machine is found there and nowhere else. The walk comes here with a
// frame that has the one or the other.
//
//	         plain        realigned by gcc   of the stub
//	Top-8    gate         gate               gate                     high
//	Top-16   rbp <-frame  gate (copy)        return behind the site
//	Top-24                rbp <-frame        gate (copy)
//	Top-32                                   rbp <-frame              low
func (w *walk) end(frame, ret guest.Addr) error {
	below, above, err := w.words.pair(w.t.Top - 16)
	if err != nil {
		return err
	}
	ok := false
	switch w.t.Top - frame {
	case 16, 24:
		ok = w.behind == inBody
	case 32:
		ok = w.behind == atSite && guest.Addr(below) == w.site
	}
	if gate := w.code.Gate(); !ok || guest.Addr(above) != gate {
		return &unwind.Error{Reason: unwind.NoEnd, Addr: frame}
	}
	if err := w.push(unwind.Frame{Addr: ret, Kind: unwind.Return}); err != nil {
		return err
	}
	return w.done()
}

// ret reports a return address, which must be text that keeps frames; behind the
// site of a patched function it need not, since the stub keeps them for it.
func (w *walk) ret(r unwind.Frame) error {
	f := w.code.Find(r.Lookup())
	switch {
	case f == nil:
		return w.code.Unreliable(unwind.NotText, r)
	case w.behind == inStub:
		w.behind, w.site = atSite, r.Addr
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
	if r := w.misplaced(a, guest.RegFrameSize); r != 0 {
		return &unwind.Error{Reason: r, Addr: a}
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

package lab

import (
	"slices"
	"strings"

	"patchlab/guest"
	"patchlab/image"
	"patchlab/insn"
	"patchlab/unwind"
)

// windows is what is known of the functions that matter to the check of a stack. It does
// not change once it was made.
type windows struct {
	kinds  map[guest.Addr]unwind.WindowKind
	looked []image.Function // those that a check may look for, by address
}

// Window returns the kind of the window at a, 0 when there is none or windows are not
// found: an instruction that changes what the check of a stack may find.
func (l *Lab) Window(a guest.Addr) unwind.WindowKind { return l.windows.kinds[a] }

// findWindows finds the windows of what is loaded, and has the machine stop at those of
// the kinds that are wanted. It is called whenever text or patches come.
func (l *Lab) findWindows() {
	if !l.config.Windows {
		return
	}
	w := &windows{kinds: map[guest.Addr]unwind.WindowKind{}}
	for _, p := range l.arena.Places() {
		w.kinds[p.Addr] = unwind.Stub
	}
	funcs := l.kernelFunctions()
	matters := l.mattering(funcs)
	for _, f := range funcs {
		if l.Machine.Truth().Watches(f.Range.Start) {
			w.looked = append(w.looked, f)
		}
		if known := l.Code.Find(f.Range.Start); known != nil && matters[f.Range.Start] {
			for _, at := range known.Windows {
				w.kinds[at.Addr] = at.Kind
			}
		}
	}
	l.windows = w
	if len(l.config.Stops)+len(l.config.StopsAt) == 0 {
		return
	}
	at := slices.Clone(l.config.StopsAt)
	for a, kind := range w.kinds {
		if slices.Contains(l.config.Stops, kind) {
			at = append(at, a)
		}
	}
	l.Machine.StopAt(at...)
}

// leaves is where control goes from a function.
type leaves struct {
	calls, jumps            []guest.Addr // the functions called, and those gone to by a jump
	anywhere, jumpsAnywhere bool         // some call or jump, or some jump, is through a pointer
}

// mattering returns those of the functions that matter to the check of a stack, by entry.
//
// A task in a function without its frame hides that function's caller. So what matters
// are the functions that are looked for (those that patches replace, and what replaces
// them) and those that make a stack unreliable, whose frames are not known to be there;
// then what they call, since there they are hidden, and who calls them. The outermost
// function of a stack hides its end. A tail call passes on whose callee one is.
func (l *Lab) mattering(funcs []image.Function) map[guest.Addr]bool {
	out, matters, looked := map[guest.Addr]leaves{}, map[guest.Addr]bool{}, map[guest.Addr]bool{}
	for _, f := range funcs {
		out[f.Range.Start] = l.leaves(f)
		looked[f.Range.Start] = l.Machine.Truth().Watches(l.whole(f, funcs)) || l.unreliable(f)
	}
	hiding := l.outermost()
	for _, f := range funcs {
		x := out[f.Range.Start]
		to := slices.Concat(x.calls, x.jumps)
		calls := x.anywhere || slices.ContainsFunc(to, func(a guest.Addr) bool { return looked[a] })
		matters[f.Range.Start] = looked[f.Range.Start] || calls
		if looked[f.Range.Start] {
			hiding = append(hiding, to...)
		}
		if looked[f.Range.Start] && x.anywhere {
			return everyone(funcs)
		}
	}
	for done := map[guest.Addr]bool{}; len(hiding) > 0; {
		f := hiding[len(hiding)-1]
		hiding = hiding[:len(hiding)-1]
		if done[f] {
			continue
		}
		if out[f].jumpsAnywhere {
			return everyone(funcs)
		}
		done[f], matters[f] = true, true
		hiding = append(hiding, out[f].jumps...)
	}
	for _, f := range funcs {
		matters[f.Range.Start] = matters[f.Range.Start] || matters[l.whole(f, funcs)]
	}
	return matters
}

func everyone(funcs []image.Function) map[guest.Addr]bool {
	m := map[guest.Addr]bool{}
	for _, f := range funcs {
		m[f.Range.Start] = true
	}
	return m
}

// whole returns the entry of the function that f is a part of, else its own.
func (l *Lab) whole(f image.Function, funcs []image.Function) guest.Addr {
	name, _, part := strings.Cut(f.Name, ".cold")
	if part {
		for _, o := range funcs {
			if o.Name == name {
				return o.Range.Start
			}
		}
	}
	return f.Range.Start
}

// kernelFunctions returns the functions of program and modules that are in the kernel.
func (l *Lab) kernelFunctions() []image.Function {
	tables := [][]image.Function{l.config.Program.Functions}
	for _, m := range l.modules {
		tables = append(tables, m.linked.Functions)
	}
	return slices.DeleteFunc(slices.Concat(tables...), func(f image.Function) bool { return !l.patchable(f.Range) })
}

// unreliable reports whether a stack on which a function is may be refused for it: it
// calls others without a frame that is known to be there.
func (l *Lab) unreliable(f image.Function) bool {
	known := l.Code.Find(f.Range.Start)
	return known != nil && !known.Frames &&
		slices.ContainsFunc(known.Windows, func(w unwind.Window) bool { return w.Kind == unwind.Call })
}

// outermost returns the functions that the machine calls: gates, and patches' callbacks.
func (l *Lab) outermost() []guest.Addr {
	var at []guest.Addr
	for _, g := range l.config.Program.Gates {
		at = append(at, g.Fn)
	}
	for _, m := range l.modules {
		d, _, _ := m.linked.Patch()
		for _, o := range d.Objects {
			c := o.Callbacks
			at = append(at, c.PrePatch, c.PostPatch, c.PreUnpatch, c.PostUnpatch)
		}
	}
	return slices.DeleteFunc(at, func(a guest.Addr) bool { return a == 0 })
}

// leaves reads where control goes from a function.
func (l *Lab) leaves(f image.Function) (x leaves) {
	known := l.Code.Find(f.Range.Start)
	if known == nil {
		return x
	}
	for _, w := range known.Windows {
		if w.Kind != unwind.Call && w.Kind != unwind.Leave {
			continue
		}
		in, err := insn.Decode(f.Code[w.Addr-f.Range.Start:], w.Addr)
		if err != nil || in.IsRet() {
			continue
		}
		to, direct := in.DirectTarget()
		switch {
		case in.IsCall() && direct:
			x.calls = append(x.calls, to)
		case in.IsCall():
			x.anywhere = true
		case direct:
			x.jumps = append(x.jumps, to)
		default:
			x.anywhere, x.jumpsAnywhere = true, true
		}
	}
	return x
}

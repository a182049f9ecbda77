package fp

import (
	"patchlab/guest"
	"patchlab/insn"
	"patchlab/unwind"
)

// windows returns the instructions of region r, in rising order, that change what a walk
// finds: those behind which another frame or none is complete, and those by which
// control comes to a function that has none yet.
func (f *flow) windows(r int) []unwind.Window {
	var list []unwind.Window
	for _, o := range f.regions[r].owner {
		if o <= 0 {
			continue
		}
		if k := f.window(&f.nodes[o-1]); k != 0 {
			list = append(list, unwind.Window{Addr: f.nodes[o-1].in.Addr, Kind: k})
		}
	}
	return list
}

// window returns the kind of the window that n is, or 0.
func (f *flow) window(n *node) unwind.WindowKind {
	if n.in.IsJump() {
		if to, direct := n.in.DirectTarget(); direct && f.region(to) >= 0 {
			return 0
		}
	}
	if k := transfer(n.in); k != 0 {
		return k
	}
	if n.in.Op == 0 {
		return unwind.Stub // the patch site
	}
	before, after := n.before, n.before.after(n.in)
	switch {
	case before.bp == after.bp && before.saved == after.saved && before.copied == after.copied &&
		before.hasFrame() == after.hasFrame():
		return 0
	case before.hasFrame():
		return unwind.Epilogue
	}
	return unwind.Prologue
}

// transfer returns the kind of an instruction by which control leaves the function, for
// good or for a while, if it is not a jump within it; else 0.
func transfer(in insn.Inst) unwind.WindowKind {
	switch {
	case in.IsCall():
		return unwind.Call
	case in.IsRet(), in.IsJump():
		return unwind.Leave
	}
	return 0
}

// anyWindow returns every instruction of a text that could not be followed, as far as it
// can be read from its start: any of them may change the frame.
func anyWindow(t *Text) []unwind.Window {
	var list []unwind.Window
	for code, at := t.Code, t.Range.Start; len(code) > 0; {
		w, size := unwind.Window{Addr: at, Kind: unwind.Prologue}, int(t.Site.Size())
		if size > 0 && at == t.Site.Start {
			w.Kind = unwind.Stub
		} else {
			in, err := insn.Decode(code, at)
			if err != nil {
				break
			}
			if k := transfer(in); k != 0 {
				w.Kind = k
			}
			size = in.Len
		}
		list = append(list, w)
		code, at = code[size:], at+guest.Addr(size)
	}
	return list
}

package lab

import (
	"patchlab/guest"
	"patchlab/image"
	"patchlab/insn"
)

// watchReturns has the recorder watch where calls of functions that it watches go on, so
// that it knows at once when one has returned. Of an indirect call nobody knows what it
// calls: it counts too.
func (l *Lab) watchReturns(funcs []image.Function) {
	var at []guest.Addr
	for _, f := range funcs {
		site := guest.Addr(0)
		if i, err := l.Sites.Find(f.Range.Start); err == nil {
			site = l.Sites.Site(i).At
		}
		for code, pc := f.Code, f.Range.Start; len(code) > 0; {
			in, err := insn.Decode(code, pc)
			if err != nil {
				break // data, or nothing that is ever executed
			}
			if in.IsCall() && pc != site && l.callsWatched(in) {
				at = append(at, in.End())
			}
			code, pc = code[in.Len:], in.End()
		}
	}
	l.Machine.WatchReturns(at...)
}

// callsWatched reports whether a call may be of a function that the recorder watches.
func (l *Lab) callsWatched(call insn.Inst) bool {
	target, direct := call.DirectTarget()
	return !direct || l.Machine.Truth().Watches(target)
}

package lab

import (
	"patchlab/guest"
	"patchlab/image"
	"patchlab/insn"
)

// record has the recorder watch a function or a replacement, and reports whether it did
// not do so yet.
func (l *Lab) record(entry guest.Addr) bool {
	after := guest.Addr(0)
	if i, err := l.Sites.Find(entry); err == nil {
		after = guest.Addr(l.Sites.Site(i).Return())
	}
	fresh := !l.Machine.Truth().Watches(entry)
	l.Machine.Watch(entry, after)
	return fresh
}

// recordPatch has the recorder watch the functions that a patch changes, and what it makes
// of them. Calls that were made before are not known.
func (l *Lab) recordPatch(d image.PatchDecl) {
	fresh := false
	for _, obj := range d.Objects {
		for _, f := range obj.Funcs {
			for _, old := range (modelSymbols{l}).Occurrences(obj.Name, f.OldName) {
				fresh = l.record(old) || fresh
			}
			l.record(f.NewFunc)
		}
	}
	if !fresh {
		return
	}
	l.watchReturns(l.config.Program.Functions)
	for _, m := range l.modules {
		l.watchReturns(m.linked.Functions)
	}
}

// watchReturns has the recorder watch where calls of functions that it watches go on, so
// that it knows at once when one has returned. Of an indirect call nobody knows what it
// calls: it counts too, once there is anything to watch.
func (l *Lab) watchReturns(funcs []image.Function) {
	if !l.Machine.Truth().Watching() {
		return
	}
	var at []guest.Addr
	for _, f := range funcs {
		if !l.patchable(f.Range) {
			continue
		}
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

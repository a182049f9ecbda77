package fp

import (
	"fmt"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
	"patchlab/insn"
)

// flow follows every path through one function and keeps one state for each
// instruction: what holds on all paths that reach it. States only ever get
// weaker, so it ends.
type flow struct {
	texts   []Text // of the module, sorted
	regions []region
	nodes   []node
	work    []int32 // nodes whose state has changed
	why     string  // what cannot be followed, "" for nothing
}

// region is the function, or a part of it that lies elsewhere.
type region struct {
	text *Text
	// owner says for each byte which instruction it belongs to: 0 none that was
	// reached, n the first byte of node n-1, -n another byte of it.
	owner []int32
}

// node is an instruction that was reached.
type node struct {
	in     insn.Inst // for the patch site one without Op, that does nothing
	before state
	region int32
	queued bool
}

// follow runs over the function t. It returns why it could not, or "".
func (f *flow) follow(texts []Text, t *Text) string {
	f.texts, f.why = texts, ""
	f.regions, f.nodes, f.work = f.regions[:0], f.nodes[:0], f.work[:0]
	f.open(t)
	f.reach(t.Range.Start, entry)
	for len(f.work) > 0 && f.why == "" {
		n := f.work[len(f.work)-1]
		f.work = f.work[:len(f.work)-1]
		f.nodes[n].queued = false
		f.leave(f.nodes[n])
	}
	return f.why
}

func (f *flow) open(t *Text) {
	var owner []int32
	if n := len(f.regions); n < cap(f.regions) {
		owner = f.regions[:n+1][n].owner
	}
	if cap(owner) < len(t.Code) {
		owner = make([]int32, len(t.Code))
	}
	owner = owner[:len(t.Code)]
	clear(owner)
	f.regions = append(f.regions, region{t, owner})
}

// leave passes the state behind n on to where control goes from it.
func (f *flow) leave(n node) {
	switch {
	case n.in.IsRet() || isTrap(n.in) || isForeign(n.in):
		return
	case n.in.IsJump():
		if to, ok := n.in.DirectTarget(); ok && f.isOwn(to) {
			f.reach(to, n.before)
		}
		if !n.in.IsCondJump() {
			return
		}
	}
	if next := n.in.End(); f.regions[n.region].text.Range.Contains(next) {
		f.reach(next, n.before.after(n.in))
	}
}

// isOwn reports whether a jump to a stays in the function: in its text, or in a
// part that lies elsewhere, which is taken up.
func (f *flow) isOwn(a guest.Addr) bool {
	if f.region(a) >= 0 {
		return true
	}
	if t := find(f.texts, a); t != nil && t.Part {
		f.open(t)
		return true
	}
	return false
}

func (f *flow) region(a guest.Addr) int {
	for i := range f.regions {
		if f.regions[i].text.Range.Contains(a) {
			return i
		}
	}
	return -1
}

// reach says that control can come to a, of an open region, with state s.
func (f *flow) reach(a guest.Addr, s state) {
	r := f.region(a)
	t := f.regions[r].text
	switch o := f.regions[r].owner[a-t.Range.Start]; {
	case o < 0:
		f.why = fmt.Sprintf("jumps into the middle of an instruction at %s", t.place(a))
	case o == 0:
		f.add(int32(r), a, s)
	default:
		n := &f.nodes[o-1]
		if m := merge(n.before, s); m != n.before {
			n.before = m
			f.queue(o - 1)
		}
	}
}

// add reads the instruction at a.
func (f *flow) add(r int32, a guest.Addr, s state) {
	t := f.regions[r].text
	n := node{before: s, region: r}
	if a == t.Site.Start && t.Site.Size() > 0 {
		n.in = insn.Inst{Inst: x86asm.Inst{Len: int(t.Site.Size())}, Addr: a}
	} else {
		in, err := insn.Decode(t.Code[a-t.Range.Start:], a)
		if err != nil {
			f.why = fmt.Sprintf("unreadable at %s", t.place(a))
			return
		}
		n.in = in
	}
	f.nodes = append(f.nodes, n)
	id := int32(len(f.nodes))
	first := int(a - t.Range.Start)
	for k := range n.in.Len {
		o := &f.regions[r].owner[first+k]
		if *o != 0 {
			f.why = fmt.Sprintf("instructions overlap at %s", t.place(a))
			return
		}
		*o = -id
	}
	f.regions[r].owner[first] = id
	f.queue(id - 1)
}

func (f *flow) queue(n int32) {
	if !f.nodes[n].queued {
		f.nodes[n].queued = true
		f.work = append(f.work, n)
	}
}

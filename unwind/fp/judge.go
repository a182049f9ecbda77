package fp

import (
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"

	"patchlab/guest"
	"patchlab/insn"
)

// judge says why the function that was followed does not keep frames, "" if it
// does: the first reason by region and address.
func (f *flow) judge() string {
	calls := false
	for r := range f.regions {
		reg := &f.regions[r]
		for off := 0; off < len(reg.owner); off++ {
			if reg.owner[off] == 0 {
				n, why := reg.padding(off)
				if why != "" {
					return why
				}
				off += n - 1
				continue
			}
			if reg.owner[off] < 0 {
				continue
			}
			n := &f.nodes[reg.owner[off]-1]
			if why := f.demand(n, reg.text); why != "" {
				return why
			}
			calls = calls || n.in.IsCall() || n.in.Op == x86asm.SYSCALL
		}
	}
	if !calls {
		return "makes no calls, so no task stands in it or returns into it"
	}
	return ""
}

// padding says how many bytes from off no path comes to, and why they are not
// padding if they are not: code that seems unreachable may be reached in a way
// that was not followed.
func (r *region) padding(off int) (n int, why string) {
	end := off
	zeros := true
	for end < len(r.owner) && r.owner[end] == 0 {
		zeros = zeros && r.text.Code[end] == 0
		end++
	}
	for at := off; at < end && !zeros; {
		a := r.text.Range.Start + guest.Addr(at)
		in, err := insn.Decode(r.text.Code[at:end], a)
		if err != nil || !isPadding(in) && !isTrap(in) {
			return 0, fmt.Sprintf("no path found to %s", r.text.place(a))
		}
		at += in.Len
	}
	return end - off, ""
}

// demand says what is wrong with an instruction in its state, "" for nothing.
func (f *flow) demand(n *node, t *Text) string {
	in, s := &n.in, n.before
	switch {
	case s.hitsFrame(*in):
		return "may write to its frame at " + t.place(in.Addr)
	case isForeign(*in):
		return fmt.Sprintf("leaves by %s at %s", strings.ToLower(in.Op.String()), t.place(in.Addr))
	case in.IsCall():
		if to, ok := in.DirectTarget(); ok && to == in.End() {
			return "calls the next instruction at " + t.place(in.Addr)
		}
		if !s.hasFrame() {
			return fmt.Sprintf("calls at %s without a frame", t.place(in.Addr))
		}
	case in.Op == x86asm.SYSCALL:
		if !s.hasFrame() {
			return fmt.Sprintf("makes a system call at %s without a frame", t.place(in.Addr))
		}
	case in.IsRet():
		if !s.canLeave() {
			return fmt.Sprintf("returns at %s with rbp or rsp changed", t.place(in.Addr))
		}
	case in.IsJump():
		if why := f.demandJump(*in, s, t); why != "" {
			return why
		}
	}
	return f.demandNext(n, t)
}

// demandJump checks a jump that leaves the function.
func (f *flow) demandJump(in insn.Inst, s state, t *Text) string {
	to, direct := in.DirectTarget()
	if !direct {
		// With the stack as at entry it is a tail call through a pointer, else it
		// may be anything, most likely a table of a switch.
		if !s.atEntry() {
			return fmt.Sprintf("jumps at %s to where it cannot be followed", t.place(in.Addr))
		}
		return ""
	}
	if f.region(to) >= 0 {
		return ""
	}
	if callee := find(f.texts, to); callee != nil && callee.Range.Start != to {
		return fmt.Sprintf("jumps at %s into the middle of %s", t.place(in.Addr), callee.Name)
	}
	if !s.canLeave() {
		return fmt.Sprintf("leaves by a jump at %s with rbp or rsp changed", t.place(in.Addr))
	}
	return ""
}

// demandNext refuses an instruction behind which control runs out of the
// function. Behind a call, or padding that follows one, it does not: the callee
// is taken for one that does not return.
func (f *flow) demandNext(n *node, t *Text) string {
	in := n.in
	if t.Range.Contains(in.End()) || in.IsRet() || isTrap(in) ||
		in.IsJump() && !in.IsCondJump() || n.before.after(in).called {
		return ""
	}
	return "runs out of its text at " + t.place(in.Addr)
}

// stops returns the addresses behind the system calls of region r, in rising
// order.
func (f *flow) stops(r int) []guest.Addr {
	var list []guest.Addr
	for _, o := range f.regions[r].owner {
		if o > 0 && f.nodes[o-1].in.Op == x86asm.SYSCALL {
			list = append(list, f.nodes[o-1].in.End())
		}
	}
	return list
}

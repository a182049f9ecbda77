package unwindtest

import (
	"fmt"

	"pgregory.net/rapid"

	"patchlab/guest"
	"patchlab/unwind"
)

// The places of a made-up kernel.
const (
	gate     = guest.Addr(0x7ffff000)
	text     = guest.Addr(0x400000)
	funcSize = 0x40
	numFuncs = 8
	service  = text + numFuncs*funcSize // stops at +0xb
	leaf     = service + funcSize       // keeps no frames
	stub     = guest.Addr(0x20000000)
	stubCall = stub + 0x19 // the return address of its call of the shim
	shim     = stub + 0x40
	hook     = shim + 4
	stackLow = guest.Addr(0x30000000)
	stackEnd = stackLow + 0x2000
)

// kernelMap returns the code map of the made-up kernel.
func kernelMap() *unwind.CodeMap {
	m := unwind.NewCodeMap(gate)
	funcs := []unwind.Func{
		{Name: "service", Range: guest.RangeOf(service, funcSize), Frames: true, Stops: []guest.Addr{service + 0xb}},
		{Name: "leaf", Range: guest.RangeOf(leaf, funcSize), Why: "makes no calls"},
		{Name: "stub", Range: guest.RangeOf(stub, funcSize), Stub: true},
		{Name: "shim", Range: guest.RangeOf(shim, funcSize), Frames: true, Stops: []guest.Addr{hook}},
	}
	for i := range guest.Addr(numFuncs) {
		funcs = append(funcs, unwind.Func{Name: fmt.Sprintf("f%d", i), Range: guest.RangeOf(text+i*funcSize, funcSize), Frames: true})
	}
	if err := m.Add(funcs...); err != nil {
		panic("BUG: unwindtest: " + err.Error())
	}
	return m
}

// builder lays a stack out as calls do, from its end downwards, and keeps what a
// walk must report, outermost first.
type builder struct {
	t    *rapid.T
	c    *Case
	fp   guest.Addr // of the function that runs
	sp   guest.Addr
	want []string
}

// build makes a whole stack.
func build(t *rapid.T) *Case {
	b := &builder{t: t, c: &Case{Code: kernelMap(), Memory: NewMemory(guest.Range{Start: stackLow, End: stackEnd})}}
	b.c.Target = unwind.Target{Memory: b.c.Memory, Stack: guest.Range{Start: stackLow, End: stackEnd}, Top: stackEnd}
	if rapid.Bool().Draw(t, "user task") {
		b.c.Target.Top -= guest.RegFrameSize
	}
	b.sp = b.c.Target.Top
	// As many entries as a trace can have: 99, of which the end takes one and a
	// stub below the last call up to five.
	depth := rapid.IntRange(0, unwind.MaxFrames-7).Draw(t, "depth")
	inStub := rapid.Bool().Draw(t, "in stub")
	b.push(uint64(gate))
	b.report(unwind.Return, gate)
	if depth > 0 || !inStub {
		if rapid.Bool().Draw(t, "realigned") {
			b.push(uint64(gate))
		}
		b.enter(rapid.Uint64().Draw(t, "rbp of the end"))
	}
	for range depth {
		b.call()
		b.enter(uint64(b.fp))
	}
	if inStub {
		b.enterStub(depth > 0)
	} else {
		b.stop(service + 0xb)
	}
	for i := len(b.want) - 1; i >= 0; i-- {
		b.c.Want = append(b.c.Want, b.want[i])
	}
	return b.c
}

func (b *builder) push(v uint64) {
	b.sp -= 8
	if err := guest.WriteU64(b.c.Memory, b.sp, v); err != nil {
		panic("BUG: unwindtest: made-up stack: " + err.Error())
	}
}

func (b *builder) report(k unwind.Kind, a guest.Addr) {
	b.want = append(b.want, k.String()+" "+b.c.Code.Text(unwind.Frame{Addr: a, Kind: k}))
}

// call calls from somewhere in a function, whose locals come first.
func (b *builder) call() {
	for range rapid.IntRange(0, 5).Draw(b.t, "locals") {
		b.push(b.plausible("local"))
	}
	f := text + guest.Addr(rapid.IntRange(0, numFuncs-1).Draw(b.t, "caller"))*funcSize
	ret := f + guest.Addr(rapid.IntRange(1, funcSize).Draw(b.t, "call")) // the last one is behind f
	b.push(uint64(ret))
	b.report(unwind.Return, ret)
}

// enter builds the frame of a function.
func (b *builder) enter(rbp uint64) {
	b.push(rbp)
	b.fp = b.sp
}

// enterStub calls a patched function, whose site calls the stub, which calls the
// shim. At the outermost function the call is the machine's.
func (b *builder) enterStub(called bool) {
	if called {
		b.call()
	}
	parent, err := guest.ReadU64(b.c.Memory, b.sp)
	if err != nil {
		panic("BUG: unwindtest: " + err.Error())
	}
	site := text + 5
	rbp := uint64(b.fp)
	if !called {
		rbp = rapid.Uint64().Draw(b.t, "rbp of the end")
	}
	b.push(uint64(site))
	b.push(parent)
	b.enter(rbp)
	b.push(uint64(site))
	b.enter(uint64(b.fp))
	if rapid.Bool().Draw(b.t, "decided") {
		b.c.Target.Decided = text + 2*funcSize
		b.report(unwind.Decided, b.c.Target.Decided)
	}
	b.report(unwind.Return, site)
	b.push(uint64(site)) // regs.ip
	b.push(uint64(stubCall))
	b.report(unwind.Return, stubCall)
	b.enter(uint64(b.fp))
	b.stop(hook)
}

// stop lets the task stop by itself with a complete frame.
func (b *builder) stop(at guest.Addr) {
	r := &b.c.Target.Regs
	r.RIP, r.GPR[guest.RSP], r.GPR[guest.RBP] = at, uint64(b.sp), uint64(b.fp)
	b.report(unwind.ExactPC, at)
}

// plausible draws a word that may stand on a stack: an address of the stack or of
// text, a register frame, the end, or anything.
func (b *builder) plausible(label string) uint64 { return plausible(b.t, label) }

func plausible(t *rapid.T, label string) uint64 {
	in := func(lo, hi guest.Addr) *rapid.Generator[uint64] { return rapid.Uint64Range(uint64(lo), uint64(hi)) }
	word := rapid.Map(in(0, (stackEnd-stackLow)/8), func(v uint64) uint64 { return uint64(stackLow) + 8*v })
	return rapid.OneOf(
		word,
		rapid.Map(word, func(v uint64) uint64 { return v | 1 }),
		in(stackLow, stackEnd),
		in(text, leaf+funcSize),
		in(stub, shim+funcSize),
		rapid.SampledFrom([]uint64{0, uint64(gate), uint64(stackEnd) - guest.RegFrameSize | 1, ^uint64(0), ^uint64(7)}),
		rapid.Uint64(),
	).Draw(t, label)
}

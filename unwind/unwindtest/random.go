package unwindtest

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"patchlab/guest"
	"patchlab/unwind"
)

// runWhole walks stacks that are whole: they must come out entry by entry.
func runWhole(t *testing.T, newUnwinder New) {
	rapid.Check(t, func(rt *rapid.T) {
		c := build(rt)
		var s unwind.Stack
		if got := walk(rt, newUnwinder(c.Code), c, &s); !slices.Equal(got, c.Want) {
			rt.Errorf("got  %q\nwant %q", got, c.Want)
		}
	})
}

// runBroken walks stacks, and registers, of which some words are anything. What
// comes out cannot be told, but the contract holds: a value or an error, in bounded
// time, from the stack alone.
func runBroken(t *testing.T, newUnwinder New) {
	rapid.Check(t, func(rt *rapid.T) {
		c := build(rt)
		breakStack(rt, c)
		var s unwind.Stack
		walk(rt, newUnwinder(c.Code), c, &s)
	})
}

func breakStack(t *rapid.T, c *Case) {
	tg := &c.Target
	low := tg.Regs.SP()
	for range rapid.IntRange(0, 8).Draw(t, "broken words") {
		at := low + 8*guest.Addr(rapid.IntRange(0, int(stackEnd-low)/8-1).Draw(t, "at"))
		if err := guest.WriteU64(c.Memory, at, plausible(t, "word")); err != nil {
			panic("BUG: unwindtest: " + err.Error())
		}
	}
	switch rapid.IntRange(0, 7).Draw(t, "broken register") {
	case 0:
		tg.Regs.GPR[guest.RBP] = plausible(t, "rbp")
	case 1:
		tg.Regs.GPR[guest.RSP] = plausible(t, "rsp")
	case 2:
		tg.Regs.RIP = guest.Addr(plausible(t, "rip"))
	case 3: // as an interrupt leaves them
		tg.Regs.RIP, tg.Regs.GPR[guest.RBP] = gate, plausible(t, "rbp")|1
	case 4:
		tg.Top = guest.Addr(plausible(t, "top"))
	case 5:
		tg.Decided = guest.Addr(plausible(t, "decided"))
	case 6:
		c.Memory.Hole = guest.Addr(plausible(t, "hole"))
	case 7:
		tg.InUser = true
	}
}

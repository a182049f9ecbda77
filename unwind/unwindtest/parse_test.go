package unwindtest

import (
	"errors"
	"testing"

	"patchlab/guest"
	"patchlab/unwind"
)

func TestParse(t *testing.T) {
	c, err := Parse("x", `
gate 0x7ffff000                  # a comment
func f 0x1000 0x1040 frames stop=0x1010 stop=0x1020
func g 0x2000 0x2040 why has none # of them
func s 0x3000 0x3040 stub
stack 0x8000 0x9000
top 0x8f00
regs rip=0x1010 rsp=0x8e00 rbp=0x8e10
decided 0x2000
word 0x8e10 1 0x20
expect
pc f+0x10    # ends here
return gate
`)
	if err != nil {
		t.Fatal(err)
	}
	funcs := c.Code.Funcs()
	if len(funcs) != 3 || !funcs[0].Frames || !funcs[0].StopsAt(0x1020) || funcs[1].Why != "has none" || !funcs[2].Stub {
		t.Errorf("functions %+v", funcs)
	}
	tg := c.Target
	if tg.Stack != (guest.Range{Start: 0x8000, End: 0x9000}) || tg.Top != 0x8f00 || tg.Decided != 0x2000 || tg.InUser ||
		tg.Regs.RIP != 0x1010 || tg.Regs.SP() != 0x8e00 || tg.Regs.BP() != 0x8e10 {
		t.Errorf("target %+v", tg)
	}
	for a, want := range map[guest.Addr]uint64{0x8e10: 1, 0x8e18: 0x20, 0x8e20: filler} {
		if v, err := guest.ReadU64(c.Memory, a); err != nil || v != want {
			t.Errorf("word at %s: %#x, %v", a, v, err)
		}
	}
	if len(c.Want) != 2 || c.Want[0] != "pc f+0x10" {
		t.Errorf("expected %q", c.Want)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"\nfoo 1", `x:2: unknown word "foo"`},
		{"gate", "x:1: want 1 addresses, got []"},
		{"top zero", `x:1: "zero" is not an address`},
		{"func f 1", `x:1: want NAME START END WORD..., got ["f" "1"]`},
		{"func f 1 2 maybe", `x:1: unknown word "maybe"`},
		{"func f 1 2 stop=x", `x:1: "x" is not an address`},
		{"regs rax=1", `x:1: unknown register "rax"`},
		{"regs rip", `x:1: "" is not an address`},
		{"word 1", `x:1: want ADDR VALUE..., got ["1"]`},
		{"word 8 1 2\nword 0x10 3", "x:2: a second word at 0x10"},
		{"expect 1", `x:1: want 0 addresses, got ["1"]`},
		{"func f 1 3\nfunc g 2 4\nexpect\nbad", "x: code map: g at [0x2, 0x4) overlaps f at [0x1, 0x3)"},
		{"stack 0x10 0x20\nword 0x20 1\nexpect\nbad", "x: word at 0x20 is not on the stack"},
		{"stack 0x20 0x10\nexpect\nbad", "x: stack [0x20, 0x10) is not one"},
		{"gate 1", "x: expects nothing"},
	} {
		got, err := Parse("x", c.text)
		if err == nil || err.Error() != c.want || got != nil {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
}

// The suite must notice an unwinder that does not keep the contract.
func TestContract(t *testing.T) {
	mem := func() *Memory { return NewMemory(guest.Range{Start: stackLow, End: stackEnd}) }
	stack := func(frames ...unwind.Frame) *unwind.Stack {
		var s unwind.Stack
		for _, f := range frames {
			s.Push(f)
		}
		return &s
	}
	pc := unwind.Frame{Addr: hook, Kind: unwind.ExactPC}
	end := unwind.Frame{Addr: gate, Kind: unwind.Return}
	body := unwind.Frame{Addr: text, Kind: unwind.Decided}
	outside := mem()
	_ = outside.ReadAt(stackEnd-8, make([]byte, 16))
	greedy := mem()
	for range 301 {
		_ = greedy.ReadAt(stackLow, make([]byte, 8))
	}
	full := make([]unwind.Frame, unwind.MaxFrames)
	for i := range full {
		full[i] = unwind.Frame{Addr: text + 1, Kind: unwind.Return}
	}
	for _, c := range []struct {
		want    string
		mem     *Memory
		decided guest.Addr
		user    bool
		s       *unwind.Stack
		err     error
	}{
		{"", nil, 0, false, stack(pc, end), nil},
		{"", nil, text, false, stack(pc, body, end), nil},
		{"", nil, 0, true, stack(), nil},
		{"", nil, 0, false, stack(), &unwind.Error{Reason: unwind.NoEnd}},
		{"read beyond the stack: [0x30001ff8, 0x30002008)", outside, 0, false, stack(pc, end), nil},
		{"read the stack again and again", greedy, 0, false, stack(pc, end), nil},
		{"the error is not an unwind.Error", nil, 0, false, stack(), errors.New("no")},
		{"the error has no reason", nil, 0, false, stack(), &unwind.Error{}},
		{"both frames and an error", nil, 0, false, stack(pc), &unwind.Error{Reason: unwind.NoEnd}},
		{"an error of the memory, or none, with another reason", nil, 0, false, stack(), &unwind.Error{Reason: unwind.Unreadable}},
		{"user mode has an empty stack, reliably, and no decision pending", nil, 0, true, stack(pc, end), nil},
		{"user mode has an empty stack, reliably, and no decision pending", nil, text, true, stack(), nil},
		{"no frames and no error in kernel mode", nil, 0, false, stack(), nil},
		{"a full trace is not reliable", nil, 0, false, stack(full...), nil},
		{"the innermost frame, and only that, is where the task stands", nil, 0, false, stack(end), nil},
		{"the innermost frame, and only that, is where the task stands", nil, 0, false, stack(pc, pc, end), nil},
		{"decided on something else", nil, text + 1, false, stack(pc, body, end), nil},
		{"an address that is not text", nil, 0, false, stack(pc, unwind.Frame{Addr: text, Kind: unwind.Return}, end), nil},
		{"goes on behind the end", nil, 0, false, stack(pc, end, end), nil},
		{"the end of the stack was not reached", nil, 0, false, stack(pc), nil},
		{"a decision that is pending is reported once", nil, text, false, stack(pc, end), nil},
		{"a decision that is pending is reported once", nil, text, false, stack(pc, body, body, end), nil},
	} {
		if c.mem == nil {
			c.mem = mem()
		}
		in := &Case{Code: kernelMap(), Memory: c.mem, Target: unwind.Target{Decided: c.decided, InUser: c.user}}
		if got := contract(in, c.s, c.err); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

package unwind

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"patchlab/guest"
)

const gate = guest.Addr(0x7ffff000)

func fn(name string, start, end guest.Addr) Func {
	return Func{Name: name, Range: guest.Range{Start: start, End: end}}
}

func TestStack(t *testing.T) {
	var s Stack
	for i := range MaxFrames - 1 {
		if !s.Push(Frame{Addr: guest.Addr(i)}) {
			t.Fatalf("full with %d entries", i+1)
		}
	}
	copied := s
	if s.Push(Frame{Addr: 0xaa}) || s.Push(Frame{Addr: 0xbb}) {
		t.Error("a full trace may go on")
	}
	if n := s.Len(); n != MaxFrames || s.Frames()[n-1].Addr != 0xaa {
		t.Errorf("%d entries, the last is %v", n, s.Frames()[n-1])
	}
	if copied.Len() != MaxFrames-1 {
		t.Error("a copy shares the stack's entries")
	}
	s.Reset()
	if s.Len() != 0 || len(s.Frames()) != 0 {
		t.Error("not empty after Reset")
	}
}

func TestFrameLookup(t *testing.T) {
	for _, c := range []struct {
		f    Frame
		want guest.Addr
		kind string
	}{
		{Frame{0x400010, Return}, 0x40000f, "return"}, // of the call before
		{Frame{0x400010, ExactPC}, 0x400010, "pc"},
		{Frame{0x400010, Decided}, 0x400010, "decided"}, // the first byte of the body
	} {
		if got := c.f.Lookup(); got != c.want || c.f.Kind.String() != c.kind {
			t.Errorf("%v: looked up by %s", c.f, got)
		}
	}
}

func TestCodeMapFind(t *testing.T) {
	m := NewCodeMap(gate)
	if err := m.Add(fn("b", 0x2000, 0x2040), fn("a", 0x1000, 0x1040), fn("c", 0x2040, 0x2041)); err != nil {
		t.Fatal(err)
	}
	if err := m.Add(fn("d", 0x1800, 0x1801)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second round is answered from memory
		for _, c := range []struct {
			a    guest.Addr
			want string
		}{
			{0, ""},
			{0xfff, ""},
			{0x1000, "a"},
			{0x103f, "a"},
			{0x1040, ""},
			{0x1800, "d"},
			{0x1801, ""},
			{0x1fff, ""},
			{0x2000, "b"},
			{0x203f, "b"},
			{0x2040, "c"},
			{0x2041, ""},
			{gate, ""},
			{^guest.Addr(0), ""},
		} {
			got := ""
			if f := m.Find(c.a); f != nil {
				got = f.Name
			}
			if got != c.want {
				t.Errorf("%s lies in %q, want %q", c.a, got, c.want)
			}
		}
	}
	var names []string
	for _, f := range m.Funcs() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "a d b c" {
		t.Errorf("functions %s", got)
	}
}

// Every address of a large map, asked for again and again in another order than it
// was remembered in, is found where a plain search finds it.
func TestCodeMapMemo(t *testing.T) {
	m := NewCodeMap(gate)
	for i := range guest.Addr(300) {
		if err := m.Add(fn(fmt.Sprint("f", i), 0x1000+i*7, 0x1000+i*7+5)); err != nil {
			t.Fatal(err)
		}
	}
	for k := range guest.Addr(20000) {
		a := 0xff0 + k*977%2200
		if m.Find(a) != m.search(a) {
			t.Fatalf("%s: the memory differs from the search", a)
		}
	}
}

func TestCodeMapChanges(t *testing.T) {
	m := NewCodeMap(gate)
	if err := m.Add(fn("a", 0x1000, 0x1040), fn("m1", 0x10000, 0x10040), fn("m2", 0x10040, 0x10080)); err != nil {
		t.Fatal(err)
	}
	if m.Find(0x10010) == nil || m.Find(0x20010) != nil {
		t.Fatal("before the change")
	}
	if err := m.Remove(guest.Range{Start: 0x10000, End: 0x10050}); err == nil || err.Error() != "code map: m2 at [0x10040, 0x10080) lies only partly in [0x10000, 0x10050)" {
		t.Errorf("a cut through m2: %v", err)
	}
	if m.Find(0x10010) == nil {
		t.Error("a removal that failed has removed m1")
	}
	if err := m.Remove(guest.Range{Start: 0x10000, End: 0x20000}); err != nil {
		t.Error(err)
	}
	if err := m.Add(fn("n", 0x20000, 0x20040)); err != nil {
		t.Error(err)
	}
	if m.Find(0x10010) != nil {
		t.Error("m1 is found after it was removed")
	}
	if m.Find(0x20010) == nil {
		t.Error("n is not found after it was added")
	}
	if m.Find(0x1000) == nil {
		t.Error("a is lost")
	}
}

func TestCodeMapRefuses(t *testing.T) {
	for _, c := range []struct {
		f    Func
		want string
	}{
		{fn("g", 0x1008, 0x1010), "code map: g at [0x1008, 0x1010) overlaps f at [0x1000, 0x1040)"},
		{fn("g", 0xff0, 0x1001), "code map: f at [0x1000, 0x1040) overlaps g at [0xff0, 0x1001)"},
		{fn("g", 0x1000, 0x1040), "code map: g at [0x1000, 0x1040) overlaps f at [0x1000, 0x1040)"},
		{fn("g", 0x2000, 0x2000), "code map: g has no text at [0x2000, 0x2000)"},
		{fn("g", 0x2000, 0x1fff), "code map: g has no text at [0x2000, 0x1fff)"},
		{fn("g", 0, 0x10), "code map: g has no text at [0x0, 0x10)"},
		{fn("", 0x2000, 0x2010), "code map: function at [0x2000, 0x2010) has no name"},
		{fn("g", gate-1, gate+1), "code map: g at [0x7fffefff, 0x7ffff001) holds the gate's return address 0x7ffff000"},
	} {
		m := NewCodeMap(gate)
		if err := m.Add(fn("f", 0x1000, 0x1040)); err != nil {
			t.Fatal(err)
		}
		if err := m.Add(fn("h", 0x3000, 0x3001), c.f); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if len(m.Funcs()) != 1 {
			t.Errorf("%s: functions were added all the same", c.want)
		}
	}
}

func TestCodeMapText(t *testing.T) {
	m := NewCodeMap(gate)
	if err := m.Add(fn("f", 0x1000, 0x1040), fn("g", 0x1040, 0x1080)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    Frame
		want string
	}{
		{Frame{0x1040, Return}, "f+0x40"}, // behind a call that ends f
		{Frame{0x1040, ExactPC}, "g+0x0"},
		{Frame{0x1012, Return}, "f+0x12"},
		{Frame{0x1000, Decided}, "f+0x0"},
		{Frame{0x2000, Return}, "0x2000"},
		{Frame{gate, Return}, "gate"},
	} {
		if got := m.Text(c.f); got != c.want {
			t.Errorf("%v is %q, want %q", c.f, got, c.want)
		}
	}
}

func TestFuncStops(t *testing.T) {
	f := fn("f", 0x1000, 0x1040)
	f.Stops = []guest.Addr{0x1008, 0x1010}
	for a, want := range map[guest.Addr]bool{0x1007: false, 0x1008: true, 0x1009: false, 0x1010: true, 0x1011: false} {
		if f.StopsAt(a) != want {
			t.Errorf("stops at %s: %v", a, !want)
		}
	}
}

// The texts are product: a user reads them.
func TestErrorText(t *testing.T) {
	m := NewCodeMap(gate)
	f, g := fn("f", 0x1000, 0x1040), fn("g", 0x1040, 0x1080)
	g.Why = "calls at g+0x4 without a frame"
	if err := m.Add(f, g); err != nil {
		t.Fatal(err)
	}
	pc := func(a guest.Addr) Frame { return Frame{a, ExactPC} }
	ret := func(a guest.Addr) Frame { return Frame{a, Return} }
	for _, c := range []struct {
		err        *Error
		name, want string
	}{
		{m.Unreliable(Interrupted, pc(0x1012)), "interrupted", "unreliable: interrupted at f+0x12"},
		{m.Unreliable(Interrupted, pc(0x3000)), "interrupted", "unreliable: interrupted at 0x3000"},
		{m.Unreliable(NotText, ret(0x3000)), "not-text", "unreliable: 0x3000 is not kernel text"},
		{m.Unreliable(NoFrames, ret(0x1049)), "no-frames", "unreliable: g keeps no frame pointer (calls at g+0x4 without a frame)"},
		{m.Unreliable(NoFrames, ret(0x1040)), "no-frames", "unreliable: f keeps no frame pointer"},
		{m.Unreliable(NotAtStop, pc(0x1041)), "not-at-stop", "unreliable: stopped at g+0x1, where its frame need not be complete"},
		{&Error{Reason: OffStack, Addr: 0x10}, "off-stack", "unreliable: 0x10 is off the stack"},
		{&Error{Reason: NotRising, Addr: 0x10}, "not-rising", "unreliable: frame 0x10 is not above the one before it"},
		{&Error{Reason: Misaligned, Addr: 0x12}, "misaligned", "unreliable: frame 0x12 is not on a word boundary"},
		{m.Unreliable(TooDeep, ret(0x1012)), "too-deep", "unreliable: 100 entries or more"},
		{&Error{Reason: NoEnd, Addr: 0x10}, "no-end", "unreliable: frame 0x10 is not the end of the stack"},
		{&Error{Reason: BadRegs, Addr: 0x10}, "bad-regs", "unreliable: user registers at 0x10, not at the top of the stack"},
		{m.Unreliable(NoStub, Frame{0x1040, Decided}), "no-stub", "unreliable: g+0x0 is decided on, but no stub is on the stack"},
		{&Error{Reason: Unreadable, Addr: 0x10, Err: io.EOF}, "unreadable", "unreliable: stack at 0x10: EOF"},
	} {
		if got := c.err.Error(); got != c.want || c.err.Reason.String() != c.name {
			t.Errorf("got  %s: %s\nwant %s: %s", c.err.Reason, got, c.name, c.want)
		}
		wrapped := fmt.Errorf("task 1: %w", c.err)
		if !errors.Is(wrapped, ErrUnreliable) || errors.Is(wrapped, io.EOF) != (c.err.Err != nil) {
			t.Errorf("%s: is not what it is", c.want)
		}
	}
}

func TestReasonNames(t *testing.T) {
	seen := map[string]bool{}
	for r := Reason(1); r < numReasons; r++ {
		name := r.String()
		if name == "" || name == "reason?" || seen[name] {
			t.Errorf("reason %d has no name of its own: %q", r, name)
		}
		seen[name] = true
	}
	if Reason(0).String() != "reason?" || numReasons.String() != "reason?" {
		t.Error("no reason has a name")
	}
}

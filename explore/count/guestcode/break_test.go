package guestcode

import (
	"bytes"
	"context"
	"math/big"
	"strings"
	"testing"

	"patchlab/explore/count"
	"patchlab/explore/search"
)

// parse returns the one program in a text.
func parse(t *testing.T, text string) *count.Program {
	t.Helper()
	list, err := count.Parse("test.count", text)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d programs, %v", len(list), err)
	}
	return list[0]
}

const broken = `
thread a
  atomic x + 3 into r
  if r == 0
    write y 5
  end
  write z r+2
thread b
  atomic x = 7 into s
  read y into s
`

// TestBreaks changes a byte of the guest code, or what is told of a step, and wants the
// machine's doings to be found wrong. A system that is not changed is right.
func TestBreaks(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to []byte // in the code
		want     string // of the failure
	}{
		{"nothing", nil, nil, ""},
		{"another constant", []byte{0x48, 0xb8, 5}, []byte{0x48, 0xb8, 6}, "value: variable y is 6 in the end, want 5"},
		{"no sum", []byte{2, 0, 0, 0, 0, 0, 0, 0, 0x48, 0x03}, []byte{2, 0, 0, 0, 0, 0, 0, 0, 0x48, 0x8b}, "value: variable z is "},
		{"a register not written", []byte{0x48, 0x89, 0x04, 0x25, 0, 0, 0x20}, []byte{0x48, 0x8b, 0x04, 0x25, 0, 0, 0x20}, "control: thread a is at "},
		{"exchange is read", []byte{0x48, 0x87}, []byte{0x48, 0x8b}, "access: thread b at 1:exchange:x: it reads true, writes false, want true and true"},
		{"exchange is write", []byte{0x48, 0x87}, []byte{0x48, 0x89}, "access: thread b at 1:exchange:x: it reads false, writes true, want true and true"},
		{"half of a word", []byte{0x48, 0x87}, []byte{0x40, 0x87}, "access: thread b at 1:exchange:x: it accesses [0x8100000, 0x8100004), want [0x8100000, 0x8100008) once"},
		{"the other way", []byte{0x0f, 0x85}, []byte{0x0f, 0x84}, "control: thread a is at "},
		{"no memory", []byte{0x48, 0x87, 0x04, 0x25, 0, 0, 0x10, 0x08}, []byte{0x48, 0x87, 0x04, 0x25, 0, 0, 0x10, 0x09}, "guest-fault: b:2 in user mode at "},
	} {
		code := assemble(parse(t, broken))
		text := code.image.Segments[0].Data
		if c.from != nil {
			if n := bytes.Count(text, c.from); n == 0 {
				t.Fatalf("%s: not in the code", c.name)
			}
			copy(text[bytes.Index(text, c.from):], c.to)
		}
		r, err := search.Search(context.Background(), func() (search.System, error) { return newSystem(code) }, search.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(r.Found) > 0 {
			got = r.Found[0].Failure.Rule + ": " + r.Found[0].Failure.Text
		}
		if !strings.HasPrefix(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCompare wants each number that differs to be named.
func TestCompare(t *testing.T) {
	p := parse(t, broken)
	right, err := count.Count(p, count.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Search(context.Background(), p, search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*count.Result)
		want   string
	}{
		{func(*count.Result) {}, ""},
		{func(c *count.Result) { c.Interleavings = big.NewInt(1) }, " interleavings on the machine, 1 computed"},
		{func(c *count.Result) { c.Classes = big.NewInt(2) }, " classes on the machine, 2 computed"},
		{func(c *count.Result) { c.ByBound = append([]int{99}, c.ByBound[1:]...) }, "2 classes with at most 0 preemptions on the machine, 99 computed"},
		{func(c *count.Result) { c.ByBound = c.ByBound[:1] }, " on the machine, 0 computed"},
		{func(c *count.Result) { c.Interleavings, c.Classes, c.Complete, c.ByBound = nil, nil, false, nil }, ""},
	} {
		changed := right
		c.change(&changed)
		got := ""
		if err := r.Compare(changed); err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestStopped wants a search that was stopped to be exact in what it says.
func TestStopped(t *testing.T) {
	p := parse(t, broken)
	right, err := count.Count(p, count.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for max := range uint64(20) {
		r, err := Search(context.Background(), p, search.Options{MaxRuns: max + 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Compare(right); err != nil {
			t.Errorf("after %d runs: %v", max+1, err)
		}
		if r.Search.Complete {
			t.Fatalf("complete after %d runs", max+1)
		}
	}
}

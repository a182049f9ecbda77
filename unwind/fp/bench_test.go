package fp

import (
	"encoding/binary"
	"os"
	"testing"

	"patchlab/guest"
	"patchlab/unwind"
	"patchlab/unwind/unwindtest"
)

// flatStack is memory as a machine has it: bytes at a base, bounds checked.
type flatStack struct {
	base  guest.Addr
	bytes []byte
}

func (m *flatStack) ReadAt(a guest.Addr, p []byte) error {
	if a < m.base || uint64(a-m.base)+uint64(len(p)) > uint64(len(m.bytes)) {
		return guest.ErrUnmapped
	}
	copy(p, m.bytes[a-m.base:])
	return nil
}

func (m *flatStack) WriteAt(guest.Addr, []byte) error { return guest.ErrUnmapped }

// tenFrames returns the stack of testdata/ten.txt: ten entries, frames of 48 bytes.
func tenFrames(b *testing.B) *unwindtest.Case {
	b.Helper()
	text, err := os.ReadFile("../testdata/ten.txt")
	if err != nil {
		b.Fatal(err)
	}
	c, err := unwindtest.Parse("../testdata/ten.txt", string(text))
	if err != nil {
		b.Fatal(err)
	}
	m := &flatStack{base: c.Target.Stack.Start, bytes: make([]byte, c.Target.Stack.Size())}
	if err := c.Memory.ReadAt(m.base, m.bytes); err != nil {
		b.Fatal(err)
	}
	c.Target.Memory = m
	return c
}

// BenchmarkTenFrames walks the same stack with all rules, and as a plain walk of
// the chain through the same memory, which is the yardstick.
func BenchmarkTenFrames(b *testing.B) {
	c := tenFrames(b)
	var s unwind.Stack
	perFrame := func(b *testing.B) {
		if s.Len() != 10 {
			b.Fatalf("%d frames", s.Len())
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/frame")
	}
	b.Run("fp", func(b *testing.B) {
		u := New(c.Code)
		for b.Loop() {
			if err := u.Unwind(&c.Target, &s); err != nil {
				b.Fatal(err)
			}
		}
		perFrame(b)
	})
	b.Run("chain", func(b *testing.B) {
		pair := make([]byte, 16)
		for b.Loop() {
			s.Reset()
			s.Push(unwind.Frame{Addr: c.Target.Regs.RIP})
			for bp := c.Target.Regs.GPR[guest.RBP]; bp != 0; {
				if err := c.Target.Memory.ReadAt(guest.Addr(bp), pair); err != nil {
					b.Fatal(err)
				}
				bp = binary.LittleEndian.Uint64(pair)
				s.Push(unwind.Frame{Addr: guest.Addr(binary.LittleEndian.Uint64(pair[8:])), Kind: unwind.Return})
			}
		}
		perFrame(b)
	})
}

// BenchmarkAnalyse reads compiled C.
func BenchmarkAnalyse(b *testing.B) {
	list := build(b, ".c", compiled, "-O2", "-fno-omit-frame-pointer", "-fno-jump-tables")
	var f flow
	nodes := 0
	for i := range list {
		if f.follow(list, &list[i]) == "" {
			nodes += len(f.nodes)
		}
	}
	if nodes == 0 {
		b.Fatal("no instructions")
	}
	for b.Loop() {
		if _, err := Analyse(list); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(nodes), "ns/inst")
}

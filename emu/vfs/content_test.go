package vfs

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestContent holds a content, and copies of it, against plain slices.
func TestContent(t *testing.T) {
	type pair struct {
		c     content
		naive []byte
	}
	rapid.Check(t, func(t *rapid.T) {
		var now pair
		var copies []pair
		age := uint64(1)
		g := gen{T: t}
		offset := func() int64 {
			return int64(g.pick("page", 0, 1, 2, 63, 64, 65, 130)*pageSize + g.pick("byte", 0, 1, 100, 4095))
		}
		grow := func(size int64) {
			now.naive = append(now.naive, make([]byte, max(0, size-int64(len(now.naive))))...)
		}
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch off := offset(); g.pick("step", 0, 0, 1, 2, 3) {
			case 0:
				b := bytes.Repeat([]byte{byte(i + 1)}, g.pick("n", 1, 50, pageSize, 3*pageSize))
				end := off + int64(len(b))
				missing, stop := now.c.missing(off, end, 1000)
				before := now.c.pages
				now.c.writeAt(age, b, off)
				if stop != end || now.c.pages != before+missing {
					t.Fatalf("%d pages, %d more: %d", before, missing, now.c.pages)
				}
				grow(end)
				copy(now.naive[off:], b)
			case 1:
				now.c.truncate(age, off)
				grow(off)
				now.naive = now.naive[:off:off]
			case 2:
				c := now.c
				n := node{content: c}
				n.detach()
				copies = append(copies, pair{c, bytes.Clone(now.naive)})
				now.c = n.content
				age++
			case 3:
				now.c.fill(age, off, off+5000)
			}
		}
		for _, p := range append(copies, now) {
			got := make([]byte, len(p.naive)+1)
			if n := p.c.readAt(got, 0); n != len(p.naive) || !bytes.Equal(got[:n], p.naive) || p.c.size != int64(n) {
				t.Fatalf("%d bytes, want %d, or others", n, len(p.naive))
			}
			for nr := int64(0); nr < 140; nr++ {
				data, hole := p.c.data(nr*pageSize), p.c.hole(nr*pageSize)
				if isData := p.c.page(nr) != nil; nr*pageSize < p.c.size && isData != (data == nr*pageSize) || isData == (hole == nr*pageSize) && nr*pageSize < p.c.size {
					t.Fatalf("page %d: is data: %v; data %d, hole %d", nr, isData, data, hole)
				}
			}
		}
	})
}

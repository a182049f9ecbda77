package image

import (
	"testing"

	"patchlab/guest"
)

// TestCommon wants variables that the compiler leaves to the linker to get a place of
// their own, aligned, behind the contents of the data.
func TestCommon(t *testing.T) {
	m := link(t, object(t, `
	.data
	.globl word
word:	.quad 7
	.comm small, 1, 1
	.comm wide, 64, 32
	.comm none, 0, 8
	.text
	.quad small, wide, none
`), fixed{})
	at := func(name string) guest.Addr {
		t.Helper()
		s := m.ByName(name)
		if len(s) != 1 {
			t.Fatalf("%s: %+v", name, s)
		}
		return s[0].Addr
	}
	data := m.Segments[len(m.Segments)-1]
	if data.Range.Size() < 64+32 || len(data.Data) != 8 {
		t.Errorf("data %s with %d bytes of contents", data.Range, len(data.Data))
	}
	small, wide := guest.RangeOf(at("small"), 1), guest.RangeOf(at("wide"), 64)
	if !data.Range.Covers(small) || !data.Range.Covers(wide) || small.Overlaps(wide) || wide.Start%32 != 0 || small.Start < at("word")+8 {
		t.Errorf("small %s, wide %s in %s", small, wide, data.Range)
	}
	// Symbols of no size are placed as well, also when there are no others.
	link(t, object(t, ".comm none, 0, 8\n.text\n.quad none\n"), fixed{})
}

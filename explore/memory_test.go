package explore

import (
	"slices"
	"testing"

	"patchlab/guest"
	"patchlab/insn"
)

// TestMemory wants pages to be shared when two tasks access them and one writes, and all
// instructions that access such a page to be points.
func TestMemory(t *testing.T) {
	const a, b, c, d = 0x400000, 0x400010, 0x400020, 0x400030 // instructions
	type access struct {
		id    guest.TaskID
		pc    guest.Addr
		at    guest.Addr
		size  uint64
		write bool
	}
	for _, x := range []struct {
		name   string
		by     []access
		pages  []guest.Addr
		points []guest.Addr
	}{
		{"one task", []access{{1, a, 0x1000, 8, true}, {1, b, 0x1000, 8, false}}, nil, nil},
		{"only read", []access{{1, a, 0x1000, 8, false}, {2, b, 0x1000, 8, false}}, nil, nil},
		{"other pages", []access{{1, a, 0x1ff8, 8, true}, {2, b, 0x2000, 8, true}}, nil, nil},
		{"shared", []access{{1, b, 0x1000, 8, false}, {2, a, 0x1ff8, 8, true}, {1, c, 0x3000, 8, true}}, []guest.Addr{0x1000}, []guest.Addr{a, b}},
		{"across pages", []access{{1, a, 0x1ffc, 8, true}, {2, b, 0x2000, 1, false}, {2, c, 0x1000, 1, false}}, []guest.Addr{0x1000, 0x2000}, []guest.Addr{a, b, c}},
		{"written before", []access{{1, d, 0x1000, 8, true}, {1, a, 0x1000, 8, false}, {64, b, 0x1000, 8, false}}, []guest.Addr{0x1000}, []guest.Addr{a, b, d}},
	} {
		m := newMemory()
		for _, y := range x.by {
			m.add(y.id, y.pc, insn.Access{Range: guest.RangeOf(y.at, y.size), Write: y.write})
		}
		if got := m.shared(); !slices.Equal(got, x.pages) {
			t.Errorf("%s: shared %v", x.name, got)
		}
		if got := m.points(); !slices.Equal(got, x.points) {
			t.Errorf("%s: points %v", x.name, got)
		}
	}
}

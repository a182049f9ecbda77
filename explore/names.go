package explore

import (
	"strings"

	"patchlab/guest"
)

// names numbers the points at which tasks stand. A point has the same number in every
// system of one scenario: that of an instruction is its address; named points are counted
// from 0 in the order in which they are added, which is before the search.
type names struct {
	named    []string
	numbers  map[string]uint32
	byNumber map[uint32]string // of instructions
}

func newNames() names { return names{numbers: map[string]uint32{}, byNumber: map[uint32]string{}} }

// add returns the number of a named point.
func (n *names) add(name string) uint32 {
	i, ok := n.numbers[name]
	if !ok {
		i = uint32(len(n.named))
		n.named, n.numbers[name] = append(n.named, name), i
	}
	return i
}

// at numbers an instruction of the guest. All of it lies below 2 GiB, and none in the first
// pages.
func (n *names) at(pc guest.Addr, symbol func(guest.Addr) string) uint32 {
	i := uint32(pc)
	if _, ok := n.byNumber[i]; !ok {
		name := symbol(pc)
		if name == "" {
			name = pc.String()
		}
		name = strings.ReplaceAll(name, " ", "-")
		n.byNumber[i] = name
	}
	return i
}

func (n *names) name(i uint32) string {
	if int(i) < len(n.named) {
		return n.named[i]
	}
	return n.byNumber[i]
}

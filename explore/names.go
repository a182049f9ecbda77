package explore

import (
	"fmt"
	"hash/fnv"
	"strings"

	"patchlab/guest"
)

// names numbers the points at which tasks stand. A point has the same number in every
// system of one scenario: that of an instruction is its address, that of a named step a
// hash of its name above all addresses.
type names struct {
	byNumber map[uint32]string
	numbers  map[string]uint32 // of named steps
}

func newNames() names { return names{map[uint32]string{}, map[string]uint32{}} }

func (n names) number(name string) uint32 {
	if i, ok := n.numbers[name]; ok {
		return i
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	i := h.Sum32() | 1<<31
	if known, ok := n.byNumber[i]; ok && known != name {
		panic(fmt.Sprintf("BUG: points %s and %s have one number", known, name))
	}
	n.byNumber[i], n.numbers[name] = name, i
	return i
}

// at numbers an instruction of the guest; all of it lies below 2 GiB.
func (n names) at(pc guest.Addr, symbol func(guest.Addr) string) uint32 {
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

func (n names) name(i uint32) string { return n.byNumber[i] }

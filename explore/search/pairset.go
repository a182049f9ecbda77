package search

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
)

// pairSet is a set of 128-bit hashes. The zero value is an empty one.
type pairSet struct {
	slots [][2]uint64 // a power of two of them, at most 3/4 used; zero is a free one
	n     int
	zero  bool // the pair of zeros is in the set
}

func (s *pairSet) len() int { return s.n }

// add adds a pair and reports whether it is new.
func (s *pairSet) add(p [2]uint64) bool {
	if p == [2]uint64{} {
		was := s.zero
		s.zero = true
		if !was {
			s.n++
		}
		return !was
	}
	if s.n*4 >= len(s.slots)*3 {
		s.grow()
	}
	at := s.find(p)
	if s.slots[at] == p {
		return false
	}
	s.slots[at] = p
	s.n++
	return true
}

func (s *pairSet) has(p [2]uint64) bool {
	if p == [2]uint64{} {
		return s.zero
	}
	return len(s.slots) > 0 && s.slots[s.find(p)] == p
}

// find returns the place of p, or the free one where it belongs.
func (s *pairSet) find(p [2]uint64) int {
	mask := len(s.slots) - 1
	// Hashes of others may be weak in their low bits.
	at := int((p[0]^p[1]>>7)*0x9e3779b97f4a7c15>>20) & mask
	for s.slots[at] != p && s.slots[at] != [2]uint64{} {
		at = (at + 1) & mask
	}
	return at
}

func (s *pairSet) grow() {
	old := s.slots
	s.slots = make([][2]uint64, max(16, 2*len(old)))
	for _, p := range old {
		if p != [2]uint64{} {
			s.slots[s.find(p)] = p
		}
	}
}

// addAll adds the members of another set.
func (s *pairSet) addAll(o *pairSet) {
	if o.zero {
		s.add([2]uint64{})
	}
	for _, p := range o.slots {
		if p != [2]uint64{} {
			s.add(p)
		}
	}
}

// clear empties the set and keeps its memory.
func (s *pairSet) clear() {
	clear(s.slots)
	s.n, s.zero = 0, false
}

// pairs returns the set's members in order.
func (s *pairSet) pairs() [][2]uint64 {
	list := make([][2]uint64, 0, s.n)
	if s.zero {
		list = append(list, [2]uint64{})
	}
	for _, p := range s.slots {
		if p != [2]uint64{} {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b [2]uint64) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	return list
}

// MarshalText writes the members, in order, in base64.
func (s *pairSet) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 16*s.n)
	for _, p := range s.pairs() {
		b = binary.LittleEndian.AppendUint64(b, p[0])
		b = binary.LittleEndian.AppendUint64(b, p[1])
	}
	return base64.StdEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *pairSet) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil || len(b)%16 != 0 {
		return fmt.Errorf("a damaged set of hashes")
	}
	*s = pairSet{}
	for ; len(b) > 0; b = b[16:] {
		s.add([2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])})
	}
	return nil
}

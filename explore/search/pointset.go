package search

import (
	"maps"
	"math/bits"
	"slices"
)

// pointSet is a set of points. The zero value is an empty one.
type pointSet struct {
	small []uint64 // a bit for each point below smallPoints
	large map[uint32]struct{}
}

// smallPoints bounds what is kept in bits: systems that number their points from 0 up
// need no more.
const smallPoints = 1 << 16

func (s *pointSet) add(p uint32) {
	if p >= smallPoints {
		if s.large == nil {
			s.large = map[uint32]struct{}{}
		}
		s.large[p] = struct{}{}
		return
	}
	for int(p>>6) >= len(s.small) {
		s.small = append(s.small, 0)
	}
	s.small[p>>6] |= 1 << (p & 63)
}

func (s *pointSet) has(p uint32) bool {
	if p >= smallPoints {
		_, ok := s.large[p]
		return ok
	}
	return int(p>>6) < len(s.small) && s.small[p>>6]>>(p&63)&1 != 0
}

func (s *pointSet) addAll(o *pointSet) {
	for i, w := range o.small {
		if i == len(s.small) {
			s.small = append(s.small, 0)
		}
		s.small[i] |= w
	}
	for p := range o.large {
		s.add(p)
	}
}

func (s *pointSet) len() int {
	n := len(s.large)
	for _, w := range s.small {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s *pointSet) clear() {
	clear(s.small)
	clear(s.large)
}

// points returns the members in order.
func (s *pointSet) points() []uint32 {
	list := []uint32{}
	for i, w := range s.small {
		for ; w != 0; w &= w - 1 {
			list = append(list, uint32(i*64+bits.TrailingZeros64(w)))
		}
	}
	return append(list, slices.Sorted(maps.Keys(s.large))...)
}

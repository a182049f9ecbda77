package search

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// stateSet is a set of states by their exact bytes, numbered in the order in which they
// came. States that follow on each other differ in little: a state is cut into leaves,
// equal leaves are kept once, and so are equal pairs of them, pairs of pairs, and so on.
// A state is then one pair, at the cost of the few that are new (tree compression:
// Laarman, van de Pol and Weber, SPIN 2011). Hashes only say where to look. The zero
// value is an empty set.
type stateSet struct {
	leaves leafSet
	nodes  numberSet // pairs of numbers of leaves, or of other nodes
	states numberSet // a root and a length
	row    []uint32  // scratch: numbers of one level
}

func (s *stateSet) len() int { return len(s.states.keys) }

// memory returns about how many bytes the set takes.
func (s *stateSet) memory() int64 {
	return s.leaves.memory() + s.nodes.memory() + s.states.memory()
}

// add returns the number of a state, and whether it was there before.
func (s *stateSet) add(state []byte) (number int32, known bool) {
	row := s.row[:0]
	for rest := state; len(rest) > 0; {
		var leaf [leafSize]byte
		rest = rest[copy(leaf[:], rest):]
		row = append(row, s.leaves.add(&leaf))
	}
	s.row = row
	// How numbers pair up follows from the length alone, so a root and a length stand
	// for one state.
	for len(row) > 1 {
		n := 0
		for i := 0; i+1 < len(row); i += 2 {
			row[n], _ = s.nodes.add(uint64(row[i])<<32 | uint64(row[i+1]))
			n++
		}
		if len(row)%2 != 0 {
			row[n] = row[len(row)-1]
			n++
		}
		row = row[:n]
	}
	root := uint64(0)
	if len(row) > 0 {
		root = uint64(row[0]) << 32
	}
	i, known := s.states.add(root | uint64(len(state)))
	return int32(i), known
}

// leafSize is the bytes of a leaf: small ones are shared more often, and are more.
const leafSize = 64

// leafSet numbers leaves.
type leafSet struct {
	index  []uint32 // number+1, or 0; a power of two of them, at most 2/3 used
	leaves [][leafSize]byte
}

func (s *leafSet) memory() int64 { return int64(cap(s.leaves))*leafSize + int64(len(s.index))*4 }

func (s *leafSet) add(leaf *[leafSize]byte) uint32 {
	if len(s.leaves)*3 >= len(s.index)*2 {
		s.index = make([]uint32, max(64, 2*len(s.index)))
		for i := range s.leaves {
			s.index[s.find(&s.leaves[i])] = uint32(i + 1)
		}
	}
	at := s.find(leaf)
	if s.index[at] == 0 {
		s.leaves = append(s.leaves, *leaf)
		s.index[at] = uint32(len(s.leaves))
	}
	return s.index[at] - 1
}

// find returns the place of a leaf in the index, or where it belongs.
func (s *leafSet) find(leaf *[leafSize]byte) uint32 {
	mask := uint32(len(s.index) - 1)
	at := uint32(xxhash.Sum64(leaf[:])) & mask
	for s.index[at] != 0 && !bytes.Equal(s.leaves[s.index[at]-1][:], leaf[:]) {
		at = (at + 1) & mask
	}
	return at
}

// numberSet numbers numbers.
type numberSet struct {
	index []uint32 // number+1, or 0; a power of two of them, at most 2/3 used
	keys  []uint64
}

func (s *numberSet) memory() int64 { return int64(cap(s.keys))*8 + int64(len(s.index))*4 }

// add returns the number of a key, and whether it was there before.
func (s *numberSet) add(key uint64) (number uint32, known bool) {
	if len(s.keys)*3 >= len(s.index)*2 {
		s.index = make([]uint32, max(64, 2*len(s.index)))
		for i, k := range s.keys {
			s.index[s.find(k)] = uint32(i + 1)
		}
	}
	at := s.find(key)
	if i := s.index[at]; i != 0 {
		return i - 1, true
	}
	s.keys = append(s.keys, key)
	s.index[at] = uint32(len(s.keys))
	return uint32(len(s.keys) - 1), false
}

// find returns the place of a key in the index, or where it belongs.
func (s *numberSet) find(key uint64) uint32 {
	mask := uint32(len(s.index) - 1)
	h := (key ^ key>>32) * 0x9e3779b97f4a7c15
	at := uint32(h>>32) & mask
	for s.index[at] != 0 && s.keys[s.index[at]-1] != key {
		at = (at + 1) & mask
	}
	return at
}

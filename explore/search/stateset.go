package search

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// stateSet is a set of states by their exact bytes, numbered in the order in which they
// came; a hash only says where to look. The zero value is an empty one.
type stateSet struct {
	index   []uint32 // number+1 of a state, or 0; a power of two of them, at most 2/3 used
	entries []stateEntry
	chunks  [][]byte // the bytes of the states
	bytes   int64    // of all chunks
}

// stateEntry is where a state's bytes are.
type stateEntry struct {
	chunk, at, n uint32
	hash         uint32
}

// stateChunk is how much room is made at a time.
const stateChunk = 1 << 20

func (s *stateSet) len() int { return len(s.entries) }

// memory returns about how many bytes the set takes.
func (s *stateSet) memory() int64 {
	return s.bytes + int64(cap(s.entries))*16 + int64(len(s.index))*4
}

// add returns the number of a state, and whether it was there before.
func (s *stateSet) add(state []byte) (number int32, known bool) {
	if len(s.entries)*3 >= len(s.index)*2 {
		s.grow()
	}
	hash := uint32(xxhash.Sum64(state))
	mask := uint32(len(s.index) - 1)
	at := hash & mask
	for ; s.index[at] != 0; at = (at + 1) & mask {
		i := s.index[at] - 1
		if e := &s.entries[i]; e.hash == hash && bytes.Equal(s.state(e), state) {
			return int32(i), true
		}
	}
	s.entries = append(s.entries, s.keep(state, hash))
	s.index[at] = uint32(len(s.entries))
	return int32(len(s.entries) - 1), false
}

func (s *stateSet) state(e *stateEntry) []byte { return s.chunks[e.chunk][e.at : e.at+e.n] }

func (s *stateSet) keep(state []byte, hash uint32) stateEntry {
	last := len(s.chunks) - 1
	if last < 0 || cap(s.chunks[last])-len(s.chunks[last]) < len(state) {
		size := max(stateChunk, len(state))
		s.chunks = append(s.chunks, make([]byte, 0, size))
		s.bytes += int64(size)
		last++
	}
	at := len(s.chunks[last])
	s.chunks[last] = append(s.chunks[last], state...)
	return stateEntry{uint32(last), uint32(at), uint32(len(state)), hash}
}

func (s *stateSet) grow() {
	s.index = make([]uint32, max(64, 2*len(s.index)))
	mask := uint32(len(s.index) - 1)
	for i := range s.entries {
		at := s.entries[i].hash & mask
		for s.index[at] != 0 {
			at = (at + 1) & mask
		}
		s.index[at] = uint32(i + 1)
	}
}

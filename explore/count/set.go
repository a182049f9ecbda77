package count

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// set is a set of rows of bytes, all of one size. Each has a number, from 0 in the order
// in which they came. Rows are compared in full; the hash says where to look.
type set struct {
	size   int
	chunks [][]byte // of chunkRows rows each, so that rows never move
	n      int
	// table holds numbers of rows, plus one, at their hash or behind it; its length is a
	// power of 2, and at most half of it is used.
	table []uint32
}

// chunkRows is how many rows are allocated at once; small sets are small.
const chunkRows = 256

func newSet(size int) *set { return &set{size: size, table: make([]uint32, 64)} }

// row returns the row with a number. It is not to be written to.
func (s *set) row(n int) []byte {
	at := n % chunkRows * s.size
	return s.chunks[n/chunkRows][at : at+s.size : at+s.size]
}

// add puts a copy of row into the set unless it is there, and returns its number and
// whether it is new.
func (s *set) add(row []byte) (int, bool) {
	at := s.find(row)
	if n := s.table[at]; n != 0 {
		return int(n - 1), false
	}
	if s.n == chunkRows*len(s.chunks) {
		s.chunks = append(s.chunks, make([]byte, chunkRows*s.size))
	}
	s.n++
	copy(s.row(s.n-1), row)
	s.table[at] = uint32(s.n)
	if 2*s.n > len(s.table) {
		s.grow()
	}
	return s.n - 1, true
}

// find returns where row is in the table, or where it belongs.
func (s *set) find(row []byte) int {
	mask := len(s.table) - 1
	at := int(xxhash.Sum64(row)) & mask
	for s.table[at] != 0 && !bytes.Equal(s.row(int(s.table[at]-1)), row) {
		at = (at + 1) & mask
	}
	return at
}

func (s *set) grow() {
	s.table = make([]uint32, 2*len(s.table))
	for n := range s.n {
		s.table[s.find(s.row(n))] = uint32(n + 1)
	}
}

// reset empties the set and keeps its memory.
func (s *set) reset() {
	s.n = 0
	clear(s.table)
}

package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"

	"patchlab/guest"
)

// Segment is a part of memory that is mapped as one.
type Segment struct {
	// Range is where it lies, to the byte. No two segments of a file share a page.
	Range guest.Range
	// Perm is how it is mapped. In a program that includes [guest.User]; a module
	// belongs to the kernel or to the user's program just as the program does, which
	// the module does not know: who maps it adds guest.User for a user-style program.
	Perm guest.Perm
	// Data is what lies at the start of the range; zeros follow. It is immutable.
	Data []byte
}

// segmentAt returns the segment that contains a, or nil. The segments are sorted.
func segmentAt(segs []Segment, a guest.Addr) *Segment {
	i := sort.Search(len(segs), func(i int) bool { return segs[i].Range.End > a })
	if i == len(segs) || !segs[i].Range.Contains(a) {
		return nil
	}
	return &segs[i]
}

// code returns the bytes of r, which begins in s, as far as the file has them.
func (s *Segment) code(r guest.Range) []byte {
	lo := min(uint64(r.Start-s.Range.Start), uint64(len(s.Data)))
	hi := min(uint64(r.End-s.Range.Start), uint64(len(s.Data)))
	return s.Data[lo:hi:hi]
}

// stringAt returns the string of less than limit bytes at a. What does not print, or
// is a space, does not belong into a name.
func stringAt(segs []Segment, a guest.Addr, limit int) (string, error) {
	s := segmentAt(segs, a)
	if s == nil {
		return "", fmt.Errorf("%s lies in no segment", a)
	}
	b := s.code(guest.RangeOf(a, uint64(limit)))
	n := bytes.IndexByte(b, 0)
	switch {
	case n < 0 && len(b) < limit:
		return "", fmt.Errorf("the string at %s has no end", a)
	case n < 0:
		return "", fmt.Errorf("the string at %s is longer than %d bytes", a, limit-1)
	case n == 0:
		return "", fmt.Errorf("the string at %s is empty", a)
	}
	for _, c := range b[:n] {
		if c <= ' ' || c > '~' {
			return "", fmt.Errorf("the string at %s, %q, holds what is no printing character", a, b[:n])
		}
	}
	return string(b[:n]), nil
}

// records splits the array b into records of n words.
func records(b []byte, n int) ([][]uint64, error) {
	if len(b)%(8*n) != 0 {
		return nil, fmt.Errorf("%d bytes, not a whole number of entries of %d", len(b), 8*n)
	}
	recs := make([][]uint64, len(b)/(8*n))
	for i := range recs {
		recs[i] = make([]uint64, n)
		for k := range recs[i] {
			recs[i][k] = binary.LittleEndian.Uint64(b[8*(i*n+k):])
		}
	}
	return recs, nil
}

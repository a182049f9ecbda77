package mem

import (
	"github.com/cespare/xxhash/v2"

	"patchlab/guest"
)

// Hash returns a hash of all bytes that can change and of where they are mapped:
// the same on every machine for the same content, however it came about. Text that
// was changed and changed back is as if never touched.
func (s *Space) Hash() uint64 {
	var h uint64
	for _, m := range s.maps {
		if m.Perm&guest.Write == 0 && m.gen == 0 {
			continue
		}
		if m.loaded != nil && string(m.loaded) == string(m.Data) {
			continue
		}
		if !s.reserved(m.Range) {
			h = fold(h, m.Range.Start, m.Data)
			continue
		}
		h = fold(h, m.Range.Start, nil)
		s.eachPage(m, func(a guest.Addr, b []byte) { h = fold(h, a, b) })
	}
	return h
}

// fold adds bytes at an address to a hash.
func fold(h uint64, a guest.Addr, b []byte) uint64 {
	h = (h ^ uint64(a)) * 0x9e3779b97f4a7c15
	h = (h ^ xxhash.Sum64(b)) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

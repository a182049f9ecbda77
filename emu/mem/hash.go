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
		h = (h ^ uint64(m.Range.Start)) * 0x9e3779b97f4a7c15
		h = (h ^ xxhash.Sum64(m.Data)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}

package mem

import (
	"bytes"
	"encoding/binary"
)

// diffChunk is how much is compared at once, in bytes.
const diffChunk = 256

var zeros [diffChunk]byte

// AppendDiff appends address and value of each word that is not as root holds it; of
// memory that root does not have, each that is not zero or not as it was loaded. Text
// counts that was changed. Equal bytes mean equal memory and the other way round, for
// spaces that have the same mappings and no reserved part.
func (s *Space) AppendDiff(dst []byte, root *Snapshot) []byte {
	i := s.present()
	if i.diffFrom != root.id {
		i.diff, i.diffFrom = s.appendDiff(i.diff[:0], root.image), root.id
	}
	return append(dst, i.diff...)
}

func (s *Space) appendDiff(dst []byte, root *image) []byte {
	data := root.data
	next := 0 // in root.maps, which has nearly the same order
	for _, m := range s.maps {
		was, changes := m.loaded, kept(m.Perm, m.gen)
		for i := next; i < len(root.maps) && root.maps[i].Range.Start <= m.Range.Start; i++ {
			r := root.maps[i]
			content := r.loaded
			if kept(r.Perm, root.gens[i]) {
				content, data = data[:len(r.Data)], data[len(r.Data):]
			}
			if r == m {
				was, changes = content, changes || kept(r.Perm, root.gens[i])
			}
			next = i + 1
		}
		if changes {
			dst = m.appendDiff(dst, was)
		}
	}
	return dst
}

// appendDiff appends what differs from was, nil for zeros.
func (m *Mapping) appendDiff(dst, was []byte) []byte {
	le := binary.LittleEndian
	for at := 0; at < len(m.Data); at += diffChunk {
		now, old := m.Data[at:at+diffChunk], zeros[:]
		if was != nil {
			old = was[at : at+diffChunk]
		}
		if bytes.Equal(now, old) {
			continue
		}
		for i := 0; i < diffChunk; i += 8 {
			if w := le.Uint64(now[i:]); w != le.Uint64(old[i:]) {
				dst = le.AppendUint64(dst, uint64(m.Range.Start)+uint64(at+i))
				dst = le.AppendUint64(dst, w)
			}
		}
	}
	return dst
}

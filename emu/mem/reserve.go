package mem

import (
	"fmt"
	"slices"
	"syscall"

	"patchlab/guest"
)

// Reserve makes r, of whole pages, the reserved part of the address space: its host memory
// is one piece, which takes no memory until it is used. Mappings in it can be cut and
// joined at any page; what they held is lost when they go. It is called once, before
// anything is mapped.
func (s *Space) Reserve(r guest.Range) error {
	host, err := syscall.Mmap(-1, 0, int(r.Size()), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		return fmt.Errorf("reserve %s: %w", r, err)
	}
	s.reserve, s.host = r, host
	return nil
}

// Reserved returns the reserved part and its host memory; nothing if there is none.
func (s *Space) Reserved() (guest.Range, []byte) { return s.reserve, s.host }

// reserved reports whether r lies in the reserved part.
func (s *Space) reserved(r guest.Range) bool { return s.host != nil && s.reserve.Covers(r) }

// hostOf returns the host memory of r, which lies in the reserved part.
func (s *Space) hostOf(r guest.Range) []byte {
	return s.host[r.Start-s.reserve.Start : r.End-s.reserve.Start : r.End-s.reserve.Start]
}

// drop gives the memory of r back: it is zero when it is mapped again.
func (s *Space) drop(r guest.Range) {
	if err := syscall.Madvise(s.hostOf(r), syscall.MADV_DONTNEED); err != nil {
		panic("BUG: give memory back: " + err.Error())
	}
}

// Map maps zeroed memory in the reserved part, in the place of whatever was there, and
// tells w.
func (s *Space) Map(name string, r guest.Range, p guest.Perm, w Watcher) error {
	if err := s.Unmap(r, w); err != nil {
		return err
	}
	m, err := s.Add(name, r, p)
	if err != nil {
		return err
	}
	if err := w.Mapped(m); err != nil {
		return err
	}
	return s.join(r, w)
}

// Unmap takes the pages of r, which lies in the reserved part, out of the address space.
func (s *Space) Unmap(r guest.Range, w Watcher) error {
	for _, m := range s.overlapping(r) {
		pieces := m.without(r)
		if err := s.replace(m, pieces, w); err != nil {
			return err
		}
		s.drop(m.Range.Intersect(r))
	}
	return nil
}

// Protect gives the pages of r, which lies in the reserved part, other permissions. Pages
// that are not mapped are left out.
func (s *Space) Protect(r guest.Range, p guest.Perm, w Watcher) error {
	for _, m := range s.overlapping(r) {
		if m.Perm == p {
			continue
		}
		inside := m.piece(m.Range.Intersect(r))
		inside.Perm = p
		if err := s.replace(m, append(m.without(r), inside), w); err != nil {
			return err
		}
	}
	return s.join(r, w)
}

// overlapping returns the mappings that share a page with r.
func (s *Space) overlapping(r guest.Range) []*Mapping {
	i := s.index(r.Start)
	j := i
	for j < len(s.maps) && s.maps[j].Range.Start < r.End {
		j++
	}
	return slices.Clone(s.maps[i:j])
}

// piece returns a mapping of r, a part of m.
func (m *Mapping) piece(r guest.Range) *Mapping {
	lo, hi := r.Start-m.Range.Start, r.End-m.Range.Start
	n := &Mapping{Name: m.Name, Range: r, Perm: m.Perm, Data: m.Data[lo:hi:hi], gen: m.gen}
	if m.loaded != nil {
		n.loaded = m.loaded[lo:hi:hi]
	}
	return n
}

// without returns mappings of what r leaves of m.
func (m *Mapping) without(r guest.Range) []*Mapping {
	var pieces []*Mapping
	if m.Range.Start < r.Start {
		pieces = append(pieces, m.piece(guest.Range{Start: m.Range.Start, End: r.Start}))
	}
	if r.End < m.Range.End {
		pieces = append(pieces, m.piece(guest.Range{Start: r.End, End: m.Range.End}))
	}
	return pieces
}

// replace puts pieces of m in its place; the memory stays as it is.
func (s *Space) replace(m *Mapping, pieces []*Mapping, w Watcher) error {
	s.take(m)
	if err := w.Unmapped(m); err != nil {
		return err
	}
	for _, p := range pieces {
		s.insert(p)
		if err := w.Mapped(p); err != nil {
			return err
		}
	}
	return nil
}

// join makes one mapping of neighbours in and around r that do not differ, so that their
// number does not grow with the number of calls that made them.
func (s *Space) join(r guest.Range, w Watcher) error {
	for i := max(s.index(r.Start)-1, 0); i+1 < len(s.maps) && s.maps[i].Range.Start < r.End; {
		a, b := s.maps[i], s.maps[i+1]
		if a.Range.End != b.Range.Start || !a.joins(b) || !s.reserved(a.Range) || !s.reserved(b.Range) {
			i++
			continue
		}
		both := guest.Range{Start: a.Range.Start, End: b.Range.End}
		s.take(b)
		if err := w.Unmapped(b); err != nil {
			return err
		}
		if err := s.replace(a, []*Mapping{{Name: a.Name, Range: both, Perm: a.Perm, Data: s.hostOf(both)}}, w); err != nil {
			return err
		}
	}
	return nil
}

// joins reports whether a and b, which are neighbours, can be one mapping.
func (m *Mapping) joins(o *Mapping) bool {
	return m.Name == o.Name && m.Perm == o.Perm && m.Perm&guest.Exec == 0 && m.gen == 0 && o.gen == 0
}

// Zero makes the pages of r, which are mapped in the reserved part and can be written by
// the guest, hold zeros; others stay as they are.
func (s *Space) Zero(r guest.Range) {
	for _, m := range s.overlapping(r) {
		if m.Perm&guest.Write != 0 {
			s.drop(m.Range.Intersect(r))
		}
	}
	s.Touched()
}

package mem

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"syscall"

	"patchlab/guest"
)

// Mapping is one range of the address space with one permission.
type Mapping struct {
	Name  string
	Range guest.Range
	Perm  guest.Perm
	// Data is the memory itself.
	Data []byte

	// gen is the generation of bytes that the guest cannot write: equal generations
	// of one mapping have equal bytes.
	gen uint64
	// loaded are the bytes of generation 0, once they were changed.
	loaded []byte
	// source are the bytes that AddBytes was given.
	source []byte
}

// Space is an address space.
type Space struct {
	maps    []*Mapping // sorted by address
	all     []*Mapping // also those removed: snapshots may bring them back
	nextGen uint64     // never reused, not even after a restore
	last    *Mapping   // the mapping of the last access
	image   *image     // a snapshot of the present content, if there is one
	free    []*image   // that no snapshot refers to any more

	lastImage uint64 // the id of the last image; only grows

	// The reserved part, if there is one: see Reserve.
	reserve guest.Range
	host    []byte
}

// New returns an empty address space.
func New() *Space { return &Space{nextGen: 1} }

// Mappings returns the mappings in the order of their addresses. The caller must
// not change the slice.
func (s *Space) Mappings() []*Mapping { return s.maps }

// Add maps zeroed memory. The range must be of whole pages, not empty and free.
func (s *Space) Add(name string, r guest.Range, p guest.Perm) (*Mapping, error) {
	if r.Start >= r.End || r.Start%guest.PageSize != 0 || r.End%guest.PageSize != 0 {
		return nil, fmt.Errorf("map %s at %s: not a whole number of pages", name, r)
	}
	for _, m := range s.maps {
		if m.Range.Overlaps(r) {
			return nil, fmt.Errorf("map %s at %s: overlaps %s at %s", name, r, m.Name, m.Range)
		}
	}
	if s.reserved(r) {
		m := &Mapping{Name: name, Range: r, Perm: p, Data: s.hostOf(r)}
		s.insert(m)
		return m, nil
	}
	data, err := syscall.Mmap(-1, 0, int(r.Size()), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("map %s at %s: %w", name, r, err)
	}
	m := &Mapping{Name: name, Range: r, Perm: p, Data: data}
	s.all = append(s.all, m)
	s.insert(m)
	return m, nil
}

// AddBytes maps memory that begins with the bytes of source, at an offset, and is zero
// elsewhere. Where the same was mapped before and has been removed since, its memory is
// used again, so that a search can load a module any number of times. The caller must then
// do to it what it did at first, and must not change source.
func (s *Space) AddBytes(name string, r guest.Range, p guest.Perm, offset int, source []byte) (*Mapping, error) {
	m := s.removed(name, r, p, source)
	if m == nil {
		var err error
		if m, err = s.Add(name, r, p); err != nil {
			return nil, err
		}
		m.source = source
	} else {
		clear(m.Data)
		m.gen = 0
		s.insert(m)
	}
	copy(m.Data[offset:], source)
	return m, nil
}

// removed returns a mapping that was made with these arguments and is not there, or nil.
func (s *Space) removed(name string, r guest.Range, p guest.Perm, source []byte) *Mapping {
	for _, m := range s.all {
		if m.Name == name && m.Range == r && m.Perm == p && bytes.Equal(m.source, source) &&
			!slices.ContainsFunc(s.maps, func(o *Mapping) bool { return o.Range.Overlaps(r) }) {
			return m
		}
	}
	return nil
}

func (s *Space) insert(m *Mapping) {
	i, _ := slices.BinarySearchFunc(s.maps, m.Range.Start, func(m *Mapping, a guest.Addr) int {
		return int(int64(m.Range.Start) - int64(a))
	})
	s.maps = slices.Insert(s.maps, i, m)
	s.Touched()
}

// Remove takes m out of the address space. Its memory is kept for snapshots; in the reserved
// part, they have a copy.
func (s *Space) Remove(m *Mapping) {
	s.take(m)
	if s.reserved(m.Range) {
		s.drop(m.Range)
	}
}

// take is Remove without what becomes of the memory.
func (s *Space) take(m *Mapping) {
	i := slices.Index(s.maps, m)
	if i < 0 {
		panic("BUG: remove of a mapping that is not there")
	}
	s.maps = slices.Delete(s.maps, i, i+1)
	s.last = nil
	s.Touched()
}

// Find returns the mapping that a lies in, or nil.
func (s *Space) Find(a guest.Addr) *Mapping {
	if s.last != nil && s.last.Range.Contains(a) {
		return s.last
	}
	if i := s.index(a); i < len(s.maps) && s.maps[i].Range.Contains(a) {
		s.last = s.maps[i]
		return s.last
	}
	return nil
}

// index returns the index of the first mapping that ends behind a.
func (s *Space) index(a guest.Addr) int {
	return sort.Search(len(s.maps), func(i int) bool { return s.maps[i].Range.End > a })
}

// bytes returns the n bytes at a that lie in one mapping.
func (s *Space) bytes(a guest.Addr, n int) ([]byte, *Mapping, error) {
	m := s.Find(a)
	if m == nil || uint64(n) > uint64(m.Range.End-a) {
		return nil, nil, unmapped(a, n)
	}
	return m.Data[a-m.Range.Start:][:n], m, nil
}

func unmapped(a guest.Addr, n int) error {
	return fmt.Errorf("%d bytes at %s: %w", n, a, guest.ErrUnmapped)
}

// pieces calls do for what each mapping has of the n bytes at a; from is the distance
// from a. It calls nothing, and returns false, when any byte is not mapped.
func (s *Space) pieces(a guest.Addr, n int, do func(m *Mapping, b []byte, from int)) bool {
	if !s.Allows(a, uint64(n), 0) {
		return false
	}
	for from := 0; from < n; {
		m := s.Find(a + guest.Addr(from))
		b := m.Data[a+guest.Addr(from)-m.Range.Start:]
		b = b[:min(len(b), n-from)]
		do(m, b, from)
		from += len(b)
	}
	return true
}

// Allows reports whether all of the n bytes at a are mapped with all of these
// permissions; of no bytes that is always true.
func (s *Space) Allows(a guest.Addr, n uint64, p guest.Perm) bool {
	for n > 0 {
		m := s.Find(a)
		if m == nil || m.Perm&p != p {
			return false
		}
		has := uint64(m.Range.End - a)
		if has >= n {
			return true
		}
		a, n = m.Range.End, n-has
	}
	return true
}

// ReadAt implements [guest.Memory].
func (s *Space) ReadAt(a guest.Addr, p []byte) error {
	if b, _, err := s.bytes(a, len(p)); err == nil {
		copy(p, b)
		return nil
	}
	if !s.pieces(a, len(p), func(_ *Mapping, b []byte, from int) { copy(p[from:], b) }) {
		return unmapped(a, len(p))
	}
	return nil
}

// Load stores p, which must lie in one mapping, at a as part of what the mapping holds
// from the start: text stays in generation 0. It is for loaders, before anything runs.
func (s *Space) Load(a guest.Addr, p []byte) error {
	b, _, err := s.bytes(a, len(p))
	copy(b, p)
	s.Touched()
	return err
}

// WriteAt implements [guest.Memory]. Bytes that the guest cannot write, such as text,
// get a new generation; who has translated them must be told by the caller.
func (s *Space) WriteAt(a guest.Addr, p []byte) error {
	if b, m, err := s.bytes(a, len(p)); err == nil {
		s.store(m, b, p)
		return nil
	}
	if !s.pieces(a, len(p), func(m *Mapping, b []byte, from int) { s.store(m, b, p[from:]) }) {
		return unmapped(a, len(p))
	}
	return nil
}

// store writes p to the bytes b of m.
func (s *Space) store(m *Mapping, b, p []byte) {
	if m.Perm&guest.Write == 0 {
		if m.loaded == nil {
			m.loaded = slices.Clone(m.Data)
		}
		m.gen = s.nextGen
		s.nextGen++
	}
	s.Touched()
	copy(b, p)
}

// Close unmaps all memory. Data of every mapping is invalid then.
func (s *Space) Close() error {
	var first error
	for _, m := range s.all {
		if err := syscall.Munmap(m.Data); err != nil && first == nil {
			first = fmt.Errorf("unmap %s: %w", m.Name, err)
		}
		m.Data = nil
	}
	if s.host != nil {
		if err := syscall.Munmap(s.host); err != nil && first == nil {
			first = fmt.Errorf("unmap %s: %w", s.reserve, err)
		}
	}
	s.maps, s.all, s.last, s.host = nil, nil, nil, nil
	return first
}

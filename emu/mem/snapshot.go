package mem

import (
	"encoding/binary"
	"slices"

	"patchlab/guest"
)

// Snapshot is the content of an address space at one instant. The zero value is
// ready for [Space.Save]; saving again into the same value reuses its memory.
type Snapshot struct{ *image }

// image is a content that snapshots share as long as nothing is written between them. It
// is not changed while one of them has it.
type image struct {
	refs int // of snapshots, and of the space that has this content
	maps []*Mapping
	gens []uint64
	data []byte // of the mappings that are kept, in order; without those of the reserved part

	pages    []guest.Addr // of the reserved part, those that are not all zero
	pageData []byte       // their content

	id       uint64 // of this content; never reused, as the image is
	diff     []byte // what AppendDiff appends with this as the content
	diffFrom uint64 // and the one with this id as root's; 0: not known
}

// kept reports whether a mapping's bytes are part of a snapshot: what the guest can
// write, and what is not as it was loaded.
func kept(p guest.Perm, gen uint64) bool { return p&guest.Write != 0 || gen != 0 }

// Touched tells that bytes may have changed other than by the methods of s. Whoever lets
// the guest run calls it.
func (s *Space) Touched() { s.release(&s.image) }

// release drops a reference to an image.
func (s *Space) release(p **image) {
	if i := *p; i != nil {
		*p = nil
		if i.refs--; i.refs == 0 {
			s.free = append(s.free, i)
		}
	}
}

// share makes *p refer to i.
func (s *Space) share(p **image, i *image) {
	if *p != i {
		i.refs++
		s.release(p)
		*p = i
	}
}

// Save copies all that can change into p, unless a snapshot has it already.
func (s *Space) Save(p *Snapshot) {
	s.share(&p.image, s.present())
}

// present returns an image of the present content.
func (s *Space) present() *image {
	if s.image == nil {
		s.share(&s.image, s.copy())
	}
	return s.image
}

// copy makes an image of the present content.
func (s *Space) copy() *image {
	i := &image{}
	if n := len(s.free); n > 0 {
		i, s.free = s.free[n-1], s.free[:n-1]
	}
	i.maps = append(i.maps[:0], s.maps...)
	s.lastImage++
	i.gens, i.data, i.id, i.diffFrom = i.gens[:0], i.data[:0], s.lastImage, 0
	for _, m := range s.maps {
		i.gens = append(i.gens, m.gen)
		if kept(m.Perm, m.gen) && !s.reserved(m.Range) {
			i.data = append(i.data, m.Data...)
		}
	}
	s.savePages(i)
	return i
}

// Watcher is told what a restore changed, besides data.
type Watcher interface {
	// Mapped and Unmapped report mappings that came back or went.
	Mapped(m *Mapping) error
	Unmapped(m *Mapping) error
	// TextChanged reports a range of text, or of data that the guest cannot write,
	// with new bytes.
	TextChanged(r guest.Range)
}

// Restore puts the state p of this space back and tells w. An error comes from w;
// the space cannot be used then.
func (s *Space) Restore(p *Snapshot, w Watcher) error {
	if s.image == p.image {
		return nil
	}
	if !slices.Equal(s.maps, p.maps) {
		if err := s.remap(p, w); err != nil {
			return err
		}
	}
	data := p.data
	for i, m := range s.maps {
		gen := p.gens[i]
		if s.reserved(m.Range) {
			continue
		}
		if m.Perm&(guest.Write|guest.Exec) == guest.Write {
			data = data[copy(m.Data, data):]
			continue
		}
		saved := m.loaded
		if kept(m.Perm, gen) {
			saved, data = data[:len(m.Data)], data[len(m.Data):]
		}
		if m.gen != gen || m.Perm&guest.Write != 0 {
			restoreText(m, saved, w)
			m.gen = gen
		}
	}
	s.restorePages(p.image, w)
	s.share(&s.image, p.image)
	return nil
}

// restoreText puts text back word by word, so that only what differs has to be
// translated again.
func restoreText(m *Mapping, saved []byte, w Watcher) {
	for i := 0; i+8 <= len(saved); i += 8 {
		if binary.NativeEndian.Uint64(saved[i:]) == binary.NativeEndian.Uint64(m.Data[i:]) {
			continue
		}
		copy(m.Data[i:i+8], saved[i:])
		w.TextChanged(guest.RangeOf(m.Range.Start+guest.Addr(i), 8))
	}
}

// remap makes the mappings those of p.
func (s *Space) remap(p *Snapshot, w Watcher) error {
	for _, m := range slices.Clone(s.maps) {
		if !slices.Contains(p.maps, m) {
			s.Remove(m)
			if err := w.Unmapped(m); err != nil {
				return err
			}
		}
	}
	for _, m := range p.maps {
		if !slices.Contains(s.maps, m) {
			s.insert(m)
			if err := w.Mapped(m); err != nil {
				return err
			}
		}
	}
	return nil
}

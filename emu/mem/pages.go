package mem

import (
	"encoding/binary"
	"os"

	"patchlab/guest"
)

// pagemap tells of each page of this process whether it is used; see proc_pid_pagemap(5).
const (
	pagemap     = "/proc/self/pagemap"
	pagemapWord = 8
	pageUsed    = 1<<63 | 1<<62 // present, or swapped out
)

// eachPage calls do for each page of m, which lies in the reserved part, that is not all
// zero, in rising order. Pages that were never used are not looked at, which would use
// them; who has used them is not asked, so that a page of zeros is as one never used.
func (s *Space) eachPage(m *Mapping, do func(a guest.Addr, b []byte)) {
	used := s.used(m)
	for i := 0; i < len(m.Data)/guest.PageSize; i++ {
		if used != nil && binary.NativeEndian.Uint64(used[i*pagemapWord:])&pageUsed == 0 {
			continue
		}
		b := m.Data[i*guest.PageSize:][:guest.PageSize:guest.PageSize]
		if !isZero(b) {
			do(m.Range.Start+guest.Addr(i*guest.PageSize), b)
		}
	}
}

// used returns the words of the host's page map for m, or nil where the host has none.
func (s *Space) used(m *Mapping) []byte {
	f, err := os.Open(pagemap)
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, len(m.Data)/guest.PageSize*pagemapWord)
	if _, err := f.ReadAt(b, int64(hostAddress(m.Data)/guest.PageSize*pagemapWord)); err != nil {
		return nil
	}
	return b
}

func isZero(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.NativeEndian.Uint64(b) != 0 {
			return false
		}
	}
	return true
}

// savePages appends the content of the reserved mappings to an image.
func (s *Space) savePages(i *image) {
	i.pages, i.pageData = i.pages[:0], i.pageData[:0]
	for _, m := range s.maps {
		if s.reserved(m.Range) {
			s.eachPage(m, func(a guest.Addr, b []byte) {
				i.pages = append(i.pages, a)
				i.pageData = append(i.pageData, b...)
			})
		}
	}
}

// restorePages puts the content of the reserved mappings back, which are those of the
// image already.
func (s *Space) restorePages(p *image, w Watcher) {
	next := 0 // in p.pages
	put := func(m *Mapping, a guest.Addr, now, want []byte) {
		if m.Perm&guest.Exec != 0 && string(now) != string(want) {
			defer w.TextChanged(guest.RangeOf(a, guest.PageSize))
		}
		copy(now, want)
	}
	for i, m := range s.maps {
		if !s.reserved(m.Range) {
			continue
		}
		m.gen = p.gens[i]
		saved := func() guest.Addr {
			if next < len(p.pages) && p.pages[next] < m.Range.End {
				return p.pages[next]
			}
			return m.Range.End
		}
		take := func() {
			a := p.pages[next]
			put(m, a, m.Data[a-m.Range.Start:][:guest.PageSize], p.pageData[next*guest.PageSize:][:guest.PageSize])
			next++
		}
		s.eachPage(m, func(a guest.Addr, b []byte) {
			for saved() < a {
				take()
			}
			if saved() == a {
				take()
			} else {
				put(m, a, b, zeroPage[:])
			}
		})
		for saved() < m.Range.End {
			take()
		}
	}
}

var zeroPage [guest.PageSize]byte

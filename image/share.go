package image

import (
	"debug/elf"
	"fmt"
)

// share counts the bytes of parts of a file that do not overlap in a sound one. It keeps
// the work that a file makes in proportion to its size.
type share struct{ taken, of uint64 }

// take reports whether there can be n bytes more.
func (s *share) take(n uint64) bool {
	if n > s.of-s.taken {
		return false
	}
	s.taken += n
	return true
}

// checkNotes refuses note segments that overlap.
func (f *elfFile) checkNotes() error {
	notes := share{of: uint64(len(f.data))}
	for i := range f.progs {
		if p := &f.progs[i]; elf.ProgType(p.Type) == elf.PT_NOTE && !notes.take(p.Filesz) {
			return f.errorf(ErrFormat, fmt.Sprintf("program header %d", i), "the notes have more bytes than the file: they overlap, or it is cut off")
		}
	}
	return nil
}

// checkSections refuses sections that overlap.
func (f *elfFile) checkSections() error {
	contents := share{of: uint64(len(f.data))}
	for i := range f.sections {
		if !contents.take(uint64(len(f.sections[i].data))) {
			return f.errorf(ErrFormat, "section "+f.sections[i].name, "the sections have more bytes than the file: they overlap")
		}
	}
	return nil
}

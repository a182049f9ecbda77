package image

import (
	"debug/elf"

	"patchlab/guest"
)

// recordedSection is where compilers list the patch sites that they have made
// (-mrecord-mcount): the address of each, as a word.
const recordedSection = "__mcount_loc"

// recorded reads the list. contents returns what a section holds in memory, nil if it is
// not there in full. Words of 0 are what linkers fill gaps with, as the kernel has it
// (kernel/trace/ftrace.c, ftrace_process_locs).
func (f *elfFile) recorded(contents func(section int) []byte) ([]guest.Addr, error) {
	var sites []guest.Addr
	for i := range f.sections {
		s := &f.sections[i]
		if s.name != recordedSection || s.Section64.Size == 0 {
			continue
		}
		b := contents(i)
		if b == nil || s.is(elf.SHT_NOBITS) {
			return nil, f.errorf(ErrDeclaration, "section "+s.name, "not a section with contents that is loaded")
		}
		recs, err := records(b, 1)
		if err != nil {
			return nil, f.errorf(ErrDeclaration, "section "+s.name, "%v", err)
		}
		for _, r := range recs {
			if r[0] != 0 {
				sites = append(sites, guest.Addr(r[0]))
			}
		}
	}
	return sites, nil
}

// recordedIn reads the list of a program whose segments are at their addresses. A
// position-independent one fills its own in when it starts: nothing is known of it.
func (f *elfFile) recordedIn(segs []Segment) ([]guest.Addr, error) {
	if f.bias != 0 {
		return nil, nil
	}
	return f.recorded(func(section int) []byte {
		s := &f.sections[section]
		r := guest.RangeOf(guest.Addr(s.Addr), s.Section64.Size)
		if g := segmentAt(segs, r.Start); g != nil && g.Range.Covers(r) && uint64(len(g.code(r))) == r.Size() {
			return g.code(r)
		}
		return nil
	})
}

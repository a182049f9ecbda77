package inspect

import (
	"fmt"

	"patchlab/guest"
	"patchlab/trampoline/prologue"
)

// Site is a place that a patch can redirect.
type Site struct {
	Addr     string `json:"addr"`     // of the instruction
	Object   string `json:"object"`   // "program", or the object's name
	Function string `json:"function"` // the function that begins here, or right before
	Style    string `json:"style"`    // how such a prologue is called
	Bytes    string `json:"bytes"`    // the instruction, in the file
	State    string `json:"state"`    // "call" as the compiler leaves it, "nop" when it is off already
}

// Sites returns the patch sites of all parts, by part and address.
func (f *File) Sites() []Site {
	sites := []Site{} // never nil: it is a list also where there are none
	for i := range f.Parts {
		p := &f.Parts[i]
		program := prologue.Program{IsFentry: p.isFentry, ReadAt: p.readAt}
		for _, fn := range p.Table.Functions {
			s, err := prologue.Match(fn.Code, fn.Range.Start, program)
			if err != nil {
				continue
			}
			state := "call"
			if s.Prepared {
				state = "nop"
			}
			at := s.At - fn.Range.Start
			sites = append(sites, Site{
				Addr: s.At.String(), Object: p.Name, Function: fn.Name, Style: s.Style.Name(),
				Bytes: fmt.Sprintf("% x", fn.Code[at:at+guest.Addr(s.Size)]), State: state,
			})
		}
	}
	return sites
}

// Functions returns how many functions there are.
func (f *File) Functions() (n int) {
	for i := range f.Parts {
		n += len(f.Parts[i].Table.Functions)
	}
	return n
}

// Stripped says that a file has no symbols, and what can be asked for all the same; it
// returns "" for one that has some.
func (f *File) Stripped() string {
	for i := range f.Parts {
		if len(f.Parts[i].Table.Symbols) > 0 {
			return ""
		}
	}
	text := "no symbols: it is stripped, or there is nothing in it"
	for i := range f.Parts {
		for _, s := range f.Parts[i].segments {
			if s.Perm&guest.Exec != 0 {
				return fmt.Sprintf("%s; code is shown by address: its code is %s..%s", text, s.Range.Start, s.Range.End)
			}
		}
	}
	return text
}

func (p *Part) isFentry(a guest.Addr) bool {
	for _, f := range p.fentry {
		if f == a {
			return true
		}
	}
	return false
}

// readAt reads what the file has in memory at a.
func (p *Part) readAt(a guest.Addr, b []byte) error {
	for _, s := range p.segments {
		if off := uint64(a - s.Range.Start); s.Range.Covers(guest.RangeOf(a, uint64(len(b)))) && off <= uint64(len(s.Data)) {
			clear(b[copy(b, s.Data[off:]):])
			return nil
		}
	}
	return fmt.Errorf("nothing is at %s", a)
}

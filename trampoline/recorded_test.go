package trampoline

import (
	"errors"
	"slices"
	"testing"

	"patchlab/guest"
	"patchlab/trampoline/prologue"
)

// TestRecorded wants the compiler's list of sites to be held against what stands there.
func TestRecorded(t *testing.T) {
	for _, c := range []struct {
		name     string
		recorded []guest.Addr
		sites    []guest.Addr
		err      string
	}{
		{"no list", nil, []guest.Addr{0x401000, 0x401024, 0x401040}, ""},
		{"all", []guest.Addr{0x401040, 0x401000, 0x401024}, []guest.Addr{0x401000, 0x401024, 0x401040}, ""},
		{"a call that is not listed", []guest.Addr{0x401040}, []guest.Addr{0x401000, 0x401024, 0x401040}, ""},
		{"a nop that is not listed", []guest.Addr{0x401000}, []guest.Addr{0x401000, 0x401024}, ""},
		{"an empty list", []guest.Addr{}, []guest.Addr{0x401000, 0x401024}, ""},
		{"behind the site", []guest.Addr{0x401000, 0x401005}, nil, "__mcount_loc lists f+5 at 0x401005: its site is at 0x401000"},
		{"before the site", []guest.Addr{0x401020}, nil, "__mcount_loc lists g+0 at 0x401020: its site is at 0x401024"},
		{"no site", []guest.Addr{0x401060}, nil, "__mcount_loc lists untraced+0 at 0x401060: no patch site at 0x401060: found `push rbp` (55)"},
		{"between functions", []guest.Addr{0x401010}, nil, "__mcount_loc lists 0x401010, which lies in no function"},
		{"behind all", []guest.Addr{0x401064}, nil, "__mcount_loc lists 0x401064, which lies in no function"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := fourFunctions(t)
			p, err := b.sites.Prepare(b.text, isFentry, []Func{funcU, funcH, funcG, funcF}, c.recorded)
			var sites []guest.Addr
			for _, i := range p.Sites {
				sites = append(sites, b.sites.Site(i).At)
			}
			if !slices.Equal(sites, c.sites) || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("sites %v, %v, want %v, %s", sites, err, c.sites, c.err)
			}
			if e := new(RecordError); err != nil && (!errors.As(err, &e) || b.sites.Len() != 0) {
				t.Errorf("%#v, %d sites", err, b.sites.Len())
			}
			if c.name == "no site" && !errors.Is(err, prologue.ErrNoSite) {
				t.Errorf("%v is no ErrNoSite", err)
			}
			_, err = b.sites.Find(0x401040)
			if unlisted := c.err == "" && c.recorded != nil && !slices.Contains(c.recorded, 0x401040); unlisted != errors.Is(err, ErrUnrecorded) {
				t.Errorf("h: %v", err)
			}
		})
	}
}

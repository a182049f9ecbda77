package prologue

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
)

// TestRecordedSites holds what is recognised against the list that the compiler makes
// (-mrecord-mcount): the same places, in each form that a site has.
func TestRecordedSites(t *testing.T) {
	for _, c := range []struct{ name, flags, link, want string }{
		{"default", "", "", "67 e8"},
		{"no-pie", "-fno-pie", "-no-pie", "e8"},
		{"got", "-fPIC -fno-plt", "-Wl,--no-relax", "ff 15"},
		{"branch", "-fno-pie -fcf-protection=branch", "-no-pie", "e8"},
		{"nop-mcount", "-fno-pie -mnop-mcount", "-no-pie", "0f 1f 44 00 00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, program := build(t, append(strings.Fields(c.flags), "-mrecord-mcount"), strings.Fields(c.link))
			data, err := program.Section("__mcount_loc").Data()
			if err != nil {
				t.Fatal(err)
			}
			listed := map[guest.Addr]bool{}
			for ; len(data) >= 8; data = data[8:] {
				listed[guest.Addr(binary.LittleEndian.Uint64(data))] = true
			}
			var names []string
			for name, site := range recognisedSites(t, program, c.want) {
				names = append(names, name)
				if !listed[site.At] {
					t.Errorf("%s: the site at %s is not listed", name, site.At)
				}
			}
			slices.Sort(names)
			if !slices.Equal(names, allProfiled) || len(listed) != len(allProfiled) {
				t.Errorf("%d are listed, recognised are %q, the source asks for %q", len(listed), names, allProfiled)
			}
		})
	}
}

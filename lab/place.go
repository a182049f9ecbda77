package lab

import (
	"fmt"

	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab/scenario"
)

// FindPlace finds a place in memory that so many bytes are looked at from on. They must
// all belong to its symbol.
func FindPlace(p scenario.Place, size int, t *image.Symtab) (guest.Addr, error) {
	at := t.ByName(p.Symbol)
	switch len(at) {
	case 0:
		var names []string
		for _, s := range t.Symbols {
			names = append(names, s.Name)
		}
		return 0, fmt.Errorf("the program has no symbol %q: %s", p.Symbol, scenario.Suggest(p.Symbol, names))
	case 1:
	default:
		return 0, fmt.Errorf("%q is not unique: there are %d", p.Symbol, len(at))
	}
	r := extent(t, at[0])
	if p.Offset > r.Size() || uint64(size) > r.Size()-p.Offset {
		return 0, fmt.Errorf("%s to %s+%#x is not all in %s, which has %d bytes", p, p.Symbol, p.Offset+uint64(size), p.Symbol, r.Size())
	}
	return at[0].Addr + guest.Addr(p.Offset), nil
}

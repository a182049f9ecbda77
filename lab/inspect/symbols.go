package inspect

// Symbol is a name for an address.
type Symbol struct {
	Addr    string `json:"addr"`
	Size    uint64 `json:"size"`    // in bytes, 0 where the file does not say
	Kind    string `json:"kind"`    // "func", "ifunc", "data" or "label"
	Binding string `json:"binding"` // "local", "global" or "weak"
	Object  string `json:"object"`  // "program", or the object's name
	// Sympos is what a patch gives to mean this one: its number among those of one name in one object,
	// by address; 0 when there is but one.
	Sympos int    `json:"sympos"`
	Name   string `json:"name"`
}

// Symbols returns the symbols of all parts, by part, address and name.
func (f *File) Symbols() []Symbol {
	symbols := []Symbol{}
	for i := range f.Parts {
		p, seen := &f.Parts[i], map[string]int{}
		for _, s := range p.Table.Symbols {
			pos := 0
			if len(p.Table.ByName(s.Name)) > 1 {
				seen[s.Name]++
				pos = seen[s.Name]
			}
			symbols = append(symbols, Symbol{
				Addr: s.Addr.String(), Size: s.Size, Kind: s.Kind.String(), Binding: s.Binding.String(),
				Object: p.Name, Sympos: pos, Name: s.Name,
			})
		}
	}
	return symbols
}

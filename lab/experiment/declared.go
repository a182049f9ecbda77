package experiment

import (
	"slices"

	"patchlab/guest"
	"patchlab/image"
)

// moduleAnywhere is where modules are linked whose symbols and declarations alone are
// wanted.
const moduleAnywhere guest.Addr = 0x10000000

// linked returns the patches of the scenario that fit the program, as if they were
// loaded.
func (b *Built) linked() []*image.Linked {
	var all []*image.Linked
	for _, p := range b.Scenario.Patches {
		if l, err := b.Patches[p.Name].Link(moduleAnywhere, b.Program); err == nil {
			all = append(all, l)
		}
	}
	return all
}

// replaced lists the functions of the program that patches of the scenario replace, in
// the order in which they say so. What does not fit the program is left out.
func (b *Built) replaced() []Function {
	var all []Function
	for _, l := range b.linked() {
		decl, _, _ := l.Patch()
		for _, o := range decl.Objects {
			for _, f := range o.Funcs {
				at := b.Program.ByName(f.OldName)
				i := max(int(f.Sympos), 1) - 1
				if o.Name != "" || i >= len(at) || f.Sympos == 0 && len(at) != 1 {
					continue
				}
				fn := Function{Name: f.OldName, entry: at[i].Addr}
				if !slices.Contains(all, fn) {
					all = append(all, fn)
				}
			}
		}
	}
	return all
}

// hasFunction reports whether program or patches have a function of that name.
func (b *Built) hasFunction(name string) bool {
	return len(b.Program.ByName(name)) > 0 ||
		slices.ContainsFunc(b.linked(), func(l *image.Linked) bool { return len(l.ByName(name)) > 0 })
}

// recorded lists the functions whose calls matter to a run: those that patches replace, and
// those that the script names.
func (b *Built) recorded() []guest.Addr {
	at := []guest.Addr{} // not nil: that would mean all
	for _, f := range b.replaced() {
		at = append(at, f.entry)
	}
	for _, c := range b.Scenario.Script {
		for _, s := range b.Program.ByName(c.Function) {
			if c.Function != "" && !slices.Contains(at, s.Addr) {
				at = append(at, s.Addr)
			}
		}
	}
	return at
}

package experiment

import (
	"encoding/binary"
	"fmt"
	"slices"

	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/scenario"
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
// those that the script names; nil, which means all of them, when all are wanted.
func (b *Built) recorded(all bool) []guest.Addr {
	if all {
		return nil
	}
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

// variable is a variable of the program.
type variable struct {
	at   guest.Addr
	size int // in bytes: 1, 2, 4 or 8
}

// variable finds a variable by its name.
func (b *Built) variable(name string) (variable, error) {
	at := slices.DeleteFunc(slices.Clone(b.Program.ByName(name)), func(s image.Symbol) bool { return s.Kind != image.KindData })
	switch {
	case len(at) == 0:
		var names []string
		for _, s := range b.Program.Symbols {
			if s.Kind == image.KindData {
				names = append(names, s.Name)
			}
		}
		return variable{}, fmt.Errorf("the program has no variable %q: %s", name, scenario.Suggest(name, names))
	case len(at) > 1:
		return variable{}, fmt.Errorf("the program has %d variables %q", len(at), name)
	}
	switch n := at[0].Size; n {
	case 1, 2, 4, 8:
		return variable{at[0].Addr, int(n)}, nil
	default:
		return variable{}, fmt.Errorf("the variable %q has %d bytes: want 1, 2, 4 or 8", name, n)
	}
}

// read returns the value of a variable, unsigned.
func (v variable) read(l *lab.Lab) uint64 {
	var b [8]byte
	if err := l.Machine.ReadAt(v.at, b[:v.size]); err != nil {
		panic(fmt.Sprintf("BUG: a variable of the program at %s: %v", v.at, err))
	}
	return binary.LittleEndian.Uint64(b[:])
}

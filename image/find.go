package image

import (
	"strconv"
	"strings"
)

// Resolver finds what an object does not define itself.
type Resolver interface {
	// Resolve returns the symbol, whose address, size and kind matter, or an error. One
	// that is an [ErrNoSymbol] makes a weak symbol 0 and fails the link for any other.
	Resolve(name string) (Symbol, error)
}

// Find returns a symbol as a patch names it: the one of that name if position is 0, the
// position-th otherwise. The object is the name of what t belongs to, "" for the
// program; the error, a [SymbolError], mentions it.
func (t *Symtab) Find(object, name string, position uint64) (Symbol, error) {
	syms := t.byName[name]
	fail := func(err error) (Symbol, error) {
		return Symbol{}, &SymbolError{Object: object, Name: name, Position: position, Err: err}
	}
	switch n := uint64(len(syms)); {
	case n == 0:
		return fail(ErrNoSymbol)
	case position == 0 && n > 1:
		return fail(ErrAmbiguous)
	case position > n:
		return fail(ErrNoPosition)
	}
	return syms[max(position, 1)-1], nil
}

// Resolve implements [Resolver] with the symbols of the program. A plain name is the
// global symbol of that name, as a linker has it, or else the only one. Any other is named
// with its position, or 0 for the only one: .klp.sym.vmlinux.NAME,POSITION
// (Documentation/livepatch/module-elf-format.rst).
func (m *Image) Resolve(name string) (Symbol, error) {
	for _, s := range m.ByName(name) {
		if s.Binding != Local {
			return s, nil
		}
	}
	object, symbol, position, err := splitLivepatchName(name)
	if err != nil {
		return Symbol{}, err
	}
	if object != "" {
		return Symbol{}, &SymbolError{Object: object, Name: symbol, Position: position, Err: ErrNoSymbol}
	}
	return m.Find("", symbol, position)
}

// splitLivepatchName takes apart .klp.sym.OBJECT.NAME,POSITION. The object of the
// program, vmlinux, is "". Any other name is one of the program's.
func splitLivepatchName(name string) (object, symbol string, position uint64, err error) {
	rest, ok := strings.CutPrefix(name, ".klp.sym.")
	if !ok {
		return "", name, 0, nil
	}
	object, rest, ok1 := strings.Cut(rest, ".")
	symbol, number, ok2 := strings.Cut(rest, ",")
	position, err = strconv.ParseUint(number, 10, 64)
	if !ok1 || !ok2 || err != nil || object == "" || symbol == "" {
		return "", "", 0, &SymbolError{Name: name, Err: ErrSymbolName}
	}
	if object == "vmlinux" {
		object = ""
	}
	return object, symbol, position, nil
}

package image

import (
	"debug/elf"
	"fmt"
	"math"

	"patchlab/guest"
)

// PatchDecl is what a module declares to replace: the kernel's struct klp_patch, as
// data. Names and numbers are as the author wrote them; whether the names are those of
// something is for the model to find out.
type PatchDecl struct {
	// Marked says that the module calls itself a patch: livepatch=Y in .modinfo.
	Marked bool
	// Replace makes the patch take the place of all earlier ones (section .klp.patch:
	// one word of flags, 1).
	Replace bool
	// Objects stand in the order in which they are first named, in .klp.funcs before
	// .klp.callbacks.
	Objects []ObjectDecl
	// States are the entries of .klp.states: two words, id and version.
	States []StateDecl
}

// ObjectDecl is what a patch changes in the program or in one module.
type ObjectDecl struct {
	Name      string // "" is the program (vmlinux)
	Funcs     []FuncDecl
	Callbacks CallbacksDecl
}

// FuncDecl is a pair of functions, an entry of .klp.funcs: four words, the addresses of
// the object's name (0 is the program) and of the old name, the new function, and the
// position of the old one among those of its name.
type FuncDecl struct {
	OldName string
	Sympos  uint64 // 0: the name is unique; n: the n-th of that name
	// NewFunc is where the new function begins, and NewRange what kallsyms takes it to be.
	NewFunc  guest.Addr
	NewRange guest.Range
}

// CallbacksDecl are the functions to call around a transition, 0 for none; an entry of
// .klp.callbacks: five words, the address of the object's name and these.
type CallbacksDecl struct {
	PrePatch, PostPatch, PreUnpatch, PostUnpatch guest.Addr
}

// StateDecl says that a patch changes a system state, to a version.
type StateDecl struct {
	ID      uint64 // not 0
	Version uint32
}

const (
	maxModuleName = 56   // MODULE_NAME_LEN
	maxSymbolName = 512  // KSYM_NAME_LEN
	maxEntries    = 4096 // of each table, far more than a patch has

	flagReplace = 1
)

// Patch returns what the module declares. ok is false if it has neither .klp.funcs nor
// .klp.callbacks and thus is no patch. The error is an [Error] and an [ErrDeclaration].
func (m *Linked) Patch() (decl PatchDecl, ok bool, err error) {
	var d PatchDecl
	value, _ := m.Info("livepatch")
	d.Marked = value == "Y"
	for _, t := range []struct {
		name  string
		words int
		add   func(d *PatchDecl, rec []uint64) error
	}{
		{".klp.patch", 1, m.addFlags},
		{".klp.funcs", 4, m.addFunc},
		{".klp.callbacks", 5, m.addCallbacks},
		{".klp.states", 2, m.addState},
	} {
		if err := m.eachRecord(t.name, t.words, func(rec []uint64) error { return t.add(&d, rec) }); err != nil {
			return PatchDecl{}, false, err
		}
	}
	if len(d.Objects) == 0 {
		if d.Replace || len(d.States) > 0 {
			return PatchDecl{}, false, m.obj.file.errorf(ErrDeclaration, "", "it declares a patch without functions: .klp.funcs is missing")
		}
		return PatchDecl{}, false, nil
	}
	return d, true, nil
}

// eachRecord calls do for the records of the sections of that name.
func (m *Linked) eachRecord(name string, words int, do func([]uint64) error) error {
	entry := 0
	for i := range m.obj.file.sections {
		s := &m.obj.file.sections[i]
		if s.name != name {
			continue
		}
		p := m.obj.places[i]
		if p.group == notLoaded || s.is(elf.SHT_NOBITS) {
			return m.obj.file.errorf(ErrDeclaration, "section "+name, "not a section with contents that is loaded")
		}
		recs, err := records(m.data[p.group][p.off:][:s.Size], words)
		if err != nil {
			return m.obj.file.errorf(ErrDeclaration, "section "+name, "%v", err)
		}
		if entry+len(recs) > maxEntries {
			return m.obj.file.errorf(ErrDeclaration, "section "+name, "more than %d entries", maxEntries)
		}
		for _, rec := range recs {
			if err := do(rec); err != nil {
				return m.obj.file.errorf(ErrDeclaration, fmt.Sprintf("section %s, entry %d", name, entry), "%v", err)
			}
			entry++
		}
	}
	return nil
}

func (m *Linked) addFlags(d *PatchDecl, rec []uint64) error {
	if rec[0]&^flagReplace != 0 {
		return fmt.Errorf("flags %#x: known is %d, replace", rec[0], flagReplace)
	}
	d.Replace = d.Replace || rec[0] == flagReplace
	return nil
}

func (m *Linked) addFunc(d *PatchDecl, rec []uint64) error {
	object, err := d.object(m, rec[0])
	if err != nil {
		return err
	}
	f := FuncDecl{NewFunc: guest.Addr(rec[2]), Sympos: rec[3]}
	if f.OldName, err = stringAt(m.Segments, guest.Addr(rec[1]), maxSymbolName); err != nil {
		return fmt.Errorf("name of the old function: %w", err)
	}
	if f.NewFunc == 0 {
		return fmt.Errorf("%s has no new function", f.OldName)
	}
	if s := segmentAt(m.Segments, f.NewFunc); s == nil || s.Perm&guest.Exec == 0 {
		return fmt.Errorf("the new function for %s, %s, is no code of the module", f.OldName, m.describe(f.NewFunc))
	}
	fn, ok := m.FunctionAt(f.NewFunc)
	if !ok {
		return fmt.Errorf("kallsyms size lookup failed for '%s' replacement", f.OldName)
	}
	f.NewRange = fn.Range
	object.Funcs = append(object.Funcs, f)
	return nil
}

func (m *Linked) addCallbacks(d *PatchDecl, rec []uint64) error {
	object, err := d.object(m, rec[0])
	if err != nil {
		return err
	}
	if object.Callbacks != (CallbacksDecl{}) {
		return fmt.Errorf("a second set of callbacks for one object")
	}
	fns := rec[1:]
	for _, fn := range fns {
		if s := segmentAt(m.Segments, guest.Addr(fn)); fn != 0 && (s == nil || s.Perm&guest.Exec == 0) {
			return fmt.Errorf("callback %s is no code of the module", m.describe(guest.Addr(fn)))
		}
	}
	object.Callbacks = CallbacksDecl{guest.Addr(fns[0]), guest.Addr(fns[1]), guest.Addr(fns[2]), guest.Addr(fns[3])}
	return nil
}

func (m *Linked) addState(d *PatchDecl, rec []uint64) error {
	if rec[0] == 0 {
		return fmt.Errorf("state 0: states have numbers from 1")
	}
	if rec[1] > math.MaxUint32 {
		return fmt.Errorf("version %#x of state %d: versions have 32 bits", rec[1], rec[0])
	}
	d.States = append(d.States, StateDecl{rec[0], uint32(rec[1])})
	return nil
}

// object returns the object whose name lies at the address, a new one if need be. It is
// valid until the next call.
func (d *PatchDecl) object(m *Linked, nameAddr uint64) (*ObjectDecl, error) {
	name := ""
	if nameAddr != 0 {
		var err error
		if name, err = stringAt(m.Segments, guest.Addr(nameAddr), maxModuleName); err != nil {
			return nil, fmt.Errorf("name of the object: %w", err)
		}
	}
	for i := range d.Objects {
		if d.Objects[i].Name == name {
			return &d.Objects[i], nil
		}
	}
	d.Objects = append(d.Objects, ObjectDecl{Name: name})
	return &d.Objects[len(d.Objects)-1], nil
}

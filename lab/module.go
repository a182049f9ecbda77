package lab

import (
	"errors"
	"fmt"
	"slices"

	"patchlab/guest"
	"patchlab/image"
	"patchlab/lines"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// module is a loaded module.
type module struct {
	name     string
	linked   *image.Linked
	lines    *lines.Table
	known    []unwind.Func // what the unwinder knows of its functions
	patch    livepatch.PatchID
	isPatch  bool
	replaces bool // it is a patch that takes the place of all others
	decl     image.PatchDecl
}

// module returns the loaded module of that name, or nil.
func (l *Lab) module(name string) *module {
	for _, m := range l.modules {
		if m.name == name {
			return m
		}
	}
	return nil
}

// LoadError says that a module was refused, as insmod does.
type LoadError struct {
	Module string
	Errno  livepatch.Errno
	Err    error // what is wrong with it, where more is known; else nil
}

// Error returns the line that insmod prints.
func (e *LoadError) Error() string {
	return fmt.Sprintf("insmod: ERROR: could not insert module test_modules/%s.ko: %s", e.Module, e.Errno.Insmod())
}

// Unwrap returns what is known besides the errno.
func (e *LoadError) Unwrap() error { return e.Err }

// Load loads a module and begins to enable it if it is a patch. Run the machine until
// [Lab.Done], then ask [Lab.Loaded]. The error is a *[LoadError] when nothing was begun.
func (l *Lab) Load(o *image.Object) error {
	if l.module(o.Name) != nil {
		return &LoadError{Module: o.Name, Errno: livepatch.EEXIST}
	}
	linked, err := o.Link(l.Machine.NextModule(), l.config.Program)
	if err != nil {
		errno := livepatch.EINVAL
		if errors.Is(err, image.ErrNoSymbol) || errors.Is(err, image.ErrAmbiguous) {
			errno = livepatch.ENOENT
		}
		return &LoadError{o.Name, errno, err}
	}
	decl, isPatch, err := linked.Patch()
	if err != nil {
		return &LoadError{o.Name, livepatch.EINVAL, err}
	}
	m := &module{name: o.Name, linked: linked, lines: lines.New(linked.Debug), isPatch: isPatch, replaces: decl.Replace, decl: decl}
	if err := l.insert(m); err != nil {
		return &LoadError{o.Name, livepatch.EINVAL, err}
	}
	if !isPatch {
		l.watchReturns(linked.Functions)
		l.findWindows()
		teller{l}.loaded(m)
		return nil
	}
	m.patch = l.Model.AddPatch(patchOf(o.Name, decl))
	l.recordPatch(decl)
	l.watchReturns(linked.Functions)
	l.findWindows()
	teller{l}.loaded(m)
	l.counts.patch(l, o.Name, decl)
	l.Machine.Start(l.Operator, l.Model.Tables().Enable, uint64(m.patch))
	return nil
}

// insert maps a module and tells everybody about its text.
func (l *Lab) insert(m *module) error {
	if err := l.Machine.LoadModule(m.name, m.linked.Segments); err != nil {
		return err
	}
	l.modules = append(slices.Clone(l.modules), m)
	var err error
	if m.known, err = l.prepareText(&m.linked.Symtab, func(guest.Range) bool { return true }); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", m.name, err), l.remove(m))
	}
	return nil
}

// unload takes a module out that was told to be in.
func (l *Lab) unload(m *module) error {
	teller{l}.unloaded(m)
	return l.remove(m)
}

// remove takes a module out again.
func (l *Lab) remove(m *module) error {
	l.modules = slices.DeleteFunc(slices.Clone(l.modules), func(o *module) bool { return o == m })
	l.Sites.Remove(m.linked.Range)
	return errors.Join(l.Code.Remove(m.linked.Range), l.Machine.UnloadModule(m.linked.Segments))
}

// patchOf makes the model's patch of what a module declares.
func patchOf(name string, d image.PatchDecl) livepatch.Patch {
	p := livepatch.Patch{Name: name, NotMarked: !d.Marked, Replace: d.Replace}
	for _, o := range d.Objects {
		obj := livepatch.Object{Name: o.Name, Callbacks: livepatch.Callbacks(o.Callbacks)}
		for _, f := range o.Funcs {
			obj.Funcs = append(obj.Funcs, livepatch.Func{OldName: f.OldName, Sympos: f.Sympos, NewFunc: f.NewFunc})
		}
		p.Objects = append(p.Objects, obj)
	}
	for _, s := range d.States {
		p.States = append(p.States, livepatch.State{ID: s.ID, Version: uint32(s.Version)})
	}
	return p
}

// Done reports whether the operator has finished its last command.
func (l *Lab) Done() bool {
	_, running := l.Machine.Result(l.Operator)
	return !running
}

// Result returns how the operator's last command ended: nil, or a [livepatch.Errno].
func (l *Lab) Result() error {
	r, _ := l.Machine.Result(l.Operator)
	return livepatch.ResultError(r)
}

// Loaded ends a load that [Lab.Load] has begun: a patch that could not be enabled is
// unloaded again, and the error is a *[LoadError].
func (l *Lab) Loaded(name string) error {
	err := l.Result()
	m := l.module(name)
	if err == nil || m == nil || !m.isPatch {
		return nil
	}
	var errno livepatch.Errno
	errors.As(err, &errno)
	return errors.Join(&LoadError{Module: name, Errno: errno}, l.unload(m))
}

// Write begins to write to a file of a patch, such as "evening/enabled". Run the machine
// until [Lab.Done], then ask [Lab.Result]. The error is a [livepatch.Errno] when nothing
// was begun.
func (l *Lab) Write(path, value string) error {
	c, err := l.Model.WriteAttr(path, value)
	if err != nil {
		return err
	}
	l.Machine.Start(l.Operator, c.Table, c.Args[:]...)
	return nil
}

// Sleep lets the operator sleep until a time; [Lab.Done] tells when it is over.
func (l *Lab) Sleep(until guest.Time) {
	l.Machine.Start(l.Operator, l.wait, uint64(until))
}

// Leaving reports whether a module is that of a patch which was disabled, and is not
// done with yet.
func (l *Lab) Leaving(name string) bool {
	m := l.module(name)
	if m == nil || !m.isPatch || l.Model.Removable(m.patch) {
		return false
	}
	enabled, err := l.Model.ReadAttr(name + "/enabled")
	return err != nil || enabled == "0\n"
}

// Unload unloads a module. A patch that is enabled, in transition or was forced is
// refused with EBUSY.
func (l *Lab) Unload(name string) error {
	m := l.module(name)
	if m == nil {
		return livepatch.ENOENT
	}
	if m.isPatch && !l.Model.Removable(m.patch) {
		return livepatch.EBUSY
	}
	return l.unload(m)
}

package oracle

import (
	"slices"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
)

// side is a side of a patch: the one without it or the one with it.
type side uint8

const (
	neither side = iota
	without
	with
)

// String returns the word for it in a report.
func (s side) String() string { return [...]string{"other", "old", "new"}[s] }

// sideOf returns the side that a task with that patch state is on; neither for -1.
func sideOf(state int) side {
	switch state {
	case int(livepatch.Unpatched):
		return without
	case int(livepatch.Patched):
		return with
	}
	return neither
}

// patch is what is kept of a patch.
type patch struct {
	name     string
	id       livepatch.PatchID
	at       guest.Range // its module
	replaces bool
	// left is the side that the last transition has left behind, once it completes; none
	// before the first, and while one runs.
	left side
	// covered: a patch that replaces all is in transition above this one; replaced: it
	// has done so for good.
	covered, replaced bool
	// covers: it is the patch that replaces all, and its first transition runs.
	covers bool
	// forced: tasks may be on any side for ever.
	forced bool
}

// unjudged reports whether the rules about sides are not for this patch, for now.
func (p *patch) unjudged() bool { return p.covered || p.replaced || p.forced }

// function is a function that a patch changes.
type function struct {
	patch int // index in patches
	livepatch.Sides
}

// side returns which side of the p-th patch an activation's body is of, neither when it
// is of both or of none, or not decided.
func (o *Oracle) side(p int, a emu.Activation) side {
	if a.Body == 0 {
		return neither
	}
	for i := range o.funcs {
		f := &o.funcs[i]
		if f.patch != p || f.Fn != a.Fn {
			continue
		}
		switch {
		case f.With == f.Without:
			return neither
		case a.Body == f.With:
			return with
		case a.Body == f.Without:
			return without
		}
		return neither
	}
	if bySite(a) || !o.patches[p].at.Contains(a.Body) {
		return neither
	}
	return with // a replacement that was called by its own name
}

// sideOfBody returns which side of the p-th patch a body is of, when it is not known what
// was called.
func (o *Oracle) sideOfBody(p int, body guest.Addr) side {
	for i := range o.funcs {
		if f := &o.funcs[i]; f.patch == p && f.With != f.Without {
			switch body {
			case f.With:
				return with
			case f.Without:
				return without
			}
		}
	}
	return neither
}

// bySite reports whether an activation was redirected; else the function itself runs.
func bySite(a emu.Activation) bool { return a.Fn != a.Body }

// Loaded implements [lab.Witness].
func (o *Oracle) Loaded(m lab.Module) {
	if m.IsPatch {
		o.patches = append(o.patches, patch{name: m.Name, id: m.Patch, at: m.Range, replaces: m.Replaces})
		o.noteNames(m)
	}
}

// forget drops a patch that goes. No transition of it runs.
func (o *Oracle) forget(id livepatch.PatchID) {
	p := slices.IndexFunc(o.patches, func(p patch) bool { return p.id == id })
	o.patches = slices.Delete(o.patches, p, p+1)
	o.funcs = slices.DeleteFunc(o.funcs, func(f function) bool { return f.patch == p })
	o.names = slices.DeleteFunc(o.names, func(n name) bool { return n.patch == id })
	for i := range o.funcs {
		if o.funcs[i].patch > p {
			o.funcs[i].patch--
		}
	}
}

// beginTransition notes the sides of the patch whose transition begins.
func (o *Oracle) beginTransition(t livepatch.Transition) {
	p := slices.IndexFunc(o.patches, func(p patch) bool { return p.id == t.Patch })
	o.current = p
	o.funcs = slices.DeleteFunc(o.funcs, func(f function) bool { return f.patch == p })
	o.sides = o.l.Model.Sides(t.Patch, o.sides[:0])
	for _, s := range o.sides {
		o.funcs = append(o.funcs, function{p, s})
	}
	if t.Target == livepatch.Patched {
		o.checkNames(p)
	}
	o.patches[p].left = neither
	clear(o.tasks)
	if o.patches[p].covers = o.patches[p].replaces && t.Target == livepatch.Patched; o.patches[p].covers {
		for i := range o.patches {
			o.patches[i].covered = i != p
		}
	}
}

// uncover takes in what becomes of the patches that the p-th, whose first transition is
// complete, was to replace: they are gone, or as they were.
func (o *Oracle) uncover(p int, target uint64) {
	o.patches[p].covers = false
	for i := range o.patches {
		q := &o.patches[i]
		q.replaced = q.replaced || q.covered && target == livepatch.Patched
		q.covered = false
	}
}

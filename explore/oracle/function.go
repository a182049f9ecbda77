package oracle

import (
	"fmt"
	"slices"

	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
)

// name is what a patch says of a function that it replaces.
type name struct {
	patch livepatch.PatchID
	lab.Name
}

// means returns the function that is meant, 0 when none is.
func (n *name) means() guest.Addr {
	switch {
	case n.Sympos == 0 && len(n.At) == 1:
		return n.At[0]
	case n.Sympos > 0 && n.Sympos <= uint64(len(n.At)):
		return n.At[n.Sympos-1]
	}
	return 0
}

// noteNames keeps what a patch says that it replaces. What is not there yet is left out.
func (o *Oracle) noteNames(m lab.Module) {
	for _, n := range m.Names {
		if len(n.At) > 0 {
			o.names = append(o.names, name{m.Patch, n})
		}
	}
}

// checkNames judges [RightFunction] when the p-th patch is about to be enabled.
func (o *Oracle) checkNames(p int) {
	for i := range o.names {
		n := &o.names[i]
		if n.patch != o.patches[p].id {
			continue
		}
		for _, s := range o.sides {
			if s.With == n.New && slices.Contains(n.At, s.Fn) && s.Fn != n.means() && !o.isNamed(p, s) {
				o.report(Violation{Rule: RightFunction, Text: fmt.Sprintf("%s replaces %s at %s; %s", o.patches[p].name, n.Name.Name, s.Fn, n.meant())})
			}
		}
	}
}

// isNamed reports whether the p-th patch says that it replaces the function so.
func (o *Oracle) isNamed(p int, s livepatch.Sides) bool {
	return slices.ContainsFunc(o.names, func(n name) bool {
		return n.patch == o.patches[p].id && n.New == s.With && n.means() == s.Fn
	})
}

// meant says which function is meant.
func (n *name) meant() string {
	if at := n.means(); at != 0 {
		return fmt.Sprintf("it means that at %s, number %d of the name", at, n.Sympos)
	}
	return fmt.Sprintf("there are %d of the name, and it means number %d", len(n.At), n.Sympos)
}

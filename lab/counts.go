package lab

import (
	"patchlab/emu"
	"patchlab/guest"
	"patchlab/image"
)

// Side is which version of a function a body is.
type Side uint8

// The sides.
const (
	SideOld Side = iota // the program's own
	SideNew             // of a patch
)

// String returns "old" or "new".
func (s Side) String() string {
	if s == SideNew {
		return "new"
	}
	return "old"
}

// Mix is a call whose body was of another side than that of a patched function that
// was live below it.
type Mix struct {
	Time         guest.Time
	Task         guest.TaskID
	Outer, Inner emu.Activation
	OuterSide    Side
	InnerSide    Side
}

// Counts is what really happened, counted from the truth: how often each function ran
// on which side, and how many nested calls were made. Nothing in a run depends on it.
type Counts struct {
	l *Lab
	// patched are the functions that some patch replaces, and bodies the replacements.
	patched map[guest.Addr]bool
	bodies  map[guest.Addr]guest.Addr // the function that a body replaces
	state   countState
}

// countState is the part of the counts that a snapshot copies.
type countState struct {
	// nested counts calls of a patched function from inside of another during a
	// transition, by the task's patch state then.
	nested [2]uint64
	mixes  []Mix
}

func (c *Counts) init(l *Lab) {
	*c = Counts{l: l, patched: map[guest.Addr]bool{}, bodies: map[guest.Addr]guest.Addr{}}
}

// patch takes in which functions a patch replaces.
func (c *Counts) patch(l *Lab, name string, d image.PatchDecl) {
	for _, o := range d.Objects {
		for _, f := range o.Funcs {
			at := modelSymbols{l}.Occurrences(o.Name, f.OldName)
			if i := max(int(f.Sympos)-1, 0); i < len(at) {
				c.patched[at[i]] = true
				c.bodies[f.NewFunc] = at[i]
			}
		}
	}
}

// side returns which side an activation's body is of; ok is false for a function that
// no patch replaces.
func (c *Counts) side(a emu.Activation) (s Side, ok bool) {
	if !c.patched[a.Fn] {
		return SideOld, false
	}
	if a.Body != a.Fn {
		s = SideNew
	}
	return s, true
}

// Committed implements [emu.TruthSink].
func (c *Counts) Committed(task guest.TaskID, a emu.Activation, live []emu.Activation) {
	inner, ok := c.side(a)
	if !ok {
		return
	}
	for i := len(live) - 1; i >= 0; i-- {
		outer, ok := c.side(live[i])
		if !ok || !live[i].Committed {
			continue
		}
		if state, _ := c.l.Model.PatchState(task); state >= 0 {
			c.state.nested[state]++
		}
		if outer != inner {
			c.state.mixes = append(c.state.mixes, Mix{c.l.Now(), task, live[i], a, outer, inner})
		}
		return
	}
}

// Counts returns what was counted so far.
func (l *Lab) Counts() *Counts { return &l.counts }

// Nested returns how many calls of a patched function from inside of another were made
// by tasks in that patch state, 0 or 1, while a transition ran.
func (c *Counts) Nested(state int) uint64 { return c.state.nested[state] }

// Patched reports whether some patch that was loaded replaces the function at fn.
func (c *Counts) Patched(fn guest.Addr) bool { return c.patched[fn] }

// Mixes returns the mixed calls. The caller must not change them.
func (c *Counts) Mixes() []Mix { return c.state.mixes }

// Calls returns how often a function ran on a side.
func (c *Counts) Calls(fn guest.Addr, s Side) (n uint64) {
	truth := c.l.Machine.Truth()
	if s == SideOld {
		return truth.Commits(fn)
	}
	for body, of := range c.bodies {
		if of == fn {
			n += truth.Commits(body)
		}
	}
	return n
}

package livepatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
)

// TestSides compares what a patch makes of its functions with what the handler picks for
// a task of each state, before, in and behind its transitions.
func TestSides(t *testing.T) {
	name := func(a guest.Addr) string {
		if a < newAddr(1, 0) {
			return string("fgh"[a/0x1000-1])
		}
		return fmt.Sprintf("%c%d", "fgh"[a%0x100000/0x1000-1], a/0x100000)
	}
	replacing := func(p Patch) Patch { p.Replace = true; return p }
	for _, c := range []struct {
		name string
		id   PatchID
		do   func(r *rig) // task 3 stands in the way
		want string       // function: without, with
	}{
		{"not enabled", 0, func(r *rig) { r.m.AddPatch(r.patchOf(1, "f")) }, ""},
		{"enabling", 0, func(r *rig) { r.mustEnable(r.patchOf(1, "f", "g")) }, "f: f f1, g: g g1"},
		{"stable", 0, func(r *rig) { r.quietly(r.patchOf(1, "f")) }, "f: f f1"},
		{"disabling", 0, func(r *rig) { r.quietly(r.patchOf(1, "f")); r.mustEcho("0", "p1/enabled") }, "f: f f1"},
		{"disabled", 0, func(r *rig) { r.quietly(r.patchOf(1, "f")); r.task(3).bad = nil; r.mustEcho("0", "p1/enabled") }, "f: f f1"},
		{"second", 1, func(r *rig) { r.quietly(r.patchOf(1, "f")); r.mustEnable(r.patchOf(2, "f", "g")) }, "f: f1 f2, g: g g2"},
		{"below", 0, func(r *rig) {
			r.quietly(r.patchOf(1, "f", "g"), r.patchOf(2, "f"))
			r.mustEcho("0", "p1/enabled")
		}, "f: f2 f2, g: g g1"},
		{"above", 1, func(r *rig) {
			r.quietly(r.patchOf(1, "f", "g"), r.patchOf(2, "f"))
			r.mustEcho("0", "p2/enabled")
		}, "f: f1 f2"},
		{"above one that is gone", 1, func(r *rig) {
			r.quietly(r.patchOf(1, "f"), r.patchOf(2, "f"))
			r.task(3).bad = nil
			r.mustEcho("0", "p1/enabled")
		}, "f: f f2"},
		{"replacing", 1, func(r *rig) {
			r.quietly(r.patchOf(1, "f", "g"))
			r.mustEnable(replacing(r.patchOf(2, "g", "h")))
		}, "g: g1 g2, h: h h2, f: f1 f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, 1, Options{})
			r.task(3).bad = errBroken
			c.do(r)
			var got []string
			for _, s := range r.m.Sides(c.id, nil) {
				got = append(got, fmt.Sprintf("%s: %s %s", name(s.Fn), name(s.Without), name(s.With)))
				if _, busy := r.m.transition(); !busy {
					continue
				}
				for state, want := range []guest.Addr{s.Without, s.With} {
					r.store.Write(r.m.mustTask(3).state, 0, uint64(state))
					if ran := r.route(3, slices.Index([]guest.Addr{oldAddr(0), oldAddr(1), oldAddr(2)}, s.Fn)); ran != want {
						t.Errorf("%s in state %d: the handler picks %s, Sides says %s", name(s.Fn), state, name(ran), name(want))
					}
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%s, want %s", strings.Join(got, ", "), c.want)
			}
		})
	}
}

// mustEcho writes to an attribute, and nothing may be wrong.
func (r *rig) mustEcho(text, path string) {
	r.t.Helper()
	if err := r.echo(text, path); err != nil {
		r.t.Fatal(err)
	}
}

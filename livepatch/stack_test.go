package livepatch

import (
	"fmt"
	"slices"
	"testing"

	"patchlab/guest"
)

func TestDisableInAnyOrder(t *testing.T) {
	for _, order := range [][]int{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			r := newRig(t, 1, Options{})
			left := []int{0, 1, 2, 3}
			for p := 1; p <= 3; p++ {
				r.mustEnable(r.patchOf(p, "f"))
			}
			for _, p := range order {
				if text, err := r.m.ReadAttr(fmt.Sprintf("p%d/stack_order", p)); err != nil || text != fmt.Sprintln(slices.Index(left, p)) {
					t.Errorf("p%d: stack order %q, %v", p, text, err)
				}
				if err := r.echo("0", fmt.Sprintf("p%d/enabled", p)); err != nil {
					t.Fatal(err)
				}
				left = slices.DeleteFunc(left, func(x int) bool { return x == p })
				want := oldAddr(0)
				if top := left[len(left)-1]; top > 0 {
					want = newAddr(top, 0)
				}
				if got := r.call(3, 0); len(left) > 1 && got != want {
					t.Errorf("without p%d: %s runs, want %s", p, got, want)
				}
				if on := r.store.Peek(r.text[0]) != 0; on != (len(left) > 1) {
					t.Errorf("without p%d: the site is on: %v", p, on)
				}
			}
		})
	}
}

func TestTransitionBelowTheFrontIsNotConsulted(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.mustEnable(r.patchOf(1, "f", "g"))
	r.mustEnable(r.patchOf(2, "f"))
	r.task(3).cpu = 1
	if err := r.echo("0", "p1/enabled"); err != nil {
		t.Fatal(err)
	}
	if f, g := r.call(3, 0), r.call(3, 1); f != newAddr(2, 0) || g != newAddr(1, 1) {
		t.Errorf("pending: f runs %s, g runs %s", f, g)
	}
	r.exit(3)
	if f, g := r.call(3, 0), r.call(3, 1); f != newAddr(2, 0) || g != oldAddr(1) {
		t.Errorf("switched: f runs %s, g runs %s", f, g)
	}
}

// TestForbiddenRanges tells for each transition which code a task may not be in, and that
// it may be in all other code.
func TestForbiddenRanges(t *testing.T) {
	bodies := []guest.Addr{oldAddr(0), newAddr(1, 0), newAddr(2, 0)}
	for _, c := range []struct {
		name  string
		start func(r *rig) error // with one user task, which cannot be switched
		want  guest.Addr
	}{
		{"first patch", func(r *rig) error { _, err := r.enable(r.patchOf(1, "f")); return err }, oldAddr(0)},
		{"second patch", func(r *rig) error {
			r.quietly(r.patchOf(1, "f"))
			_, err := r.enable(r.patchOf(2, "f"))
			return err
		}, newAddr(1, 0)},
		{"disable front", func(r *rig) error {
			r.quietly(r.patchOf(1, "f"), r.patchOf(2, "f"))
			return r.echo("0", "p2/enabled")
		}, newAddr(2, 0)},
		{"disable lower", func(r *rig) error {
			r.quietly(r.patchOf(1, "f"), r.patchOf(2, "f"))
			return r.echo("0", "p1/enabled")
		}, newAddr(1, 0)},
		{"reversed disable of lower", func(r *rig) error {
			r.quietly(r.patchOf(1, "f"), r.patchOf(2, "f"))
			if err := r.echo("0", "p1/enabled"); err != nil {
				return err
			}
			r.exit(3)
			return r.echo("1", "p1/enabled")
		}, oldAddr(0)},
		{"replace by nop", func(r *rig) error {
			r.quietly(r.patchOf(1, "f"))
			p := r.patchOf(2, "g")
			p.Replace = true
			_, err := r.enable(p)
			return err
		}, newAddr(1, 0)},
		{"reversed replace by nop", func(r *rig) error {
			r.quietly(r.patchOf(1, "f"))
			p := r.patchOf(2, "g")
			p.Replace = true
			if _, err := r.enable(p); err != nil {
				return err
			}
			r.exit(3) // it has moved, and has to move back
			return r.echo("0", "p2/enabled")
		}, oldAddr(0)},
	} {
		for _, at := range bodies {
			for off, inside := range map[guest.Addr]bool{0: true, 0xff: true, 0x100: false} {
				r := newRig(t, 1, Options{})
				r.task(3).bad = errBroken
				if err := c.start(r); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				r.task(3).bad, r.task(3).stack = nil, []guest.Addr{0x9000, at + off}
				r.tick()
				if v := r.m.LastCheck(3).Verdict; (v == OnStack) != (inside && at == c.want) {
					t.Errorf("%s: with %s on the stack: %s", c.name, at+off, v)
				}
			}
		}
	}
}

// quietly enables patches with no task in the way.
func (r *rig) quietly(patches ...Patch) {
	r.t.Helper()
	bad := r.task(3).bad
	r.task(3).bad = nil
	for _, p := range patches {
		r.mustEnable(p)
	}
	r.task(3).bad = bad
}

func TestReplace(t *testing.T) {
	r := newRig(t, 1, Options{})
	first := r.mustEnable(r.patchOf(1, "f", "g"))
	second := r.mustEnable(r.patchOf(2, "g"))
	p := r.patchOf(3, "g", "h")
	p.Replace = true
	r.task(3).cpu = 1
	r.log = nil
	third := r.mustEnable(p)
	// f is not patched any more, which its nop says; the others move from old to new.
	if f, g, h := r.call(3, 0), r.call(3, 1), r.call(3, 2); f != newAddr(1, 0) || g != newAddr(2, 1) || h != oldAddr(2) {
		t.Errorf("pending: %s %s %s", f, g, h)
	}
	r.exit(3)
	if f, g, h := r.call(3, 0), r.call(3, 1), r.call(3, 2); f != oldAddr(0) || g != newAddr(3, 1) || h != newAddr(3, 2) {
		t.Errorf("switched: %s %s %s", f, g, h)
	}
	if text, _ := r.m.ReadAttr("p3/replace"); text != "1\n" {
		t.Errorf("replace reads %q", text)
	}
	r.tick()
	r.wantLog(`
livepatch: enabling patch 'p3'
livepatch: 'p3': initializing patching transition
livepatch: 'p3': starting patching transition
livepatch: 'p3': completing patching transition
livepatch: 'p3': patching complete`)
	if !slices.Equal(r.m.Patches(), []string{"p3"}) || !r.m.Removable(first) || !r.m.Removable(second) || r.m.Removable(third) {
		t.Errorf("patches %q", r.m.Patches())
	}
	// The nop is gone, and with it f's last entry and its call.
	if r.store.Peek(r.text[0]) != 0 || r.store.Peek(r.text[1]) != 1 || r.m.nextFunc(third, none) == none {
		t.Error("the sites are not as they should be")
	}
	for fn := r.m.nextFunc(third, none); fn != none; fn = r.m.nextFunc(third, fn) {
		if r.m.funcs[fn].nop {
			t.Errorf("nop of %s is left", r.m.funcs[fn].oldName)
		}
	}
	r.task(3).cpu = guest.NoCPU
	if err := r.echo("0", "p3/enabled"); err != nil || len(r.m.Patches()) != 0 || len(r.warnings) > 0 {
		t.Error(err, r.m.Patches(), r.warnings)
	}
}

func TestReplaceDropsObjectsOfNops(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.mustEnable(r.threeObjects())
	p := r.patchOf(2, "f")
	p.Replace = true
	r.task(3).cpu = 1
	id := r.mustEnable(p)
	if text, err := r.m.ReadAttr("p2/m/patched"); err != nil || text != "1\n" {
		t.Errorf("object of a nop: %q, %v", text, err)
	}
	r.exit(3)
	r.tick()
	if _, err := r.m.ReadAttr("p2/m/patched"); err != ENOENT {
		t.Errorf("the object is left: %v", err)
	}
	r.task(3).cpu = guest.NoCPU
	if err := r.echo("0", "p2/enabled"); err != nil || !r.m.Removable(id) || len(r.warnings) > 0 {
		t.Error(err, r.warnings)
	}
}

func TestReplaceKeepsSympos(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.mustEnable(r.patchOf(1, "f"))
	p := r.patchOf(2, "f")
	p.Replace, p.Objects[0].Funcs[0].Sympos = true, 1
	id := r.mustEnable(p)
	if n := len(r.m.funcs); n != 2 || r.m.nextFunc(id, none) != 1 {
		t.Errorf("%d functions: positions 0 and 1 are not the same", n)
	}
}

func TestForcedReplaceKeepsTheReplaced(t *testing.T) {
	r := newRig(t, 1, Options{})
	first := r.mustEnable(r.patchOf(1, "f"))
	p := r.patchOf(2, "f")
	p.Replace = true
	r.task(3).cpu = 1
	second := r.mustEnable(p)
	if err := r.echo("1", "p2/force"); err != nil {
		t.Fatal(err)
	}
	r.tick()
	if r.m.Removable(first) || !slices.Equal(r.m.Patches(), []string{"p2"}) {
		t.Error("a task may be in the first patch for ever, and it can be removed")
	}
	r.task(3).cpu = guest.NoCPU
	if err := r.echo("0", "p2/enabled"); err != nil || !r.m.Removable(second) {
		t.Error("the second patch cannot be removed", err)
	}
}

func TestSystemStates(t *testing.T) {
	for _, c := range []struct {
		replace bool
		states  []State
		want    error
	}{
		{states: nil},
		{replace: true, states: nil, want: EINVAL},
		{states: []State{{1, 1}}, want: EINVAL},
		{states: []State{{1, 2}}},
		{replace: true, states: []State{{1, 3}, {2, 1}}},
	} {
		r := newRig(t, 1, Options{})
		p := r.patchOf(1, "f")
		p.States = []State{{1, 2}}
		r.mustEnable(p)
		r.log = nil
		p = r.patchOf(2, "g")
		p.Replace, p.States = c.replace, c.states
		if _, err := r.enable(p); err != c.want {
			t.Errorf("%+v: %v", c, err)
		}
		if c.want != nil {
			r.wantLog("livepatch: Livepatch patch (p2) is not compatible with the already installed livepatches.")
		}
	}
}

package livepatch

import (
	"fmt"
	"testing"

	"patchlab/guest"
)

// withCallbacks gives each object of a patch all four callbacks, which say what they are.
// An object in fails has a pre_patch that fails.
func (r *rig) withCallbacks(p Patch, fails map[string]Errno) Patch {
	at := guest.Addr(0x80000)
	for i := range p.Objects {
		o := &p.Objects[i]
		o.Ptr = guest.Addr(0x70000 + i)
		say := func(kind string, result uint64) guest.Addr {
			at++
			r.guests[at] = func() uint64 {
				r.log = append(r.log, fmt.Sprintf("%s: %s", kind, objectName(o.Name)))
				return result
			}
			return at
		}
		var result uint64
		if e := fails[o.Name]; e != 0 {
			result = e.Result()
		}
		o.Callbacks = Callbacks{
			PrePatch: say("pre_patch", result), PostPatch: say("post_patch", 0),
			PreUnpatch: say("pre_unpatch", 0), PostUnpatch: say("post_unpatch", 0),
		}
	}
	return p
}

// threeObjects changes the program, a module that is loaded and one that is not.
func (r *rig) threeObjects() Patch {
	p := r.patchOf(1, "f")
	r.unloaded["late"] = true
	r.symbol("m", "g", oldAddr(1))
	r.sizes[newAddr(1, 1)] = 0x100
	g := []Func{{OldName: "g", NewFunc: newAddr(1, 1)}}
	p.Objects = append(p.Objects, Object{Name: "late", Funcs: g}, Object{Name: "m", Funcs: g})
	return p
}

func TestCallbackOrder(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.mustEnable(r.withCallbacks(r.threeObjects(), nil))
	r.wantLog(`
livepatch: enabling patch 'p1'
livepatch: 'p1': initializing patching transition
pre_patch: vmlinux
pre_patch: m
livepatch: 'p1': starting patching transition
livepatch: 'p1': completing patching transition
post_patch: vmlinux
post_patch: m
livepatch: 'p1': patching complete`)
	if err := r.echo("0", "p1/enabled"); err != nil {
		t.Fatal(err)
	}
	r.wantLog(`
livepatch: 'p1': initializing unpatching transition
pre_unpatch: vmlinux
pre_unpatch: m
livepatch: 'p1': starting unpatching transition
livepatch: 'p1': completing unpatching transition
post_unpatch: vmlinux
post_unpatch: m
livepatch: 'p1': unpatching complete`)
}

func TestFailedPrePatch(t *testing.T) {
	r := newRig(t, 1, Options{})
	id, err := r.enable(r.withCallbacks(r.threeObjects(), map[string]Errno{"m": ENODEV}))
	if err != ENODEV {
		t.Errorf("error %v", err)
	}
	r.wantLog(`
livepatch: enabling patch 'p1'
livepatch: 'p1': initializing patching transition
pre_patch: vmlinux
pre_patch: m
livepatch: pre-patch callback failed for object 'm'
livepatch: failed to enable patch 'p1'
livepatch: 'p1': canceling patching transition, going to unpatch
livepatch: 'p1': completing unpatching transition
post_unpatch: vmlinux
livepatch: 'p1': unpatching complete`)
	r.wantClean(id, 0)
}

func TestFailedPatchAfterPrePatch(t *testing.T) {
	r := newRig(t, 1, Options{})
	p := r.withCallbacks(r.threeObjects(), nil)
	r.noSite[oldAddr(1)] = true
	if _, err := r.enable(p); err != EINVAL {
		t.Errorf("error %v", err)
	}
	r.wantLog(`
livepatch: enabling patch 'p1'
livepatch: 'p1': initializing patching transition
pre_patch: vmlinux
pre_patch: m
livepatch: failed to find location for function 'g'
livepatch: failed to patch object 'm'
livepatch: failed to enable patch 'p1'
livepatch: 'p1': canceling patching transition, going to unpatch
livepatch: 'p1': completing unpatching transition
post_unpatch: vmlinux
post_unpatch: m
livepatch: 'p1': unpatching complete`)
}

func TestCallbacksOfAReversal(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.task(3).cpu = 1
	r.mustEnable(r.withCallbacks(r.threeObjects(), nil))
	r.log = nil
	if err := r.echo("0", "p1/enabled"); err != nil {
		t.Fatal(err)
	}
	r.tick()
	r.wantLog(`
livepatch: 'p1': reversing transition from patching to unpatching
livepatch: 'p1': starting unpatching transition
livepatch: 'p1': completing unpatching transition
post_unpatch: vmlinux
post_unpatch: m
livepatch: 'p1': unpatching complete`)
}

func TestReplacedPatchHasNoCallbacks(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.mustEnable(r.withCallbacks(r.patchOf(1, "f"), nil))
	r.log = nil
	p := r.patchOf(2, "f")
	p.Replace = true
	r.mustEnable(p)
	r.wantLog(`
livepatch: enabling patch 'p2'
livepatch: 'p2': initializing patching transition
livepatch: 'p2': starting patching transition
livepatch: 'p2': completing patching transition
livepatch: 'p2': patching complete`)
}

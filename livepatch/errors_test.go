package livepatch

import (
	"strings"
	"testing"

	"patchlab/guest"
)

func TestEnableRefusals(t *testing.T) {
	fn := func(name string, sympos uint64, at guest.Addr) Func {
		return Func{OldName: name, Sympos: sympos, NewFunc: at}
	}
	one := func(funcs ...Func) Patch { return Patch{Name: "p", Objects: []Object{{Funcs: funcs}}} }
	good := fn("f", 0, newAddr(1, 0))
	const enabling = `
livepatch: enabling patch 'p'
livepatch: 'p': initializing patching transition
`
	const canceled = `
livepatch: failed to patch object 'vmlinux'
livepatch: failed to enable patch 'p'
livepatch: 'p': canceling patching transition, going to unpatch
livepatch: 'p': completing unpatching transition
livepatch: 'p': unpatching complete
`
	for _, c := range []struct {
		name  string
		patch Patch
		setup func(r *rig)
		want  error
		log   string
	}{
		{name: "no objects", patch: Patch{Name: "p"}, want: EINVAL},
		{name: "object without functions", patch: Patch{Name: "p", Objects: []Object{{Funcs: []Func{good}}, {Name: "m"}}}, want: EINVAL},
		{
			name: "no livepatch module", patch: Patch{Name: "p", NotMarked: true, Objects: []Object{{Funcs: []Func{good}}}},
			want: EINVAL, log: "livepatch: module p is not marked as a livepatch module",
		},
		{name: "name in use", patch: one(good), setup: func(r *rig) {
			r.mustEnable(one(fn("g", 0, newAddr(1, 0))))
		}, want: EEXIST},
		{name: "object twice", patch: Patch{Name: "p", Objects: []Object{{Funcs: []Func{good}}, {Name: "vmlinux", Funcs: []Func{good}}}}, want: EEXIST},
		{name: "function twice", patch: one(good, fn("f", 1, newAddr(1, 0))), want: EEXIST},
		{name: "long object name", patch: Patch{Name: "p", Objects: []Object{{Name: strings.Repeat("m", 56), Funcs: []Func{good}}}}, want: EINVAL},
		{name: "function without a name", patch: one(fn("", 0, newAddr(1, 0))), want: EINVAL},
		{name: "function without code", patch: one(fn("f", 0, 0)), want: EINVAL},
		{name: "long function name", patch: one(fn(strings.Repeat("f", 512), 0, newAddr(1, 0))), want: EINVAL},
		{name: "no symbol", patch: one(fn("nosuch", 0, newAddr(1, 0))), want: EINVAL, log: "livepatch: symbol 'nosuch' not found in symbol table"},
		{
			name: "ambiguous symbol", patch: one(fn("twice", 0, newAddr(1, 0))), want: EINVAL,
			log: "livepatch: unresolvable ambiguity for symbol 'twice' in object '(null)'",
		},
		{
			name: "ambiguous symbol of a module", patch: Patch{Name: "p", Objects: []Object{{Name: "m", Funcs: []Func{fn("twice", 0, newAddr(1, 0))}}}},
			want: EINVAL, log: "livepatch: unresolvable ambiguity for symbol 'twice' in object 'm'",
		},
		{
			name: "position", patch: one(fn("twice", 3, newAddr(1, 0))), want: EINVAL,
			log: "livepatch: symbol position 3 for symbol 'twice' in object '(null)' not found",
		},
		{name: "size", patch: one(good), setup: func(r *rig) { delete(r.sizes, oldAddr(0)) }, want: ENOENT, log: "livepatch: kallsyms size lookup failed for 'f'"},
		{name: "new size", patch: one(fn("f", 0, 0x777)), want: ENOENT, log: "livepatch: kallsyms size lookup failed for 'f' replacement"},
		{
			name: "no site", patch: one(good), setup: func(r *rig) { r.noSite[oldAddr(0)] = true },
			want: EINVAL, log: enabling + "livepatch: failed to find location for function 'f'" + canceled,
		},
		{
			name: "second function without site", patch: one(good, fn("g", 0, newAddr(1, 0))), setup: func(r *rig) { r.noSite[oldAddr(1)] = true },
			want: EINVAL, log: enabling + "livepatch: failed to find location for function 'g'" + canceled,
		},
		{
			name: "site in use", patch: one(good), setup: func(r *rig) { r.badSite[oldAddr(0)] = EBUSY },
			want: EBUSY, log: enabling + "livepatch: failed to register ftrace handler for function 'f' (-16)" + canceled,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, 1, Options{})
			r.sizes[newAddr(1, 0)] = 0x100
			for _, object := range []string{"", "m"} {
				r.symbol(object, "twice", 0x5000)
				r.symbol(object, "twice", 0x6000)
			}
			if c.setup != nil {
				c.setup(r)
			}
			r.log = nil
			before := len(r.m.Patches())
			id, err := r.enable(c.patch)
			if err != c.want {
				t.Errorf("error %v, want %v", err, c.want)
			}
			r.wantLog(strings.ReplaceAll(c.log, "\n\n", "\n"))
			r.wantClean(id, before)
		})
	}
}

// wantClean checks that a refused patch left nothing behind.
func (r *rig) wantClean(id PatchID, patches int) {
	r.t.Helper()
	if len(r.m.Patches()) != patches || !r.m.Removable(id) || len(r.warnings) > 0 {
		r.t.Errorf("patches %q, removable %v, warnings %q", r.m.Patches(), r.m.Removable(id), r.warnings)
	}
	for fn := r.m.nextFunc(id, none); fn != none; fn = r.m.nextFunc(id, fn) {
		f := r.m.funcs[fn]
		if r.store.Peek(f.patched)+r.store.Peek(f.transition) != 0 {
			r.t.Errorf("%s is still patched or in transition", f.oldName)
		}
		if f.ops != none && (r.m.stackSingular(f.ops) || r.store.Peek(r.text[r.m.ops[f.ops].site]) != 0) {
			r.t.Errorf("%s is still on its func_stack or at its site", f.oldName)
		}
	}
	if r.m.locked(r.m.vars.mutex) || r.store.Peek(r.m.vars.target) != Idle || r.state(3) != -1 {
		r.t.Error("a lock or a state is left")
	}
}

func TestSympos(t *testing.T) {
	for sympos, want := range map[uint64]guest.Addr{1: 0x5000, 2: 0x6000} {
		r := newRig(t, 1, Options{})
		r.symbol("", "twice", 0x5000)
		r.symbol("", "twice", 0x6000)
		r.sizes[newAddr(1, 0)] = 0x100
		r.mustEnable(Patch{Name: "p", Objects: []Object{{Funcs: []Func{{OldName: "twice", Sympos: sympos, NewFunc: newAddr(1, 0)}}}}})
		if got := r.m.funcs[0].oldFunc; got != want {
			t.Errorf("position %d is %s", sympos, got)
		}
	}
}

func TestOneTransitionAtATime(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.mustEnable(r.patchOf(1, "g"))
	r.task(3).cpu = 1
	r.mustEnable(r.patchOf(2, "f"))
	r.log = nil
	id, err := r.enable(r.patchOf(3, "h"))
	if err != EBUSY || !r.m.Removable(id) {
		t.Errorf("second enable: %v", err)
	}
	if err := r.echo("0", "p1/enabled"); err != EBUSY {
		t.Errorf("disable of another patch: %v", err)
	}
	if err := r.echo("1", "p1/force"); err != EINVAL {
		t.Errorf("force of another patch: %v", err)
	}
	r.wantLog("")
}

func TestMutexKeepsOperatorsApart(t *testing.T) {
	r := newRig(t, 2, Options{})
	id := r.mustEnable(r.patchOf(1, "f"))
	r.start(1, r.m.Tables().WriteEnabled, uint64(id), 0)
	r.to(1, "P.choose")
	r.start(3, r.m.Tables().WriteEnabled, uint64(id), 0)
	for range 5 {
		r.step(3)
	}
	if r.point(3) != "P.lock" {
		t.Fatalf("the second writer stands at %s", r.point(3))
	}
	if err := r.finish(1); err != nil {
		t.Error(err)
	}
	if err := r.finish(3); err != EINVAL {
		t.Errorf("the patch is disabled already: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	r := newRig(t, 0, Options{})
	if _, err := New(r.prog, Needs{Machine: r, Sites: r}, Options{}); err == nil {
		t.Error("a model without symbols was made")
	}
	_, err := New(r.prog, Needs{Machine: r, Sites: r, Symbols: r}, Options{Breaks: []string{"skip-luch"}})
	if err == nil || !strings.Contains(err.Error(), `"skip-luch"`) || !strings.Contains(err.Error(), BreakWrongRange) {
		t.Errorf("unknown break: %v", err)
	}
}

func TestErrnoTexts(t *testing.T) {
	for e, want := range map[Errno][2]string{
		EINVAL:    {"Invalid argument", "Invalid parameters"},
		EBUSY:     {"Device or resource busy", "Device or resource busy"},
		ENOENT:    {"No such file or directory", "Unknown symbol in module"},
		Errno(99): {"Unknown error 99", "Unknown error 99"},
	} {
		if e.Error() != want[0] || e.Insmod() != want[1] {
			t.Errorf("%d: %q, %q", e, e.Error(), e.Insmod())
		}
	}
	for result, want := range map[uint64]error{
		0: nil, EBUSY.Result(): EBUSY, uint64(uint32(0xffffffed)): ENODEV, 1: EINVAL, uint64(1 << 31): EINVAL, 1 << 32: nil,
	} {
		if got := ResultError(result); got != want {
			t.Errorf("result %#x: %v, want %v", result, got, want)
		}
	}
}

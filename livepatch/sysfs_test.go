package livepatch

import (
	"testing"
)

func TestSysfs(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.task(3).cpu = 1
	r.unloaded["m"] = true
	p := r.patchOf(1, "f")
	p.Objects = append(p.Objects, Object{Name: "m", Funcs: []Func{{OldName: "x", NewFunc: newAddr(1, 1)}}})
	r.mustEnable(p)
	for path, want := range map[string]string{
		"p1/enabled": "1\n", "p1/transition": "1\n", "p1/replace": "0\n", "p1/stack_order": "1\n",
		"p1/vmlinux/patched": "1\n", "p1/m/patched": "0\n",
	} {
		if text, err := r.m.ReadAttr(path); err != nil || text != want {
			t.Errorf("%s: %q, %v", path, text, err)
		}
		if _, err := r.m.WriteAttr(path, "1"); path != "p1/enabled" && err != EACCES {
			t.Errorf("write to %s: %v", path, err)
		}
	}
	for path, want := range map[string]error{
		"p1/force": EACCES, "p2/enabled": ENOENT, "p1/x/patched": ENOENT, "p1": ENOENT, "p1/vmlinux": ENOENT,
	} {
		if text, err := r.m.ReadAttr(path); err != want || text != "" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	if _, err := r.m.WriteAttr("p2/enabled", "0"); err != ENOENT {
		t.Errorf("write to a patch that is not there: %v", err)
	}
	if err := r.echo("maybe", "p1/enabled"); err != EINVAL {
		t.Errorf("neither true nor false: %v", err)
	}
}

func TestParseBool(t *testing.T) {
	for _, s := range []string{"1", "y", "Yes", "T", "true", "e", "E", "on", "ON", "1\n"} {
		if v, err := ParseBool(s); !v || err != nil {
			t.Errorf("%q: %v, %v", s, v, err)
		}
	}
	for _, s := range []string{"0", "n", "No", "F", "d", "Disable", "of", "off", "OFF"} {
		if v, err := ParseBool(s); v || err != nil {
			t.Errorf("%q: %v, %v", s, v, err)
		}
	}
	for _, s := range []string{"", "o", "ox", "2", " 1", "\n"} {
		if v, err := ParseBool(s); v || err != EINVAL {
			t.Errorf("%q: %v, %v", s, v, err)
		}
	}
}

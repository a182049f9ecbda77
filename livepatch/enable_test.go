package livepatch

import (
	"strings"
	"testing"
)

func TestEnableAndDisableLog(t *testing.T) {
	r := newRig(t, 2, Options{})
	id := r.mustEnable(r.patchOf(1, "f", "g"))
	r.wantLog(`
livepatch: enabling patch 'p1'
livepatch: 'p1': initializing patching transition
livepatch: 'p1': starting patching transition
livepatch: 'p1': completing patching transition
livepatch: 'p1': patching complete`)
	for i := range 2 {
		if got := r.call(3, i); got != newAddr(1, i) {
			t.Errorf("patched: function %d runs %s", i, got)
		}
	}
	if r.m.Removable(id) {
		t.Error("an enabled patch can be removed")
	}
	if err := r.echo("0", "p1/enabled"); err != nil {
		t.Fatal(err)
	}
	r.wantLog(`
livepatch: 'p1': initializing unpatching transition
livepatch: 'p1': starting unpatching transition
livepatch: 'p1': completing unpatching transition
livepatch: 'p1': unpatching complete`)
	if !r.m.Removable(id) || r.store.Peek(r.text[0]) != 0 || len(r.m.Patches()) != 0 {
		t.Error("something of the patch is left")
	}
	if len(r.warnings) > 0 {
		t.Error(r.warnings)
	}
	stages := "initializing p1 1, starting p1 1, completing p1 1, complete p1 1, " +
		"initializing p1 0, starting p1 0, completing p1 0, complete p1 0"
	if got := strings.Join(r.stages, ", "); got != stages {
		t.Errorf("stages %s\nwant   %s", got, stages)
	}
	if r.checks == 0 {
		t.Error("no check was reported")
	}
}

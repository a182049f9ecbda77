package livepatch

import (
	"testing"

	"patchlab/guest"
)

func TestReverse(t *testing.T) {
	r, id := halfway(t)
	r.log = nil
	if err := r.echo("1", "p1/enabled"); err != EINVAL {
		t.Errorf("the same value again: %v", err)
	}
	attempts := r.m.Attempts()
	if err := r.echo("0", "p1/enabled"); err != nil {
		t.Fatal(err)
	}
	// Nobody was moved yet: only those on the other side are flagged.
	r.wantLog(`
livepatch: 'p1': reversing transition from patching to unpatching
livepatch: 'p1': starting unpatching transition`)
	if r.m.Attempts() != attempts || r.state(6) != 1 || !r.m.Flagged(6) || r.m.Flagged(3) {
		t.Errorf("attempts %d, task 6 in state %d", r.m.Attempts(), r.state(6))
	}
	r.task(6).stack = []guest.Addr{newAddr(1, 0) + 8}
	r.tick()
	if c := r.m.LastCheck(6); c.Verdict != OnStack || c.Range.Start != newAddr(1, 0) {
		t.Errorf("task 6: %+v", c)
	}
	// And back: now the tasks that stayed behind have to go on again.
	r.log = nil
	if err := r.echo("1", "p1/enabled"); err != nil {
		t.Fatal(err)
	}
	if err := r.echo("0", "p1/enabled"); err != nil {
		t.Fatal(err)
	}
	r.task(6).stack = nil
	r.tick()
	r.wantLog(`
livepatch: 'p1': reversing transition from unpatching to patching
livepatch: 'p1': starting patching transition
livepatch: 'p1': reversing transition from patching to unpatching
livepatch: 'p1': starting unpatching transition
livepatch: 'p1': completing unpatching transition
livepatch: 'p1': unpatching complete`)
	if !r.m.Removable(id) || len(r.warnings) > 0 {
		t.Error(r.warnings)
	}
}

func TestReverseWaitsForSwitches(t *testing.T) {
	r, id := halfway(t)
	r.start(5, r.m.Tables().Exit)
	r.to(5, "X.store") // it has read the old target
	r.start(1, r.m.Tables().WriteEnabled, uint64(id), 0)
	r.to(1, "sync_reverse")
	for range 10 {
		r.step(1)
	}
	if r.point(1) != "sync_reverse" {
		t.Fatalf("the reversal stands at %s", r.point(1))
	}
	_ = r.finish(5)
	if err := r.finish(1); err != nil || r.state(5) != 1 || !r.m.Flagged(5) {
		t.Errorf("%v; task 5: state %d, flagged %v", err, r.state(5), r.m.Flagged(5))
	}
}

func TestForce(t *testing.T) {
	r, id := halfway(t)
	r.log = nil
	for _, c := range []struct {
		text string
		want error
	}{{"0", nil}, {"x", EINVAL}, {"1", nil}} {
		if err := r.echo(c.text, "p1/force"); err != c.want {
			t.Errorf("force %s: %v", c.text, err)
		}
	}
	if r.state(5) != 1 {
		t.Error("a running task was not forced")
	}
	r.tick()
	r.wantLog(`
livepatch: forcing remaining tasks to the patched state
livepatch: 'p1': completing patching transition
livepatch: 'p1': patching complete`)
	if err := r.echo("1", "p1/force"); err != EINVAL {
		t.Errorf("force without a transition: %v", err)
	}
	// Forced out, a patch stays for ever.
	if err := r.echo("0", "p1/enabled"); err != nil {
		t.Fatal(err)
	}
	if err := r.echo("y", "p1/force"); err != nil {
		t.Fatal(err)
	}
	r.tick()
	if r.m.Removable(id) || len(r.m.Patches()) != 0 {
		t.Error("a forced patch can be removed")
	}
}

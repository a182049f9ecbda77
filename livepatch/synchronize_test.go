package livepatch

import (
	"testing"

	"patchlab/protocol"
)

func TestSynchronizationWaitsForCPUs(t *testing.T) {
	for _, c := range []struct{ point, write string }{
		{"sync_complete_patch", ""},
		{"sync_complete_unpatch", "0"},
	} {
		r := newRig(t, 1, Options{})
		id := r.m.AddPatch(r.patchOf(1, "f"))
		r.start(1, r.m.Tables().Enable, uint64(id))
		if c.write != "" {
			_ = r.finish(1)
			r.start(1, r.m.Tables().WriteEnabled, uint64(id), 0)
		}
		r.to(1, c.point)
		r.store.Write(r.cpus[1], protocol.Plain, 1)
		for range 10 {
			r.step(1)
		}
		if r.point(1) != c.point || !r.task(1).stuck {
			t.Errorf("%s does not wait: the task stands at %s", c.point, r.point(1))
		}
		r.store.Write(r.cpus[1], protocol.Plain, 0)
		if err := r.finish(1); err != nil {
			t.Error(err)
		}
	}
}

func TestUnregisterWaitsForTheTrampoline(t *testing.T) {
	r := newRig(t, 1, Options{})
	r.mustEnable(r.patchOf(1, "f"))
	r.task(1).busy = true // it waits for the others, not for itself
	r.task(3).busy = true // preempted inside the stub, before the handler
	id, _ := r.m.PatchByName("p1")
	r.start(1, r.m.Tables().WriteEnabled, uint64(id), 0)
	r.to(1, "sync_rcu_tasks.again")
	r.now = r.task(1).wakeAt
	r.step(1)
	r.step(1)
	if r.point(1) != "sync_rcu_tasks.again" || r.now != tasksRetry {
		t.Fatalf("at %d the operator stands at %s", r.now, r.point(1))
	}
	if r.call(3, 0); len(r.warnings) > 0 {
		t.Error(r.warnings)
	}
	r.task(3).passes++ // it left the trampoline, and is busy elsewhere
	if err := r.finish(1); err != nil || len(r.m.Patches()) != 0 {
		t.Error(err, r.m.Patches())
	}
}

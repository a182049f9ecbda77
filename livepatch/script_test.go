package livepatch

import (
	"slices"
	"testing"

	"patchlab/guest"
)

// pointsOf runs what the operator has started and returns the points that it passes.
func pointsOf(r *rig) []string {
	var points []string
	for r.point(1) != "" {
		points = append(points, r.m.Point(&r.task(1).act))
		r.step(1)
	}
	return points
}

// TestPoints holds the names and the order of the steps, which schedules and reports are
// written in.
func TestPoints(t *testing.T) {
	r := newRig(t, 1, Options{})
	id := r.m.AddPatch(r.patchOf(1, "f"))
	r.start(1, r.m.Tables().Enable, uint64(id))
	want := []string{
		"call", "P.check", "P.lock", "P.init", "P.busy", "P.init_transition",
		"P.transition", "P.target", "P.lock_state", "P.state[1]", "P.state[2]", "P.state[3]", "P.unlock_state", "P.swappers_state", "wmb_init", "P.trans[f]",
		"wmb_enable", "P.pre_patch[o]", "P.patch[o]",
		"P.find[f]", "P.link[f]", "P.push[f]", "P.register[f]", "T.write", "P.registered[f]", "P.func_patched[f]", "P.find[f]", "P.patched[o]",
		"P.patch_done[o]", "P.pre_patch[o]", "P.start",
		"P.starting", "P.lock_flag", "P.flag[1]", "P.flag[2]", "P.flag[3]", "P.unlock_flag", "P.swappers_flag", "P.hook_on", "P.signals",
		"P.enabled", "P.attempt",
		"P.entry", "P.lock_try", "P.try[1]", "P.try[2]", "P.try[3]", "P.unlock_try", "P.swappers_try", "P.decide", "P.hook_off",
		"P.completing", "P.clear[f]", "sync_complete_patch", "sync_complete_patch",
		"P.lock_idle", "P.idle[1]", "P.idle[2]", "P.idle[3]", "P.unlock_idle", "P.swappers_idle", "P.post[o]", "P.post[o]",
		"P.complete", "P.target_idle", "P.transition_null", "P.free_patches",
		"P.unlock", "result",
	}
	if got := pointsOf(r); !slices.Equal(got, want) {
		t.Errorf("enable passes\n%q\nwant\n%q", got, want)
	}
	r.start(1, r.m.Tables().WriteEnabled, uint64(id), 0)
	want = []string{
		"P.completing", "P.unpatch", "P.object[o]", "P.next[f]", "P.unregister[f]", "T.write", "P.unregistered[f]",
		"sync_rcu_tasks_rude", "sync_rcu_tasks_rude", "sync_rcu_tasks.start", "sync_rcu_tasks.wait", "P.pop[f]", "P.next[f]", "P.unpatched[o]", "P.object[o]",
		"sync_complete_unpatch", "sync_complete_unpatch", "P.clear[f]", "sync_complete_patch",
	}
	got := pointsOf(r)
	if i := slices.Index(got, "P.completing"); i < 0 || !slices.Equal(got[i:][:len(want)], want) {
		t.Errorf("disable passes\n%q\nand at the end not\n%q", got, want)
	}
	if slices.Index(got, "wmb_disable") > slices.Index(got, "P.starting") {
		t.Error("wmb_disable is not before the flags")
	}
}

// TestPointNamesAreItems shows that functions are told apart by name.
func TestPointNamesAreItems(t *testing.T) {
	r := newRig(t, 1, Options{})
	id := r.m.AddPatch(r.patchOf(1, "g", "h"))
	r.start(1, r.m.Tables().Enable, uint64(id))
	got := pointsOf(r)
	for _, name := range []string{"P.trans[g]", "P.trans[h]", "P.push[h]", "P.clear[g]"} {
		if !slices.Contains(got, name) {
			t.Errorf("no point %s in %q", name, got)
		}
	}
	if r.m.Point(&r.task(3).act) != "" {
		t.Error("an idle task stands at a point")
	}
}

// BenchmarkAttempt is one attempt over a thousand sleeping tasks with ten-frame stacks
// that a fake unwinder hands out; the time is per task.
func BenchmarkAttempt(b *testing.B) {
	r := newRig(b, 1000, Options{})
	q := &quickMachine{rig: r, tasks: r.Tasks()}
	frames := make([]guest.Addr, 10)
	for i := range frames {
		frames[i] = guest.Addr(0x9000 + i)
	}
	frames[9] = oldAddr(0)
	for i := range r.tasks {
		r.tasks[i].stack = frames
	}
	r.mustEnable(r.patchOf(1, "f"))
	r.m.machine = q
	q.asleep = true
	b.ReportAllocs()
	for b.Loop() {
		for _, pid := range q.tasks {
			r.m.trySwitch(pid, 1, RuleAttempt)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(q.tasks)), "ns/task")
}

package livepatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/protocol"
)

// saved is a rig at one instant.
type saved struct {
	store protocol.Snapshot
	model Snapshot
	world world
}

func (r *rig) save() *saved {
	s := &saved{world: r.world}
	r.store.Save(&s.store)
	r.m.Save(&s.model)
	s.world.tasks, s.world.log = slices.Clone(r.tasks), slices.Clone(r.log)
	s.world.kicked, s.world.bodies = slices.Clone(r.kicked), slices.Clone(r.bodies)
	s.world.stirred = slices.Clone(r.stirred)
	return s
}

func (r *rig) restore(s *saved) {
	r.store.Restore(&s.store)
	r.m.Restore(&s.model)
	r.world = s.world
	r.tasks, r.log = slices.Clone(s.world.tasks), slices.Clone(s.world.log)
	r.kicked, r.bodies = slices.Clone(s.world.kicked), slices.Clone(s.world.bodies)
	r.stirred = slices.Clone(s.world.stirred)
}

// dump is all that can be seen of a rig.
func (r *rig) dump() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.store, r.now, r.log, r.kicked, r.bodies, r.m.Patches(), r.results)
	for i := range r.tasks {
		t := &r.tasks[i]
		last, _ := r.m.LastSwitch(t.pid)
		fmt.Fprintln(&b, t.pid, r.prog.Point(&t.act), t.act.Frames(), r.m.LastCheck(t.pid), last)
	}
	for c := range r.cpus {
		last, _ := r.m.LastSwitch(guest.IdleTask(guest.CPUID(c)))
		fmt.Fprintln(&b, c, r.m.LastCheck(guest.IdleTask(guest.CPUID(c))), last)
	}
	for _, p := range r.m.Pending() {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

// scene plays a story in which each task has something to do: patches that are added,
// replaced, refused and disabled, and calls in between. It stops after n steps, and
// reports whether it was over before.
func scene(r *rig, from, n int) (over bool) {
	script := []func(){
		func() { r.start(1, r.m.Tables().Enable, uint64(r.m.AddPatch(r.patchOf(1, "f", "g")))) },
		func() { r.start(1, r.m.Tables().WriteEnabled, 0, 0) },
		func() { r.start(1, r.m.Tables().WriteEnabled, 0, 1) },
		func() {
			p := r.patchOf(2, "g", "h")
			p.Replace = true
			r.start(1, r.m.Tables().Enable, uint64(r.m.AddPatch(p)))
		},
		func() { r.start(1, r.m.Tables().WriteForce, 1, 1) },
		func() { r.start(1, r.m.Tables().Enable, uint64(r.m.AddPatch(r.patchOf(1, "f")))) },
		func() { r.start(1, r.m.Tables().WriteEnabled, 1, 0) },
	}
	const stride = 60
	for i := from; i < n; i++ {
		if i%stride == 0 && i/stride < len(script) {
			r.drain(1, 3, worker, 4)
			script[i/stride]()
		}
		if i/stride >= len(script)+8 {
			return true
		}
		r.scenePart(i)
	}
	return false
}

// scenePart is the i-th step of a scene: whose it is follows from i.
func (r *rig) scenePart(i int) {
	pid := []guest.TaskID{1, 3, worker, 4, 1, 3}[i%6]
	if i%50 == 7 {
		r.m.IdlePass(1)
	}
	switch {
	case r.point(pid) != "":
		r.now += guest.Second / 50
		r.step(pid)
	case pid == 4 && i%36 == 15, pid == 3 && i > 500:
		r.exit(pid)
	case pid > worker && r.store.Peek(r.text[i/5%3]) != 0:
		r.start(pid, r.m.Tables().Handler, uint64(i/5%3))
	}
}

// drain steps tasks in turn until the first of them is idle.
func (r *rig) drain(first guest.TaskID, others ...guest.TaskID) {
	for range 10000 {
		for _, pid := range append([]guest.TaskID{first}, others...) {
			if r.point(first) == "" {
				return
			}
			if r.point(pid) != "" {
				r.settle(pid)
				r.step(pid)
			}
		}
	}
	r.t.Fatalf("task %d stands at %s for ever", first, r.point(first))
}

func sceneRig(t *testing.T) *rig {
	r := newRig(t, 2, Options{})
	r.task(3).cpu = 1
	r.idling[1] = true
	r.task(4).stack = []guest.Addr{oldAddr(1)}
	return r
}

// TestRestoreAtEveryStep stops a scene at each step, lets something else happen, comes
// back, and compares how the scene goes on with how it went on without the detour.
func TestRestoreAtEveryStep(t *testing.T) {
	end := 0
	whole := sceneRig(t)
	for !scene(whole, end, end+1) {
		end++
	}
	want := whole.dump()
	if !strings.Contains(want, "forcing remaining") || !strings.Contains(want, "'p2': unpatching complete") {
		t.Fatalf("the scene is too short:\n%s", want)
	}
	r := sceneRig(t)
	for i := range end {
		s := r.save()
		before := r.dump()
		r.detour()
		r.restore(s)
		if got := r.dump(); got != before {
			t.Fatalf("restored at step %d:\n%s\nwant:\n%s", i, got, before)
		}
		if i%10 == 0 {
			scene(r, i, end)
			if got := r.dump(); got != want {
				t.Fatalf("continued from step %d:\n%s\nwant:\n%s", i, got, want)
			}
			r.restore(s)
		}
		scene(r, i, i+1)
	}
	if got := r.dump(); got != want {
		t.Errorf("with detours:\n%s\nwant:\n%s", got, want)
	}
}

// detour changes whatever it can.
func (r *rig) detour() {
	r.task(3).cpu = guest.NoCPU
	r.spawn(9, 4)
	r.m.AddPatch(r.patchOf(3, "f", "h"))
	for i := range 40 {
		pid := []guest.TaskID{1, 3, worker, 4}[i%4]
		r.settle(pid)
		if r.point(pid) != "" {
			r.step(pid)
		}
	}
	for site := range 3 {
		r.route(9, site)
	}
	r.store.Write(r.m.vars.target, protocol.Plain, Unpatched)
	r.m.warnOnce(warnIdleState, "detour")
}

func TestRestoreDoesNotAllocate(t *testing.T) {
	r := sceneRig(t)
	scene(r, 0, 300)
	s := r.save()
	if n := testing.AllocsPerRun(20, func() { r.m.Restore(&s.model) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(20, func() { r.m.Save(&s.model) }); n != 0 {
		t.Errorf("%v allocations to save again", n)
	}
}

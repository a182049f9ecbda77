package livepatch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"patchlab/guest"
)

// chooser returns a number below n.
type chooser func(n int) int

// walker is a user task that runs f, which calls g and then sleeps, and goes through the
// exit gate. It is what the oracle of the property test watches.
type walker struct {
	pid   guest.TaskID
	phase int
	f     guest.Addr // the body of f that runs
}

// next makes the walker's next move once its handler is done. The bodies of f and g that
// it runs before it passes the gate must come from the same patch.
func (w *walker) next(r *rig) error {
	task := r.task(w.pid)
	switch w.phase {
	case 0: // calls f
		task.cpu = guest.CPUID(w.pid % 2)
		r.startCall(w.pid, 0)
	case 1: // runs f, calls g
		w.f = r.ran(w.pid, 0)
		r.startCall(w.pid, 1)
	case 2: // runs g, comes back and sleeps in f
		if g := r.ran(w.pid, 1); w.f-oldAddr(0) != g-oldAddr(1) {
			return fmt.Errorf("task %d runs f at %s and below it g at %s", w.pid, w.f, g)
		}
		task.stack = []guest.Addr{0x9000, w.f + 0x20, 0x9100}
		task.cpu = guest.NoCPU
	case 3: // is awake again and calls g from the same f
		task.cpu = guest.CPUID(w.pid % 2)
		r.startCall(w.pid, 1)
	case 4:
		if g := r.ran(w.pid, 1); w.f-oldAddr(0) != g-oldAddr(1) {
			return fmt.Errorf("task %d slept in f at %s and runs g at %s", w.pid, w.f, g)
		}
		task.stack = nil
	case 5: // passes the gate
		if r.m.Flagged(w.pid) {
			r.start(w.pid, r.m.Tables().Exit)
		}
	}
	w.phase = (w.phase + 1) % 6
	return nil
}

// startCall starts the handler when the function's site is a call, else the original runs.
func (r *rig) startCall(pid guest.TaskID, i int) {
	r.results[pid] = 0
	if r.store.Peek(r.text[i]) != 0 {
		r.start(pid, r.m.Tables().Handler, uint64(i))
	}
}

// operate starts a random command of the operator.
func operate(r *rig, choose chooser) error {
	patches := r.m.Patches()
	if len(patches) == 0 || choose(3) == 0 {
		p := r.patchOf(1+len(r.m.patches)%7, "f", "g")
		p.Name = fmt.Sprintf("p%d", len(r.m.patches))
		p.Replace = choose(2) == 0
		r.start(1, r.m.Tables().Enable, uint64(r.m.AddPatch(p)))
		return nil
	}
	c, err := r.m.WriteAttr(patches[choose(len(patches))]+"/enabled", string('0'+rune(choose(2))))
	if err == nil {
		r.start(1, c.Table, c.Args[0], c.Args[1])
	}
	return err
}

// checkOver tells what must hold whenever no transition runs and nobody holds the mutex:
// every task is idle, nobody is flagged.
func checkOver(r *rig) error {
	if r.m.locked(r.m.vars.mutex) || r.store.Peek(r.m.vars.transitionPatch) != 0 {
		return nil
	}
	ids := []guest.TaskID{guest.IdleTask(0), guest.IdleTask(1)}
	for i := range r.tasks {
		ids = append(ids, r.tasks[i].pid)
	}
	for _, pid := range ids {
		if r.state(pid) != -1 || r.m.Flagged(pid) {
			return fmt.Errorf("no transition, and task %d is in state %d, flagged %v", pid, r.state(pid), r.m.Flagged(pid))
		}
	}
	if len(r.warnings) > 0 {
		return fmt.Errorf("warnings %q", r.warnings)
	}
	return nil
}

// idleStep lets the idle task of a CPU come, do what it has been woken for, or go.
func idleStep(r *rig, c guest.CPUID) {
	if r.idling[c] && !slices.Contains(r.stirred, c) {
		r.idling[c] = false
		return
	}
	r.idling[c] = true
	r.stirred = slices.DeleteFunc(r.stirred, func(s guest.CPUID) bool { return s == c })
	r.m.IdlePass(c)
}

// oneStep lets one task, an idle task, or time, make one step.
func oneStep(r *rig, choose chooser, walkers []walker) error {
	pid := choose(len(r.tasks) + 2)
	switch {
	case pid > len(r.tasks):
		idleStep(r, guest.CPUID(choose(2)))
	case pid == 0:
		r.now += guest.Second / 3
	case r.point(guest.TaskID(pid)) != "":
		r.step(guest.TaskID(pid))
	case pid == 1:
		return operate(r, choose)
	default:
		return walkers[pid-3].next(r)
	}
	return nil
}

// interleave runs handlers, gates, sleeps, attempts and operators in an interleaving that
// choose makes. A task's calls between two gates must come from one side; f and g are
// always patched together. At the end everybody is let go, and what runs must complete.
func interleave(t *testing.T, o Options, steps int, choose chooser) error {
	r := newRig(t, 3, o)
	walkers := []walker{{pid: 3}, {pid: 4}, {pid: 5}}
	for range steps {
		if err := oneStep(r, choose, walkers); err != nil {
			return err
		}
		if err := checkOver(r); err != nil {
			return err
		}
	}
	for _, w := range walkers {
		r.drain(w.pid, 1, worker, 3, 4, 5)
		task := r.task(w.pid)
		task.cpu, task.stack = guest.NoCPU, nil
	}
	r.drain(1, worker)
	for range 2000 { // steps; a few attempts
		r.settle(worker)
		r.step(worker)
		for _, c := range r.stirred {
			r.m.IdlePass(c)
		}
	}
	if p := r.m.Pending(); len(p) > 0 {
		return fmt.Errorf("pending for ever: %v", p)
	}
	for c, v := range r.cpus {
		if n := r.store.Peek(v); n != 0 {
			return fmt.Errorf("CPU %d is left with preempt count %d", c, n)
		}
	}
	return checkOver(r)
}

func TestSidesNeverMix(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.IntRange(100, 1500).Draw(rt, "steps")
		err := interleave(t, Options{}, steps, func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "choice") })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// TestRandomRunsCatchBreaks shows that the property above can fail.
func TestRandomRunsCatchBreaks(t *testing.T) {
	for _, name := range []string{BreakSwitchInHandler, BreakSkipStackCheck, BreakWrongRange, BreakSkipSyncComplete, BreakSkipWakeIdle} {
		caught := error(nil)
		seed := uint64(0)
		for ; seed < 400 && caught == nil; seed++ {
			rng := rand.New(rand.NewPCG(seed, 1))
			caught = interleave(t, Options{Breaks: []string{name}}, 1500, rng.IntN)
		}
		if caught == nil {
			t.Errorf("%s: not caught by %d runs", name, seed)
		} else {
			t.Logf("%s: run %d: %v", name, seed, caught)
		}
	}
}

package livepatch

import (
	"errors"
	"fmt"
	"testing"

	"patchlab/guest"
)

// fork runs task 4's fork to the step with that name.
func (r *rig) fork(point string) {
	r.t.Helper()
	r.start(4, r.m.Tables().Fork)
	r.step(4)
	r.to(4, point)
}

// child returns the child of task 4, which has ended its fork.
func (r *rig) child() guest.TaskID { return guest.TaskID(r.results[4]) }

// forkInEnable has task 4 copied before a transition begins, and its child on the list
// behind that.
func forkInEnable(r *rig) string {
	r.spawn(4, 0)
	r.fork("F.irq_off")
	r.task(4).cpu = 0
	r.mustEnable(r.patchOf(1, "f"))
	_ = r.finish(4)
	if r.state(r.child()) == -1 {
		return "a child without a state"
	}
	return ""
}

// TestForkLocks wants fork and the loops over the tasks to keep each other out.
func TestForkLocks(t *testing.T) {
	r := newRig(t, 2, Options{})
	r.task(4).cpu = 0
	id := r.m.AddPatch(r.patchOf(1, "f"))
	r.start(1, r.m.Tables().Enable, uint64(id))
	r.to(1, "P.state[T]")
	r.fork("F.lock")
	for range 3 {
		if r.step(4); r.point(4) != "F.lock" || !r.task(4).stuck {
			t.Fatalf("a loop is under way, and the fork is at %s", r.point(4))
		}
	}
	r.to(1, "P.lock_flag")
	r.to(4, "F.copy")
	for range 3 {
		if r.step(1); r.point(1) != "P.lock_flag" || !r.task(1).stuck {
			t.Fatalf("a fork is under way, and the loop is at %s", r.point(1))
		}
	}
	r.to(4, "F.wake")
	if len(r.woken) != 0 {
		t.Errorf("%v were woken too early", r.woken)
	}
	_ = r.finish(4)
	if len(r.woken) != 1 || r.woken[0] != r.child() || r.child() != 5 {
		t.Errorf("%v were woken, the child is %d", r.woken, r.child())
	}
	if err := r.finish(1); err != nil {
		t.Fatal(err)
	}
	if r.state(5) != 1 { // it does not run, and so the first attempt takes it along
		t.Errorf("the child is in state %d", r.state(5))
	}
}

// TestForkWithoutRoom wants a fork that fails to leave nothing behind.
func TestForkWithoutRoom(t *testing.T) {
	r := newRig(t, 2, Options{})
	r.full = true
	r.start(4, r.m.Tables().Fork)
	if err := r.finish(4); !errors.Is(err, EAGAIN) || len(r.tasks) != 4 || len(r.woken) != 0 {
		t.Errorf("%v; %d tasks, woken %v", err, len(r.tasks), r.woken)
	}
	if r.store.Peek(r.m.vars.tasklist) != 0 || r.store.Peek(r.cpus[0]) != 0 {
		t.Errorf("something is locked:\n%s", r.store)
	}
}

// TestForkAtEveryStep forks at every point of an enable, with its two halves at any two
// points, once as it is and once with what is copied early: the child is of the parent's
// side and flagged as the parent is, and at the end nobody has a state.
func TestForkAtEveryStep(t *testing.T) {
	early := 0
	for _, breaks := range [][]string{nil, {BreakForkCopiesEarly}} {
		for dup := 0; ; dup += 3 {
			ended := false
			for list := dup; !ended; list += 3 {
				wrong, end := forkBetween(t, dup, list, breaks)
				if ended = end; wrong != "" && breaks == nil {
					t.Errorf("copied at step %d, listed at %d: %s", dup, list, wrong)
				} else if wrong != "" {
					early++
				}
			}
			if dup > 90 {
				break
			}
		}
	}
	if early == 0 {
		t.Error("copies that were made early are never wrong")
	}
}

// forkBetween enables a patch, with a fork's first step at step dup and the others at
// step list, and says what is wrong with the child. end says that it was over by then.
func forkBetween(t *testing.T, dup, list int, breaks []string) (wrong string, end bool) {
	r := newRig(t, 2, Options{Breaks: breaks})
	r.task(4).cpu = 0
	id := r.m.AddPatch(r.patchOf(1, "f", "g"))
	r.start(1, r.m.Tables().Enable, uint64(id))
	forked := false
	for n := 0; !forked || r.point(1) != ""; n++ {
		if n == dup {
			r.fork("F.irq_off")
		}
		if n == list {
			end = r.point(1) == ""
			for r.point(4) != "" { // the operator moves while the fork spins
				if r.step(4); r.task(4).stuck {
					r.step(1)
				}
			}
			forked = true
			p, c := r.m.task(4), r.m.task(r.child())
			ps, cs := r.store.Peek(p.state), r.store.Peek(c.state)
			pf, cf := r.store.Peek(p.flag), r.store.Peek(c.flag)
			if ps != cs || pf != cf {
				wrong = fmt.Sprintf("parent %d %d, child %d %d", int64(ps), pf, int64(cs), cf)
			}
		}
		if r.point(1) != "" {
			r.step(1)
		}
	}
	r.task(4).cpu = guest.NoCPU
	for range 3 {
		if _, armed := r.m.NextAttempt(); armed {
			r.tick()
		}
	}
	if len(r.warnings) > 0 {
		wrong += " " + r.warnings[0]
	}
	for i := range r.tasks {
		if pid := r.tasks[i].pid; r.state(pid) != -1 || r.m.Flagged(pid) {
			wrong += fmt.Sprintf(" at the end task %d has state %d", pid, r.state(pid))
		}
	}
	return wrong, end
}

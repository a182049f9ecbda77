package search

import (
	"testing"
)

// bystanders is lostUpdate between the last two threads; those before them only count, and
// each of the two first makes rounds that have no part in it.
func bystanders(t testing.TB) *code {
	rounds := "atomic z; atomic z; read x into r; write x r+1"
	c := compile(t, parse(t, threads("atomic y; atomic y", "atomic y", rounds, rounds)))
	x := c.varIndex["x"]
	c.judge = func(p *progSystem) string {
		if p.steps >= 4 && p.vars[x] == 1 && p.ended(2) && p.ended(3) {
			return "lost-update"
		}
		return ""
	}
	return c
}

func TestReduce(t *testing.T) {
	c := bystanders(t)
	r, err := Search(t.Context(), c.open(nil), Options{Strategy: Preemptions(-1)})
	if err != nil || len(r.Found) == 0 {
		t.Fatalf("%v, %v", r, err)
	}
	sys := &progSystem{code: c}
	small, err := Shrink(t.Context(), sys, r.Found[0].Path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(small.Schedule) != 11 {
		t.Errorf("all move in the shrunk run: %v", small.Schedule)
	}
	less, err := Reduce(t.Context(), sys, small, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if less.Failure.Rule != "lost-update" || less.Preemptions != 1 || len(less.Schedule) != 8 || less.Tried <= small.Tried {
		t.Errorf("%d preemptions, %d runs, %+v:\n%v", less.Preemptions, less.Tried, less.Failure, less.Schedule)
	}
	for _, step := range less.Schedule {
		if step.Actor == "t0" || step.Actor == "t1" {
			t.Errorf("%s has no part in it:\n%v", step.Actor, less.Schedule)
		}
	}
	if end, err := Replay(sys, less.Schedule); err != nil || end.Status != Failed {
		t.Errorf("replayed: %+v, %v", end, err)
	}
}

// TestReduceRounds has a thread that fails in any of its rounds, whenever another one has
// been there.
func TestReduceRounds(t *testing.T) {
	c := compile(t, parse(t, threads("atomic x; atomic x; atomic x; atomic x", "atomic y; atomic y")))
	x, y := c.varIndex["x"], c.varIndex["y"]
	c.judge = func(p *progSystem) string {
		if p.vars[x] > 0 && p.vars[y] > 0 {
			return "met"
		}
		return ""
	}
	sys := &progSystem{code: c}
	r := runner{sys: sys, maxSteps: 100}
	if _, err := r.run(func(int, []Choice) (int, error) { return 0, nil }); err != nil {
		t.Fatal(err)
	}
	path := append([]Choice(nil), r.path...)
	schedule, end, err := Record(sys, path)
	if err != nil || end.Status != Failed || len(schedule) != 5 {
		t.Fatalf("%v, %+v, %v", schedule, end, err)
	}
	s := &Shrunk{Found: Found{Failure: end.Failure, Path: path, Schedule: schedule, Preemptions: 1}}
	less, err := Reduce(t.Context(), sys, s, Options{})
	if err != nil || len(less.Schedule) != 2 {
		t.Errorf("%v, %v", less, err)
	}
}

// TestWithout wants a run in which only those can go on that must not to be blocked.
func TestWithout(t *testing.T) {
	c := compile(t, parse(t, repeated(2, "atomic x")))
	w := &without{System: &progSystem{code: c}, out: []int32{0, 1}}
	if s, err := w.Reset(); s != Blocked || err != nil {
		t.Errorf("nobody may move: %v, %v", s, err)
	}
	w.out = []int32{1}
	if s, err := w.Reset(); s != Going || err != nil {
		t.Errorf("one may move: %v, %v", s, err)
	}
	if s, err := w.Do(w.Choices(nil)[0]); s != Blocked || err != nil {
		t.Errorf("the other one is left: %v, %v", s, err)
	}
}

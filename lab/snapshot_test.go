package lab_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"patchlab/guest"
)

// TestRestoreAtRandomStops saves a run at random steps, comes back to each of them in
// random order, from wherever the last one ended, and wants every continuation to be
// the one that was never interrupted.
func TestRestoreAtRandomStops(t *testing.T) {
	for _, c := range []struct {
		scheduler string
		stops     int
	}{{"random", 700}, {"rr", 300}} {
		t.Run(c.scheduler, func(t *testing.T) {
			first := newStory(t, c.scheduler, 11)
			want := first.finish(t)
			checkStory(t, first, want)
			again := newStory(t, c.scheduler, 11)
			rnd := rand.New(rand.NewPCG(5, 6))
			saved := saveAt(t, again, rnd, want.steps, c.stops)
			if got := again.ending(); got != want {
				t.Fatalf("a second machine, saved on the way: %s", got.differs(want))
			}
			for n, i := range rnd.Perm(len(saved)) {
				again.restore(t, &saved[i])
				if n%5 == 0 { // leave it somewhere in the middle first
					for range rnd.IntN(300) {
						if _, err := again.step(); err != nil {
							t.Fatal(err)
						}
					}
					again.restore(t, &saved[i])
				}
				if got := again.finish(t); got != want {
					t.Fatalf("from stop %d at act %d: %s", i, saved[i].at, got.differs(want))
				}
			}
			if got := newStory(t, c.scheduler, 11).finish(t); got != want {
				t.Errorf("a third machine: %s", got.differs(want))
			}
		})
	}
}

// saveAt plays a story and saves it at random steps, of steps.
func saveAt(t *testing.T, s *story, rnd *rand.Rand, steps uint64, n int) []savedStory {
	t.Helper()
	at := map[uint64]bool{}
	for len(at) < min(n, int(steps)/2) {
		at[rnd.Uint64N(steps)] = true
	}
	saved := make([]savedStory, 0, n)
	for {
		if now := s.Machine.Steps(); at[now] {
			saved = append(saved, savedStory{})
			s.save(&saved[len(saved)-1])
			delete(at, now)
		}
		more, err := s.step()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return saved
		}
	}
}

// checkStory wants a story that is worth being stopped anywhere: with all that can be
// in flight.
func checkStory(t *testing.T, s *story, e ending) {
	t.Helper()
	if s.at != len(acts) || !strings.Contains(e.rest, "'game_new': unpatching complete") || !strings.Contains(e.output, "new\n") {
		t.Fatalf("the story ends at act %d: %s", s.at, e.rest)
	}
	if v, _ := guest.ReadU64(s.Machine.Memory(), symbol(t, s, "mixed")); v != 0 || len(s.Counts().Mixes()) != 0 {
		t.Errorf("%d games were mixed", v)
	}
	if s.Counts().Nested(0) == 0 || s.Counts().Nested(1) == 0 {
		t.Errorf("nested calls: %d and %d", s.Counts().Nested(0), s.Counts().Nested(1))
	}
}

func symbol(t *testing.T, s *story, name string) guest.Addr {
	t.Helper()
	for a := guest.Addr(0x400000); a < 0x410000; a += 8 {
		if s.Symbol(a) == name {
			return a
		}
	}
	t.Fatalf("no symbol %s", name)
	return 0
}

// TestSeedsAndMachinesDiffer wants another seed to be another run.
func TestSeedsDiffer(t *testing.T) {
	seen := map[string]uint64{}
	for seed := range uint64(20) {
		e := newStory(t, "random", seed).finish(t)
		d := e.digest.String()
		if other, ok := seen[d]; ok {
			t.Errorf("seeds %d and %d have the digest %s", other, seed, d)
		}
		seen[d] = seed
	}
}

// TestRestoreDoesNotAllocate wants going back and forth between two stops to cost no
// memory.
func TestRestoreDoesNotAllocate(t *testing.T) {
	s := newStory(t, "random", 2)
	var a, b savedStory
	for s.at < 3 {
		if _, err := s.step(); err != nil {
			t.Fatal(err)
		}
	}
	s.save(&a)
	for range 100 {
		if _, err := s.step(); err != nil {
			t.Fatal(err)
		}
	}
	s.save(&b)
	if n := testing.AllocsPerRun(50, func() { s.restore(t, &a); s.restore(t, &b) }); n != 0 {
		t.Errorf("%v allocations for two restores", n)
	}
	if n := testing.AllocsPerRun(50, func() { s.save(&b) }); n != 0 {
		t.Errorf("%v allocations to save again", n)
	}
}

package oracle_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// ended plays a game with one patch until a while behind its transition, and returns what
// was found, and at which step the last of it.
func (b *bench) ended() (found []oracle.Violation, last uint64) {
	b.t.Helper()
	for b.Now() < 3*guest.Second {
		n := b.o.Found()
		if _, err := b.Machine.Step(); err != nil {
			b.t.Fatal(err)
		}
		if b.o.Found() > n {
			last = b.Machine.Steps()
		}
	}
	return slices.Clone(b.o.Violations()), last
}

// TestSnapshots goes back to random points of a run with violations, from wherever it has
// come to, and wants the same ones in the end, with the same times.
func TestSnapshots(t *testing.T) {
	b := newBench(t, game, lab.Config{
		CPUs: 2, Scheduler: "random", Seed: 3, Model: livepatch.Options{Breaks: []string{livepatch.BreakSwitchInHandler}},
	})
	b.until(func() bool { return b.Now() > 20*guest.Second/1000 })
	b.insmod("first")
	var start emu.Snapshot
	b.Machine.Save(&start)
	begin := b.Machine.Steps()
	want, last := b.ended()
	if len(want) < 8 {
		t.Fatalf("%d violations are too few to show anything", len(want))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	back := func(s *emu.Snapshot) {
		t.Helper()
		if err := b.Machine.Restore(s); err != nil {
			t.Fatal(err)
		}
	}
	differ := map[int]bool{}
	for range 20 {
		back(&start)
		for at := begin + rnd.Uint64N(last-begin); b.Machine.Steps() < at; {
			if _, err := b.Machine.Step(); err != nil {
				t.Fatal(err)
			}
		}
		var mid emu.Snapshot
		b.Machine.Save(&mid)
		had := slices.Clone(b.o.Violations())
		differ[len(had)] = true
		b.until(func() bool { return b.Machine.Steps()%97 == 0 })
		back(&mid)
		if !slices.Equal(b.o.Violations(), had) {
			t.Fatalf("back at step %d:\n%swant\n%s", b.Machine.Steps(), texts(b.o.Violations()), texts(had))
		}
		if got, _ := b.ended(); !slices.Equal(got, want) {
			t.Fatalf("from there:\n%swant\n%s", texts(got), texts(want))
		}
	}
	if len(differ) < 4 {
		t.Errorf("the stops have %v violations: they do not show anything", differ)
	}
}

// deep returns activations of outer, one in the other, and one of inner.
func deep(b *bench, n int, body func(guest.Addr) guest.Addr) (live []emu.Activation, inner emu.Activation) {
	fn := func(name string) guest.Addr { return b.b.Program.ByName(name)[0].Addr }
	for i := range n {
		a := emu.Activation{Fn: fn("outer"), Slot: guest.Addr(0x10000 - 64*i), Committed: true}
		a.Body = body(a.Fn)
		live = append(live, a)
	}
	inner = emu.Activation{Fn: fn("inner"), Slot: 0x8000, Committed: true}
	inner.Body = body(inner.Fn)
	return live, inner
}

// patched is a laboratory in the middle of a transition, with the guest asleep in the old
// outer.
func patched(t testing.TB) *bench {
	b := newBench(t, visit, lab.Config{})
	b.until(b.is("guest", emu.Asleep))
	b.insmod("visit_new")
	if len(b.Model.Pending()) != 1 {
		t.Fatal(b.Model.Pending())
	}
	return b
}

func old(fn guest.Addr) guest.Addr { return fn }

// TestNoAllocation wants an oracle that has nothing to say to take no memory.
func TestNoAllocation(t *testing.T) {
	b := patched(t)
	id := b.task("guest")
	live, inner := deep(b, 4, old)
	var stack unwind.Stack
	if err := b.Unwind(id, &stack); err != nil || stack.Len() == 0 {
		t.Fatal(err, stack.Len())
	}
	var saved any
	begin := livepatch.Transition{Patch: 0, Name: "visit_new", Target: livepatch.Patched}
	n := testing.AllocsPerRun(100, func() {
		b.o.Committed(id, inner, live)
		b.o.Unwound(id, &stack)
		b.o.Checked(id, livepatch.Check{Verdict: livepatch.OnStack})
		b.o.Checked(b.Operator, livepatch.Check{Verdict: livepatch.Safe})
		b.o.Switched(livepatch.Switched{Task: b.Operator, Rule: livepatch.RuleAttempt, From: 0, To: 1})
		saved = b.o.Save(saved)
		b.o.Reached(livepatch.Initializing, begin)
		if err := b.o.Restore(saved); err != nil {
			t.Error(err)
		}
	})
	if n != 0 || b.o.Found() > 0 {
		t.Errorf("%g allocations\n%s", n, texts(b.o.Violations()))
	}
}

package oracle_test

import (
	"testing"

	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// TestRefusals tells the oracle of refusals while a task sleeps in the function that is
// replaced and others do not.
func TestRefusals(t *testing.T) {
	b := newBench(t, stuck, lab.Config{})
	b.until(b.is("guest", emu.Asleep))
	sit := b.b.Program.ByName("sit")[0].Addr
	refused := func(task guest.TaskID, f unwind.Frame) (found []oracle.Attribution) {
		was := b.o.Found()
		b.o.Checked(task, livepatch.Check{
			Verdict: livepatch.OnStack, Func: "sit", Range: guest.RangeOf(sit, 16), Frame: f,
		})
		for _, v := range b.o.Violations()[was:] {
			if v.Rule != oracle.RefusalHasReason {
				t.Errorf("%s", v)
			}
			found = append(found, v.Attribution)
		}
		return found
	}
	inside := unwind.Frame{Addr: sit + 5, Kind: unwind.Return}
	if got := refused(b.Worker, inside); got != nil {
		t.Errorf("no transition: %v", got)
	}
	b.insmod("sit_new")
	if got := refused(b.task("guest"), inside); got != nil {
		t.Errorf("in the function: %v", got)
	}
	if got := refused(b.Worker, inside); len(got) != 1 || got[0] != oracle.Model {
		t.Errorf("not in the function: %v", got)
	}
	// The call before is the last instruction of another function, which lies ahead.
	if got := refused(b.Worker, unwind.Frame{Addr: sit, Kind: unwind.Return}); len(got) != 1 || got[0] != oracle.KnownLimit {
		t.Errorf("behind another function's end: %v", got)
	}
	b.o.Checked(b.Worker, livepatch.Check{Verdict: livepatch.Unreliable})
	if n := b.o.Found(); n != 2 {
		t.Errorf("%d violations:\n%s", n, texts(b.o.Violations()))
	}
}

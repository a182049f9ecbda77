package oracle_test

import (
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// moves has tasks of a directed machine make steps, in turn, until cond holds.
func (b *bench) moves(cond func() bool, ids ...guest.TaskID) {
	b.t.Helper()
	for range 10000 {
		for _, id := range ids {
			if cond() {
				return
			}
			if !b.Machine.CanMove(id) {
				continue
			}
			if err := b.Machine.MoveTask(id, false); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	d, _ := b.Machine.Task(ids[0])
	b.t.Fatalf("it does not come to that: %+v, live %v", d, b.Machine.Truth().Live(ids[0]))
}

// inWindow reports whether a task has left its CPU in the stub, behind the decision of its
// handler.
func (b *bench) inWindow(id guest.TaskID) func() bool {
	return func() bool {
		live := b.Machine.Truth().Live(id)
		d, _ := b.Machine.Task(id)
		return len(live) > 0 && live[len(live)-1].Body != 0 && !live[len(live)-1].Committed && d.State == emu.Runnable
	}
}

// window disables the patch of visit while the guest is off its CPU where its handler
// unlocks, behind the decision for the new side, and lets it go on. With another task in
// the new outer the transition is not complete before that has left.
func window(t *testing.T, o livepatch.Options, another bool) *bench {
	t.Helper()
	text := visit
	if another {
		text = strings.Replace(text, `TASK("guest", guest, 0);`, `TASK("guest", guest, 0); TASK("other", guest, 0);`, 1)
	}
	b := newBench(t, text, lab.Config{Directed: true, Model: o})
	id := b.task("guest")
	if err := b.Load(b.b.Patches["visit_new"]); err != nil {
		t.Fatal(err)
	}
	b.moves(b.Done, b.Operator)
	if len(b.Model.Pending()) > 0 {
		t.Fatal(b.Model.Pending())
	}
	if another {
		other := b.task("other")
		b.moves(func() bool { return b.Machine.Timed(other) }, other)
	}
	b.moves(b.inWindow(id), id)
	if err := b.Write("visit_new/enabled", "0"); err != nil {
		t.Fatal(err)
	}
	b.moves(func() bool { return b.Done() || b.Machine.Timed(b.Operator) }, b.Operator)
	for range 2 { // out of outer and past its sleep
		b.moves(func() bool { return !b.Machine.CanMove(id) }, id)
		if b.Machine.Timed(id) {
			if err := b.Machine.Fire(id, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b
}

// TestCommitWindow switches a task between the decision of its handler and the jump:
// livepatch's own check lets that pass, where the decision was not for the function that
// was called.
func TestCommitWindow(t *testing.T) {
	const (
		switched = `clean-switch: guest was switched to the old side of visit_new, by the rule "attempt", while it was on the way, decided already, into the new outer` + "\n"
		still    = "done-means-done: guest is still on the way, decided already, into the new outer, and all of visit_new is unpatched\n"
		begins   = "done-means-done: guest begins to run the new outer, and all of visit_new is unpatched\n"
		mixed    = "no-mixing: guest: the old inner was called from inside of the new outer (patch visit_new)\n"
	)
	for _, c := range []struct {
		name    string
		another bool
		model   livepatch.Options
		want    string
		of      oracle.Attribution
	}{
		{"alone", false, livepatch.Options{}, switched + still + begins + mixed, oracle.KnownLimit},
		{"not complete", true, livepatch.Options{}, switched + mixed, oracle.KnownLimit},
		{"closed", false, livepatch.Options{CheckDecided: true}, "", 0},
		{"no check", false, livepatch.Options{Breaks: []string{livepatch.BreakSkipStackCheck}}, switched + still + begins + mixed, oracle.Model},
	} {
		c.model.UnlockMayReschedule = true
		b := window(t, c.model, c.another)
		found := b.o.Violations()
		if got := texts(found); got != c.want {
			t.Errorf("%s:\n%swant:\n%s", c.name, got, c.want)
		}
		if of := attributions(found); c.want != "" && (len(of) != 1 || of[0] != c.of) {
			t.Errorf("%s: attributed to %v", c.name, of)
		}
	}
}

// TestDecidedForTheOriginal is the other window: the patch is being enabled, and the handler
// has decided for the function that was called, which is on the stack.
func TestDecidedForTheOriginal(t *testing.T) {
	for _, br := range []string{"", livepatch.BreakWrongRange} {
		o := livepatch.Options{UnlockMayReschedule: true}
		want := ""
		if br != "" {
			o.Breaks = []string{br}
			want = `clean-switch: guest was switched to the new side of visit_new, by the rule "attempt", while it was on the way, decided already, into the old outer` + "\n"
		}
		b := newBench(t, visit, lab.Config{Directed: true, Model: o})
		id := b.task("guest")
		if err := b.Load(b.b.Patches["visit_new"]); err != nil {
			t.Fatal(err)
		}
		b.moves(func() bool { return b.Machine.Point(b.Operator) == "P.starting" }, b.Operator)
		b.moves(b.inWindow(id), id)
		b.moves(func() bool { return b.Machine.Point(b.Operator) == "P.decide" }, b.Operator)
		if got := texts(b.o.Violations()); got != want {
			t.Errorf("%q:\n%swant:\n%s", br, got, want)
		}
		if found := b.o.Violations(); len(found) > 0 && found[0].Attribution != oracle.Model {
			t.Errorf("attributed to %v", attributions(found))
		}
	}
}

// TestStackInTheStub wants the stack of a task in the stub, whose handler has not decided,
// to hold the function that was called.
func TestStackInTheStub(t *testing.T) {
	b := newBench(t, visit, lab.Config{TrustInterrupted: true})
	id := b.task("guest")
	b.insmod("visit_new")
	p, _, err := b.Point(scenario.Point{Step: "shim.hook"})
	if err != nil {
		t.Fatal(err)
	}
	b.Machine.Hold(id, p, "")
	b.until(b.is("guest", emu.Held))
	var s unwind.Stack
	if err := b.Unwind(id, &s); err != nil {
		t.Fatal(err)
	}
	if live := b.Machine.Truth().Live(id); live[len(live)-1].Body != 0 {
		t.Fatalf("live: %+v", live)
	}
	b.o.Unwound(id, &s)
	if got := texts(b.o.Violations()); got != "" {
		t.Error(got)
	}
	s.Reset()
	b.o.Unwound(id, &s)
	if got := texts(b.o.Violations()); got != "reliable-means-complete: the stack of guest was taken to be complete, and lacks outer\n" {
		t.Error(got)
	}
}

package emu

import "testing"

// TestStats wants calls that come to the handler to be told from those that have its answer already, and
// a restore to take back what was counted.
func TestStats(t *testing.T) {
	r := newRigOf(t, setup{tasks: []string{"user:1", "user:2"}}, compile(t, holdProgram))
	r.p.install("f", "body")
	if _, err := r.until(func() bool { return r.word("calls") >= 40 }); err != nil {
		t.Fatal(err)
	}
	var half Snapshot
	r.Save(&half)
	before := r.Stats()
	r.finish()
	s := r.Stats()
	if s.Redirected != 100 || s.Decided != uint64(r.p.asked) || s.Decided != 2 || r.word("calls") != 100 {
		t.Errorf("%+v, asked %d times", s, r.p.asked)
	}
	if s.Turns < s.Switches || s.Switches < 2 || s.Instructions == 0 || s.Snapshots < before.Snapshots {
		t.Errorf("%+v", s)
	}
	if err := r.Restore(&half); err != nil {
		t.Fatal(err)
	}
	back := r.Stats()
	back.Snapshots = before.Snapshots
	if back != before {
		t.Errorf("taken back: %+v, was %+v", back, before)
	}
	if r.finish(); r.Stats().Redirected != s.Redirected || r.Stats().Instructions != s.Instructions || r.Stats().Switches != s.Switches {
		t.Errorf("run again: %+v, was %+v", r.Stats(), s)
	}
}

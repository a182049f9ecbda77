package emu

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestCondResched wants a task to pass its CPU on at cond_resched only when its slice is
// over, and to run the patcher's table there while that is on.
func TestCondResched(t *testing.T) {
	source := `
	u64 order, n;
	void spin(u64 who)
	{
		pl_preempt_disable();
		for (volatile int i = 0; i < 400; i++)
			;
		order = order * 10 + who;
		pl_preempt_enable();
		pl_cond_resched();
		n++;
	}
	GATE(0x1001, spin);
	__user void user(u64 who)
	{
		gate(0x1001, who);
		gate(0x1001, who);
		user_exit(0);
	}`
	r := newRig(t, setup{source: source, tasks: []string{"user:1", "user:2"}})
	r.finish()
	if r.word("order") != 1212 || r.word("n") != 4 {
		t.Errorf("the order is %d", r.word("order"))
	}
	points := map[string]bool{}
	r = newRig(t, setup{source: source, tasks: []string{"user:1"}, policy: &stepped{}})
	r.p.store.Write(r.p.resched, 0, 1)
	if s, err := r.until(func() bool { points[r.Point(1)] = true; return false }); s != Finished || err != nil {
		t.Fatal(s, err)
	}
	if !points["R.check"] || r.word("n") != 2 {
		t.Errorf("points %v, %d passes", points, r.word("n"))
	}
	r = newRig(t, setup{source: source, tasks: []string{"user:1", "user:2"}, policy: &stepped{}})
	r.p.store.Write(r.p.resched, 0, 1)
	r.finish()
	if r.word("order") != 1212 {
		t.Errorf("the order is %d with a protocol in between", r.word("order"))
	}
}

// TestOutputInOrder wants log and output of several tasks in the order in which they
// were written, and an observer to be told each thing once.
func TestOutputInOrder(t *testing.T) {
	source := `
	void say(u64 who)
	{
		char c = 'a' + who;
		pl_out(&c, 1);
		pl_log(&"zero\0" "one \0" "two \0"[5 * who]);
	}
	GATE(0x1001, say);
	__user void user(u64 who)
	{
		user_sleep((5 - who) * MSEC);
		gate(0x1001, who);
		user_exit(0);
	}`
	r := newRig(t, setup{source: source, tasks: []string{"user:0", "user:1", "user:2"}})
	var o told
	r.Observe(&o)
	r.finish()
	var lines []string
	for _, l := range r.LogLines() {
		lines = append(lines, l.Text)
	}
	if r.text() != "cba" || !slices.Equal(lines, []string{"two ", "one ", "zero"}) {
		t.Errorf("%q, %q", r.text(), lines)
	}
	if strings.Join(o, " ") != "c two  b one  a zero" {
		t.Errorf("told %q", o)
	}
	if got := fmt.Sprint(r.Output()); got != "[{3 c} {2 b} {1 a}]" {
		t.Errorf("output %s", got)
	}
}

// told is an observer that keeps what it is told.
type told []string

func (o *told) Logged(l LogLine) { *o = append(*o, l.Text) }
func (o *told) Wrote(w Output)   { *o = append(*o, w.Text) }

package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
)

func TestFold(t *testing.T) {
	prefix := strings.Repeat(".", width-20) // leaves 20 columns
	indent := strings.Repeat(" ", width-20)
	for _, c := range []struct{ text, want string }{
		{"", prefix + "\n"},
		{"short", prefix + "short\n"},
		{"exactly 20 columns  ", prefix + "exactly 20 columns\n"},
		{"one word too many for 20", prefix + "one word too many\n" + indent + "for 20\n"},
		{strings.Repeat("x", 25), prefix + strings.Repeat("x", 20) + "\n" + indent + "xxxxx\n"},
		{strings.Repeat("ä", 25), prefix + strings.Repeat("ä", 20) + "\n" + indent + "äääää\n"},
		{"a " + strings.Repeat("x", 25), prefix + "a " + strings.Repeat("x", 18) + "\n" + indent + "xxxxxxx\n"},
		{strings.Repeat("x", 60), prefix + strings.Repeat("x", 20) + "\n" + strings.Repeat(indent+strings.Repeat("x", 20)+"\n", 2)},
		{strings.Repeat("x", 61), prefix + strings.Repeat("x", 20) + "\n" + indent + strings.Repeat("x", 20) + "\n" + indent + strings.Repeat("x", 19) + "…\n"},
	} {
		if got := fold(prefix, c.text); got != c.want {
			t.Errorf("%q:\n%swant:\n%s", c.text, got, c.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"good morning, Übermut", "good morning, Übermut"},
		{"\x1b[31mred", `\x1b[31mred`},
		{"a\tb\rc", `a\tb\rc`},
		{"\xff", `\xff`},
		{`"quoted"`, `"quoted"`},
	} {
		if got := printable(c.in); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWriteTable(t *testing.T) {
	var b strings.Builder
	writeTable(&b, []string{"name", "n", "what"}, func(row func(...string)) {
		row("a", "7", "left")
		row("longer", "1000", strings.Repeat("x", 200))
	})
	want := "  name       n  what\n" +
		"  a          7  left\n" +
		"  longer  1000  " + strings.Repeat("x", width-17) + "…\n"
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
	b.Reset()
	writeTable(&b, []string{"name"}, func(func(...string)) {})
	if b.Len() > 0 {
		t.Errorf("a table without rows: %q", b.String())
	}
}

// TestLongTimeline wants the middle of a long timeline left out, and said so.
func TestLongTimeline(t *testing.T) {
	for _, c := range []struct{ events, left int }{{0, 0}, {maxRows, 0}, {maxRows + 1, 1}, {300, 200}} {
		r := &Report{Tasks: []Task{{1, "worker"}}}
		for i := range c.events {
			r.Events = append(r.Events,
				Event{Kind: Printed, Task: 1, Name: "worker", Text: fmt.Sprintf("line %d.", i)},
				Event{Kind: Checked, Text: "livepatch: klp_try_switch_task: worker:1 is running"})
		}
		text := r.Timeline()
		for i := range c.events {
			shown := i < maxRows/2 || i >= c.events-maxRows/2
			if strings.Contains(text, fmt.Sprintf("line %d.", i)) != shown {
				t.Errorf("%d events: line %d shown: want %t", c.events, i, shown)
			}
		}
		if said := fmt.Sprintf("...  %d events are left out here", c.left); strings.Contains(text, said) != (c.left > 0) {
			t.Errorf("%d events: %q said: want %t", c.events, said, c.left > 0)
		}
		if strings.Contains(text, "klp_try_switch_task") {
			t.Errorf("%d events: checks of single tasks are shown", c.events)
		}
	}
}

// TestRows wants switches that differ in the task only to share a line.
func TestRows(t *testing.T) {
	moved := func(at guest.Time, name string, rule livepatch.Rule, to uint64) Event {
		return Event{Time: at, Kind: Moved, Name: name, Rule: rule, To: to, Bodies: []Body{OldBody, NewBody, NoBody, MixedBody}}
	}
	r := &Report{
		Tasks:     []Task{{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}},
		Functions: []Function{{Name: "f"}},
		Events: []Event{
			moved(1e9, "a", livepatch.RuleAttempt, 1), moved(1e9, "b", livepatch.RuleAttempt, 1),
			moved(1e9, "c", livepatch.RuleExit, 1), moved(2e9, "d", livepatch.RuleExit, 1),
			moved(2e9, "d", livepatch.RuleExit, 0),
			{Time: 3e9, Kind: Logged, Text: "x", Bodies: make([]Body, 4)},
		},
	}
	want := []string{
		"   1.000000  o  n  .  x * switch  a, b -> new side (attempt)\n",
		"   1.000000  o  n  .  x * switch  c -> new side (exit gate)\n",
		"   2.000000  o  n  .  x * switch  d -> new side (exit gate)\n",
		"   2.000000  o  n  .  x * switch  d -> old side (exit gate)\n",
		"   3.000000  .  .  .  .   kernel  x\n",
	}
	if got := r.timelineRows(); !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, ""), strings.Join(want, ""))
	}
	if got := r.streamed(r.Events[0]); got != "   1.000000  o  n  .  x * switch  a -> new side (attempt): \n" &&
		got != "   1.000000  o  n  .  x * switch  a -> new side (attempt):\n" {
		t.Errorf("streamed: %q", got)
	}
}

// TestVerdict wants the last lines of a report to say how the run ended.
func TestVerdict(t *testing.T) {
	fault := &emu.Fault{Task: 1, Name: "worker", Mode: guest.KernelMode, PC: 0x400000, Symbol: "work", What: "halts the CPU"}
	for _, c := range []struct {
		r    Report
		want string
	}{
		{Report{}, "ok: the script was carried out; it expects nothing\n"},
		{Report{Expectations: 1}, "ok: the one expectation is met\n"},
		{Report{Expectations: 3}, "ok: all 3 expectations met\n"},
		{Report{Expectations: 3, Failures: []*Failure{{"x.txtar", 7, "wrong"}}}, "FAILED x.txtar:7: wrong\nFAILED: 1 failure; 3 expectations in all\n"},
		{Report{Err: errors.New("x.txtar:7: stuck"), Rest: []Place{{"worker", "asleep", nil}}}, "STOPPED x.txtar:7: stuck\nthe tasks then:\n  worker  asleep\n"},
		{
			Report{Expectations: 3, Failures: []*Failure{{"x.txtar", 7, "wrong"}}, Err: errors.New("x.txtar:8: stuck")},
			"FAILED x.txtar:7: wrong\nSTOPPED x.txtar:8: stuck\n",
		},
		{Report{Err: fmt.Errorf("x.txtar:7: %w", fault)}, "GUEST FAULT x.txtar:7: worker:1 in kernel mode at 0x400000 (work): halts the CPU\n"},
	} {
		c.r.Scenario, c.r.Scheduler, c.r.CPUs, c.r.Breaks = &scenario.Scenario{}, "rr", 2, []string{"one", "two"}
		c.want += "0 steps, 0.000000 s of virtual time; scheduler rr, seed 0, 2 cpus, broken by one and two\ndigest " + strings.Repeat("0", 32) + "\n"
		if got := c.r.Summary(false); got != c.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
		}
	}
	r := Report{Err: fault}
	if got := r.Summary(true); !strings.Contains(got, " rsp 0000000000000000 ") || !strings.Contains(got, " rip 0000000000000000 ") {
		t.Errorf("no registers:\n%s", got)
	}
}

// TestReasons wants the reasons of one task together, and of many only some.
func TestReasons(t *testing.T) {
	tr := Transition{Patch: "p", Direction: "patching", Start: 1e9, Moves: []Move{{Task: 1, Name: "a", Time: 2e9, Rule: livepatch.RuleExit, Where: "here"}}}
	for i := range 6 {
		tr.Waits = append(tr.Waits, Wait{1, "a", fmt.Sprintf("r%d", i), nil})
	}
	tr.Waits = append(tr.Waits, Wait{2, "b", "r", nil})
	var b strings.Builder
	tr.write(&b, 1, 5e9, false)
	want := "transition 1: patching p, from 1.000000 s, not complete\n" +
		"  task    switched        after  by         where it stood\n" +
		"  a     2.000000 s  1000.000 ms  exit gate  here\n" +
		"  a waited 1000.000 ms: r0; then r1; then r2; then r3; and 2 other reasons\n" +
		"  b waited 4000.000 ms: r\n"
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}

// TestWriteStack wants entries that repeat in one line, and of a long stack only the inner part.
func TestWriteStack(t *testing.T) {
	var long []string
	for i := range maxStack + 5 {
		long = append(long, fmt.Sprintf("f%d", i))
	}
	for _, c := range []struct {
		stack []string
		want  string
	}{
		{nil, ""},
		{[]string{"a", "b", "b", "b", "c"}, " a\n b, 3 times\n c\n"},
		{long, " " + strings.Join(long[:maxStack], "\n ") + "\n ... and 5 more\n"},
	} {
		var b strings.Builder
		if writeStack(&b, " ", c.stack); b.String() != c.want {
			t.Errorf("%v:\n%s", c.stack, b.String())
		}
	}
}

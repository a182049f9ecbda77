package classes_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"patchlab/explore/classes"
	"patchlab/guest"
)

// step is an event as the tests write it: an actor and what it accesses.
type step struct {
	actor    int
	accesses []classes.Access
}

// parse reads a run such as "0 w0,8 r8,8; 1 r4,1": actors, and accesses as address and size.
func parse(t *testing.T, text string) []step {
	t.Helper()
	var steps []step
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		var s step
		if _, err := fmt.Sscan(words[0], &s.actor); err != nil {
			t.Fatal(err)
		}
		for _, w := range words[1:] {
			var at, size uint64
			if _, err := fmt.Sscanf(w[1:], "%d,%d", &at, &size); err != nil {
				t.Fatal(err)
			}
			s.accesses = append(s.accesses, classes.Access{Range: guest.RangeOf(guest.Addr(at), size), Write: w[0] == 'w'})
		}
		steps = append(steps, s)
	}
	return steps
}

func names(actor int, point uint64) (string, string) {
	return string(rune('a' + actor)), fmt.Sprintf("p%d", point)
}

// of makes a run of steps; the point of each is its number in its actor.
func of(steps []step) *classes.Run { return ofActors(3, steps) }

// ofActors begins with so many actors; more can come.
func ofActors(actors int, steps []step) *classes.Run {
	r := classes.New(actors)
	points := map[int]uint64{}
	for _, s := range steps {
		r.Add(s.actor, points[s.actor], s.accesses)
		points[s.actor]++
	}
	return r
}

// TestSame compares pairs of runs by hash and by text.
func TestSame(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"reads commute", "0 r0,8; 1 r0,8", "1 r0,8; 0 r0,8", true},
		{"a write and a read do not", "0 w0,8; 1 r0,8", "1 r0,8; 0 w0,8", false},
		{"writes do not", "0 w0,8; 1 w0,8", "1 w0,8; 0 w0,8", false},
		{"other places commute", "0 w0,8; 1 w8,8", "1 w8,8; 0 w0,8", true},
		{"bytes of one word commute", "0 w0,1; 1 w1,1", "1 w1,1; 0 w0,1", true},
		{"one byte is enough", "0 w0,8; 1 r7,4", "1 r7,4; 0 w0,8", false},
		{"the second access counts", "0 r8,8 w0,8; 1 r0,8", "1 r0,8; 0 r8,8 w0,8", false},
		{"no accesses", "0; 1; 0", "0; 0; 1", true},
		{"through a third", "0 w0,8; 1 r0,8 w8,8; 2 r8,8", "2 r8,8; 0 w0,8; 1 r0,8 w8,8", false},
		{"behind a third", "0 w0,8; 1 r0,8; 2 w8,8", "2 w8,8; 0 w0,8; 1 r0,8", true},
		{"other events", "0 w0,8", "0 w0,4", false},
		{"other kinds", "0 w0,8", "0 r0,8", false},
		{"other actors", "0 w0,8", "1 w0,8", false},
		{"one event less", "0 w0,8; 1 r8,8", "0 w0,8", false},
	} {
		a, b := of(parse(t, c.a)), of(parse(t, c.b))
		if same := a.Class() == b.Class(); same != c.same {
			t.Errorf("%s: same %v", c.name, same)
		}
		if same := a.Text(names) == b.Text(names); same != c.same {
			t.Errorf("%s: told the same %v:\n%s\n%s", c.name, same, a.Text(names), b.Text(names))
		}
	}
}

// TestText shows a class, with what comes immediately before each event and no more.
func TestText(t *testing.T) {
	r := of(parse(t, "0 w16,8; 1 r16,8 w24,1; 0 w16,8; 2 r16,8 r24,8"))
	const want = "" +
		"a.0 p0 w[0x10, 0x18)\n" +
		"a.1 p1 w[0x10, 0x18) after b.0\n" +
		"b.0 p0 r[0x10, 0x18) w[0x18, 0x19) after a.0\n" +
		"c.0 p0 r[0x10, 0x18) r[0x18, 0x20) after a.1\n"
	if got := r.Text(names); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestSwaps exchanges neighbours in random runs: where they are independent the class
// must stay, else it must be another one. Any two runs of one class come from each other
// by such exchanges, so this is the definition.
func TestSwaps(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 1))
	kept, changed := 0, 0
	for range 3000 {
		var steps []step
		for range 2 + g.IntN(7) {
			s := step{actor: g.IntN(3)}
			for range g.IntN(3) {
				at := guest.Addr(g.IntN(6))
				s.accesses = append(s.accesses, classes.Access{Range: guest.RangeOf(at, 1+g.Uint64N(3)), Write: g.IntN(2) == 0})
			}
			steps = append(steps, s)
		}
		i := g.IntN(len(steps) - 1)
		if steps[i].actor == steps[i+1].actor {
			continue
		}
		swapped := slices.Clone(steps)
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
		a, b := of(steps), of(swapped)
		independent := true
		for _, x := range steps[i].accesses {
			for _, y := range steps[i+1].accesses {
				for byte := x.Range.Start; byte < x.Range.End; byte++ {
					independent = independent && !(y.Range.Contains(byte) && (x.Write || y.Write))
				}
			}
		}
		if independent {
			kept++
		} else {
			changed++
		}
		if grown := ofActors(g.IntN(2), steps); grown.Class() != a.Class() || grown.Text(names) != a.Text(names) {
			t.Fatalf("with actors that come later\n%swant\n%s", grown.Text(names), a.Text(names))
		}
		if (a.Class() == b.Class()) != independent || (a.Text(names) == b.Text(names)) != independent {
			t.Fatalf("exchanging step %d (independent: %v) of\n%s", i, independent, a.Text(names))
		}
	}
	if kept < 300 || changed < 300 {
		t.Errorf("only %d and %d exchanges", kept, changed)
	}
}

// TestCopy wants a copy to go on by itself, and a run that was cleared to begin anew.
func TestCopy(t *testing.T) {
	steps := parse(t, "0 w0,8; 1 r0,8 w8,8; 2 r8,8; 0 w8,8; 1 w0,8")
	whole := of(steps)
	begin, again := of(steps[:2]), classes.New(1)
	again.CopyFrom(begin)
	begin.Add(2, 9, steps[4].accesses)
	points := []uint64{0, 1, 1}
	for i, s := range steps[2:] {
		again.Add(s.actor, points[i], s.accesses)
	}
	if again.Text(names) != whole.Text(names) || again.Class() != whole.Class() {
		t.Errorf("the copy went on as\n%swant\n%s", again.Text(names), whole.Text(names))
	}
	again.Clear()
	if empty := classes.New(3); again.Class() != empty.Class() || again.Text(names) != "" {
		t.Errorf("cleared, but\n%s", again.Text(names))
	}
}

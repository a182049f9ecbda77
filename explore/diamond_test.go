package explore_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/testprogs"
)

// walker makes random runs, and in each state tries the next steps of two actors in both
// orders.
type walker struct {
	search.System
	t           *testing.T
	g           *rand.Rand
	blind       bool   // all pairs are taken to be independent
	independent int    // pairs whose order makes no difference
	wrong       string // the first pair of which that is not true
}

// Slots of states: where the walk is, and behind the first step of a pair.
const (
	slotHere = iota
	slotFirst
)

func (w *walker) must(status search.Status, err error) search.Status {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return status
}

// both makes two steps from here and returns what came of it; ok is false when the first
// leaves the second no chance.
func (w *walker) both(a, b search.Choice) (status search.Status, class [2]uint64, state string, ok bool) {
	w.t.Helper()
	if err := w.Restore(slotHere); err != nil {
		w.t.Fatal(err)
	}
	if w.must(w.Do(a)) != search.Going || !slices.Contains(w.Choices(nil), b) {
		return 0, class, "", false
	}
	status = w.must(w.Do(b))
	if !w.blind {
		class = w.System.(search.Classifier).Class()
	}
	return status, class, string(w.State(nil)), true
}

// pair holds the two orders of a pair against each other: where they are one class, they
// must be one state as well.
func (w *walker) pair(a, b search.Choice) {
	w.t.Helper()
	s1, c1, state1, ok1 := w.both(a, b)
	s2, c2, state2, ok2 := w.both(b, a)
	if !ok1 || !ok2 || c1 != c2 {
		return
	}
	w.independent++
	if s1 != s2 || state1 != state2 {
		w.wrong = fmt.Sprintf("%s and %s are taken to be independent, and are not:\n%s", w.name(a), w.name(b),
			w.System.(search.ClassTeller).ClassText())
	}
}

func (w *walker) name(c search.Choice) string {
	actor, kind, point := w.Describe(c)
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", actor, point, kind))
}

// walk makes one run, in which some actors are much faster than others.
func (w *walker) walk() {
	w.t.Helper()
	speed := map[int32]int{}
	pick := func(choices []search.Choice) search.Choice {
		var lots []search.Choice
		for _, c := range choices {
			if speed[c.Actor] == 0 {
				speed[c.Actor] = []int{1, 5, 25}[w.g.IntN(3)]
			}
			for range speed[c.Actor] {
				lots = append(lots, c)
			}
		}
		return lots[w.g.IntN(len(lots))]
	}
	status := w.must(w.Reset())
	for status == search.Going && w.wrong == "" {
		choices := w.Choices(nil)
		w.Save(slotHere)
		for i, a := range choices {
			for _, b := range choices[i+1:] {
				if a.Actor != b.Actor {
					w.pair(a, b)
				}
			}
		}
		if err := w.Restore(slotHere); err != nil {
			w.t.Fatal(err)
		}
		status = w.must(w.Do(pick(choices)))
	}
}

// walked makes some walks through a scenario.
func walked(t *testing.T, text string, interrupts int, o experiment.Options, blind bool, walks int) *walker {
	t.Helper()
	built, err := experiment.Build(parsed(t, text), nil)
	if err != nil {
		t.Fatal(err)
	}
	sys, err := explore.NewSystem(built, explore.Bounds{Interrupts: interrupts}, o)
	if err != nil {
		t.Fatal(err)
	}
	w := &walker{System: sys.Classify(), t: t, g: rand.New(rand.NewPCG(1, 3)), blind: blind}
	for range walks {
		w.walk()
	}
	if err := sys.Close(); err != nil {
		t.Error(err)
	}
	return w
}

// TestDiamonds wants steps that are taken to be independent to lead to the same state in
// both orders, in many states of several scenarios.
func TestDiamonds(t *testing.T) {
	for _, c := range []struct {
		name, text  string
		interrupts  int
		options     experiment.Options
		independent int // as many at least
	}{
		{"enable", "enable", 0, experiment.Options{}, 50},
		{"disable", "disable", 1, experiment.Options{}, 50},
		{"in handler", "disable", 0, experiment.Options{Breaks: []string{"switch-in-handler"}}, 50},
		{"reschedule", "disable-reschedule", 0, experiment.Options{}, 50},
		{"closed", "disable-reschedule", 1, experiment.Options{Model: "closed"}, 50},
		{"nothing shared", two("0x1000", "3"), 0, experiment.Options{}, 100},
		{"one writes", two("0x1000", "2"), 1, experiment.Options{}, 100},
		{"preemption off", two("0x1001", "3"), 1, experiment.Options{}, 50},
		{"during the transition", strings.Replace(two("0x1000", "2"), "insmod new\nwait new/transition 0\nexplore\n", "explore\ninsmod new\nwait new/transition 0\n", 1), 0, experiment.Options{}, 100},
	} {
		w := walked(t, c.text, c.interrupts, c.options, false, 30)
		t.Logf("%s: %d independent pairs", c.name, w.independent)
		if w.wrong != "" || w.independent < c.independent {
			t.Errorf("%s: %d independent pairs; %s", c.name, w.independent, w.wrong)
		}
	}
}

// TestDiamondsOfSeeds does so in all scenarios that searches are tried with, under both
// models.
func TestDiamondsOfSeeds(t *testing.T) {
	for _, name := range testprogs.SeedNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, model := range experiment.Models {
				w := walked(t, strings.TrimPrefix(name, "seed/"), i, experiment.Options{Model: model}, false, 8)
				t.Logf("model %s: %d independent pairs", model, w.independent)
				if w.wrong != "" {
					t.Errorf("model %s: %s", model, w.wrong)
				}
			}
		})
	}
}

// TestDiamondsBlind wants the walker to notice pairs that are wrongly taken to be
// independent.
func TestDiamondsBlind(t *testing.T) {
	if w := walked(t, "enable", 0, experiment.Options{}, true, 30); w.wrong == "" {
		t.Error("nothing noticed")
	}
}

package testprogs_test

import (
	"slices"
	"testing"

	"patchlab/explore/oracle"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
	"patchlab/testprogs"
)

// build compiles a scenario.
func build(t *testing.T, name string) *experiment.Built {
	t.Helper()
	s, err := testprogs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run runs a scenario and returns what was not as expected, the error of a script that
// could not be carried on last.
func run(t *testing.T, b *experiment.Built, o experiment.Options) []string {
	t.Helper()
	r, err := b.Run(o)
	if r == nil {
		t.Fatal(err)
	}
	defer r.Lab.Close()
	var wrong []string
	for _, f := range r.Failures {
		wrong = append(wrong, f.Error())
	}
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	return wrong
}

// declared returns the breaks that a scenario says turn it red, of which there must be one.
func declared(t *testing.T, name string) []string {
	t.Helper()
	breaks := testprogs.RedBy(t, name)
	if len(breaks) == 0 {
		t.Fatalf("%s names no break that there is and that turns it red", name)
	}
	return breaks
}

// TestScenariosAndTheirBreaks runs every scenario as it is, and under each of the breaks
// that it declares.
func TestScenariosAndTheirBreaks(t *testing.T) {
	for _, name := range testprogs.Names() {
		t.Run(name, func(t *testing.T) {
			b := build(t, name)
			for _, w := range run(t, b, experiment.Options{}) {
				t.Error(w)
			}
			for _, br := range declared(t, name) {
				t.Run(br, func(t *testing.T) {
					if len(run(t, b, experiment.Options{Breaks: []string{br}})) == 0 {
						t.Error("it stays green")
					}
				})
			}
		})
	}
}

// TestHolesAreClosed wants every violation that a scenario expects of the faithful model to
// be none under the model with its holes closed.
func TestHolesAreClosed(t *testing.T) {
	holes := 0
	for _, name := range testprogs.Names() {
		b := build(t, name)
		if !slices.ContainsFunc(b.Scenario.Script, func(c scenario.Command) bool { return c.Verb == scenario.ExpectViolation }) {
			continue
		}
		holes++
		for _, model := range experiment.Models {
			r, err := b.Run(experiment.Options{Model: model})
			if r == nil {
				t.Fatal(err)
			}
			defer r.Lab.Close()
			// A task that is found in the function and never leaves it is waited for.
			wrong := slices.DeleteFunc(slices.Clone(r.Violations), func(v oracle.Violation) bool { return v.Rule == oracle.Progress })
			if closed := model == experiment.ModelClosed; closed == (len(wrong) > 0) {
				t.Errorf("%s, model %s: %v", name, model, wrong)
			}
		}
	}
	if holes == 0 {
		t.Error("no scenario expects a violation")
	}
}

// TestEveryBreakTurnsSomethingRed wants each break to be declared by a scenario.
func TestEveryBreakTurnsSomethingRed(t *testing.T) {
	var all []string
	for _, name := range testprogs.Names() {
		all = append(all, declared(t, name)...)
	}
	for _, br := range append(livepatch.BreakNames(), experiment.TrustInterrupted) {
		if !slices.Contains(all, br) {
			t.Errorf("no scenario is turned red by %s", br)
		}
	}
}

// TestNeverMixed runs two patched functions that call each other under many schedules:
// never mixed, and mixed under the same ones when tasks are switched inside the handler.
func TestNeverMixed(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 20
	}
	b := build(t, "calls-each-other")
	var nested [2]uint64
	caught := 0
	for seed := range uint64(seeds) {
		r, err := b.Run(experiment.Options{Seed: &seed})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for _, f := range r.Failures {
			t.Errorf("seed %d: %v", seed, f)
		}
		for state := range nested {
			nested[state] += r.Lab.Counts().Nested(state)
		}
		r.Lab.Close()
		if len(run(t, b, experiment.Options{Seed: &seed, Breaks: []string{livepatch.BreakSwitchInHandler}})) > 0 {
			caught++
		}
	}
	t.Logf("%d seeds: during transitions tasks of state 0 made %d nested calls, tasks of state 1 %d; switch-in-handler caught under %d",
		seeds, nested[0], nested[1], caught)
	if nested[0] == 0 || nested[1] == 0 {
		t.Error("no nested calls on one of the sides: the schedules do not show anything")
	}
	if caught < seeds {
		t.Errorf("switch-in-handler is caught under %d of %d seeds", caught, seeds)
	}
}

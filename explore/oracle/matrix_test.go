package oracle_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
	"patchlab/testprogs"
)

// TestMatrix runs every scenario unbroken, which no rule may object to, and under every
// break there is; the log says which rules are violated. A break that a scenario declares
// turns it red; and a rule finds each break somewhere.
func TestMatrix(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	var table strings.Builder
	for _, name := range testprogs.Names() {
		b := open(t, name)
		// A scenario of a known hole has a violation without any break.
		hole := slices.ContainsFunc(b.Scenario.Script, func(c scenario.Command) bool { return c.Verb == scenario.ExpectViolation })
		if r := run(t, b, experiment.Options{}); !r.OK() || len(r.Violations) > 0 != hole {
			t.Errorf("%s: %v %v\n%s", name, r.Err, r.Failures, texts(r.Violations))
		}
		for _, br := range experiment.BreakNames() {
			r := run(t, b, experiment.Options{Breaks: []string{br}})
			rules := broken(r.Violations)
			found[br] = found[br] || rules != "" && !hole
			is := slices.Contains(testprogs.RedBy(t, name), br)
			if strings.Contains(texts(r.Violations), "is not complete: ") && !hole && br != livepatch.BreakSkipWakeIdle {
				t.Errorf("%s under %s: no transition goes on without end, but for tasks that are held: %s", name, br, texts(r.Violations))
			}
			if is && r.OK() {
				t.Errorf("%s stays green under %s", name, br)
			}
			if !r.OK() {
				fmt.Fprintf(&table, "%-5t %-28s %-20s %s\n", is, name, br, cmp.Or(rules, "(only what the scenario expects)"))
			}
		}
	}
	t.Logf("declared, scenario, break: the rules that are violated\n%s", table.String())
	for _, br := range experiment.BreakNames() {
		if !found[br] {
			t.Errorf("%s is found by no rule", br)
		}
	}
}

// seeds is how many schedules calls-each-other is run under with tasks that are switched
// inside the handler; the first of them also without. (TestNeverMixed of testprogs runs all
// of them so, and violations are failures there.)
const seeds, unbroken = 200, 40

// TestSeeds runs two functions that call each other under many schedules: never a
// violation, and always one of the sides when tasks are switched inside the handler.
func TestSeeds(t *testing.T) {
	t.Parallel()
	b := open(t, "calls-each-other")
	byRule := map[string]int{}
	for seed := range uint64(seeds) {
		if seed < unbroken {
			if r := run(t, b, experiment.Options{Seed: &seed}); len(r.Violations) > 0 || !r.OK() {
				t.Errorf("seed %d: %v\n%s", seed, r.Failures, texts(r.Violations))
			}
		}
		r := run(t, b, experiment.Options{Seed: &seed, Breaks: []string{livepatch.BreakSwitchInHandler}})
		rules := broken(r.Violations)
		if !strings.Contains(rules, "no-mixing") && !strings.Contains(rules, "clean-switch") {
			t.Errorf("seed %d: switch-in-handler violates %q", seed, rules)
		}
		for _, rule := range strings.Fields(rules) {
			byRule[rule]++
		}
	}
	t.Logf("switch-in-handler under %d seeds: %v", seeds, byRule)
}

// Package breaks is a list of what is wrong on purpose, each with the search that finds it,
// and a measurement of how soon each strategy does.
//
//	for _, b := range breaks.All() {
//		row, err := breaks.Measure(ctx, b)
//		fmt.Println(row)
//	}
//
// A checker that nothing trips proves nothing: each break is found by a rule of the oracle
// where the unbroken model has been searched completely and
// nothing was found.
package breaks

// Break is a deviation of the model, and what finds it.
type Break struct {
	Name       string // as -break takes it
	Does       string // one line
	Scenario   string // as testprogs names it
	Interrupts int    // that a schedule may have
	// Preemptions bounds those of a schedule, where there is no searching all of them; 0
	// is no bound.
	Preemptions int
	// Rule is the rule that the first violation breaks when equal states are merged.
	Rule string
}

// InRuns returns those breaks that no search can show, each with the scenario of which any
// run does.
func InRuns() []Break {
	return []Break{{
		Name: "skip-wake-idle", Does: "an idle task that runs is not sent through its loop, and stays on its side",
		Scenario: "scenarios/idle-cpu", Rule: "progress",
	}}
}

// All returns the list: each break where a patch is enabled, and where one is disabled, if
// it can be seen there.
func All() []Break {
	const clean = "clean-switch"
	var all []Break
	add := func(name, does string, found ...Break) {
		for _, b := range found {
			b.Name, b.Does = name, does
			all = append(all, b)
		}
	}
	add("first-symbol", "a name that is not unique means its first occurrence",
		Break{Scenario: "seed/ambiguous", Rule: "right-function"})
	add("fork-copies-early", "a child keeps the state that was copied before anybody could find it",
		Break{Scenario: "seed/fork", Preemptions: 2, Rule: "quiet"},
		Break{Scenario: "seed/fork-disable", Preemptions: 2, Rule: "quiet"})
	add("skip-exit-switch", "the exit gate leaves flag and state as they are",
		Break{Scenario: "seed/exit-gate", Rule: "progress"},
		Break{Scenario: "seed/exit-gate-disable", Rule: "progress"})
	add("skip-stack-check", "a task that is not running is switched whatever its stack holds",
		Break{Scenario: "seed/asleep-inside", Rule: clean},
		Break{Scenario: "seed/asleep-inside-disable", Rule: clean})
	add("skip-sync-complete", "completion does not wait for CPUs that are in the handler",
		Break{Scenario: "seed/twice", Rule: "quiet"})
	add("switch-in-handler", "a flagged task takes the target state in the handler, right after the decision",
		Break{Scenario: "seed/enable", Rule: clean},
		Break{Scenario: "seed/disable", Rule: clean})
	add("trust-preempted-fp", "an interrupted stack is walked from the interrupted registers",
		Break{Scenario: "seed/disable", Interrupts: 1, Rule: clean})
	add("wide-range", "the check takes all of the pages around the code that it looks for",
		Break{Scenario: "seed/asleep-beside", Rule: "refusal-has-reason"})
	add("wrong-range", "the check looks for the code that tasks are moved to",
		Break{Scenario: "seed/asleep-inside", Rule: clean},
		Break{Scenario: "seed/asleep-inside-disable", Rule: clean})
	return all
}

// unseen says of which breaks there is no row where a patch is enabled, or disabled, and why.
const unseen = `first-symbol decides when a patch is loaded, and so is enabled. skip-sync-complete does no harm
when a single patch is disabled: taking the site off waits for CPUs in the handler, too.
trust-preempted-fp does none when one is enabled, where tasks are interrupted between visible steps:
an interrupted stack shows the site in the original then, and that is what the check looks for.
wide-range has none to show when one is disabled: the pages are the patch's own, and whoever is
there was called by the replacement. skip-wake-idle is in no table: CPUs with nothing to run count
as offline in a search. Any run of testprogs/scenarios/idle-cpu.txtar shows it, by the rule progress.
`

package explore

import (
	"slices"

	"patchlab/explore/search"
	"patchlab/lab/scenario"
)

// Expected returns the rules that the scenario expects to be violated: those of its lines
// "expect violation". For a search such a line says that some schedule violates the rule,
// and not that each one does.
func (s *Subject) Expected() []string {
	var rules []string
	for _, c := range s.built.Scenario.Script {
		if c.Verb == scenario.ExpectViolation && !slices.Contains(rules, c.Invariant) {
			rules = append(rules, c.Invariant)
		}
	}
	return rules
}

// Unexpected returns what was found, but for what the scenario expects.
func (r *Result) Unexpected() []search.Shrunk {
	var of []search.Shrunk
	for _, f := range r.Found {
		if !slices.Contains(r.Expected, f.Failure.Rule) {
			of = append(of, f)
		}
	}
	return of
}

// Missing returns the rules that the scenario expects to be violated, and that no schedule
// has violated. It means something when the search was complete.
func (r *Result) Missing() []string {
	return slices.DeleteFunc(slices.Clone(r.Expected), func(rule string) bool {
		return slices.ContainsFunc(r.Found, func(f search.Shrunk) bool { return f.Failure.Rule == rule })
	})
}

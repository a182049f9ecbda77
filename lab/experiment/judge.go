package experiment

import (
	"errors"
	"slices"

	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/lab/scenario"
)

// judge takes in what the oracle has found since the last time. What the scenario expects
// somewhere is no failure.
func (r *runner) judge() {
	found := r.oracle.Violations()
	for _, v := range found[len(r.report.Violations):] {
		r.report.Violations = append(r.report.Violations, v)
		if !r.expects(v.Rule) {
			r.fail("VIOLATION %s, at %s (%s)", v, seconds(v.Time), v.Attribution)
		}
	}
}

// expects reports whether the script has a line that expects a violation of that rule.
func (r *runner) expects(rule oracle.Rule) bool {
	return slices.ContainsFunc(r.built.Scenario.Script, func(c scenario.Command) bool {
		return c.Verb == scenario.ExpectViolation && c.Invariant == rule.String()
	})
}

// judgeEnd has the oracle judge the end of a run that ended with err. A run that was cut
// short proves nothing about progress.
func (r *runner) judgeEnd(err error) {
	r.report.TailMixes = r.oracle.TailMixes()
	if !r.bounds.cut && (errors.Is(err, ErrNotConverged) || errors.Is(err, emu.ErrGuest)) {
		r.oracle.Ended(err)
		r.judge()
	}
}

func (r *runner) expectViolation(c scenario.Command) {
	is := func(v oracle.Violation) bool { return v.Rule.String() == c.Invariant }
	if !slices.ContainsFunc(r.oracle.Violations(), is) {
		r.fail("%s was not violated", c.Invariant)
	}
}

package search

// Counts are what a search has done. Runs is the sum of Done, Failed, Blocked and
// Truncated.
type Counts struct {
	Runs uint64 `json:"runs"` // executions followed to their end
	Done uint64 `json:"done"`
	// Failed counts runs that ended in a failure, of any rule.
	Failed uint64 `json:"failed"`
	// Blocked counts runs in which nobody could go on, or only in vain. When equal states
	// are merged, a step back to a state of the same run is such a run.
	Blocked uint64 `json:"blocked"`
	// Truncated counts runs cut short, by the system or at Options.MaxSteps.
	Truncated uint64 `json:"truncated"`
	// OverBound counts choices not followed because of the bound.
	OverBound uint64 `json:"overBound"`
	// Infeasible counts runs that could not be repeated: the system is not deterministic.
	Infeasible uint64 `json:"infeasible"`
	// Checked counts runs done twice, and found the same.
	Checked uint64 `json:"checked"`
	// Schedules counts the different schedules among the runs. When equal states are
	// merged it counts those that lead through the states found, and stays at the
	// largest number when there are more.
	Schedules uint64 `json:"schedules"`
	// Classes counts the different classes among the runs that were done or failed; 0
	// when the system has none, and when equal states are merged.
	Classes uint64 `json:"classes"`
	// Steps counts visible steps executed, without those needed to come back to a state.
	Steps uint64 `json:"steps"`
	// States and Merged count the different states found, and the steps that led to one
	// found before. Both are 0 where equal states are not merged.
	States uint64 `json:"states"`
	Merged uint64 `json:"merged"`
}

// add adds what can be summed up: not Classes and Schedules, which may overlap.
func (c *Counts) add(o *Counts) {
	c.Runs += o.Runs
	c.Done += o.Done
	c.Failed += o.Failed
	c.Blocked += o.Blocked
	c.Truncated += o.Truncated
	c.OverBound += o.OverBound
	c.Infeasible += o.Infeasible
	c.Checked += o.Checked
	c.Steps += o.Steps
	c.States += o.States
	c.Merged += o.Merged
}

// end counts a run by how it ended.
func (c *Counts) end(s Status) {
	c.Runs++
	switch s {
	case Done:
		c.Done++
	case Failed:
		c.Failed++
	case Blocked:
		c.Blocked++
	case Truncated:
		c.Truncated++
	default:
		panic("BUG: a run ended " + s.String())
	}
}

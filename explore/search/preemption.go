package search

// preemptions tries what few preemptions can do before what takes many.
type preemptions struct {
	most   int
	points *pointSet // where an actor may be preempted; nil for everywhere
	rule   string    // of the failures looked for; "" for all
}

// Preemptions returns iterative context bounding (Musuvathi and Qadeer, PLDI 2007): all
// schedules without a preemption, then all with at most one, and so on up to most, or
// until no schedule needs more when most is negative. A failure found is one that no
// schedule with fewer preemptions shows. Switches away from an actor that cannot go on
// are free. Every level tries those below it again: of what it costs that is the small
// part, and nothing has to be kept from one level to the next.
func Preemptions(most int) Strategy { return preemptions{most: most} }

// Name is the strategy's name.
func (preemptions) Name() string { return "preemptions" }

func (s preemptions) search(d *driver) error {
	d.unit = "preemption"
	for _, w := range d.workers {
		w.explorer.rule = s.rule
	}
	return d.iterate(limit{kind: preemptionCost, points: s.points}, s.most)
}

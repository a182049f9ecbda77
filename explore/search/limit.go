package search

// costKind is what a bounded search counts along a run.
type costKind uint8

const (
	freeCost       costKind = iota // nothing is counted
	preemptionCost                 // one for each preemption
	delayCost                      // for each choice, how many stand before it
)

// limit is the rule by which a tree search leaves choices out.
type limit struct {
	kind costKind
	max  int32 // the sum of costs along a run
	// points, if not nil, are those at which an actor may be preempted. What this leaves
	// out is not over the bound: it is no part of what is searched.
	points *pointSet
}

// keep leaves out what may not be chosen in the system's present state, from a run with
// the given cost so far. It works in place and returns how many of the choices stay, in
// their order, and how many are over the bound.
func (l *limit) keep(sys System, cost int32, choices []Choice) (kept, over int) {
	switch l.kind {
	case delayCost:
		kept = min(len(choices), int(l.max-cost)+1)
		return kept, len(choices) - kept
	case preemptionCost:
		outside := l.points != nil && !l.points.has(choices[0].Point)
		if cost < l.max && !outside {
			return len(choices), 0
		}
		for _, c := range choices {
			if sys.Preempts(c) {
				continue
			}
			choices[kept] = c
			kept++
		}
		if !outside {
			over = len(choices) - kept
		}
		return kept, over
	default:
		return len(choices), 0
	}
}

// cost is what the choice with the given index among those kept adds to a run. The
// system must be in the state in which it is offered.
func (l *limit) cost(sys System, index int32, c Choice) int32 {
	switch {
	case l.kind == delayCost:
		return index
	case l.kind == preemptionCost && sys.Preempts(c):
		return 1
	default:
		return 0
	}
}

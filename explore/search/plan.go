package search

import "slices"

// plan is a run told by where it leaves what nobody disturbs: everywhere else the first
// choice is taken. It can be followed, as far as it goes, after something was left out of
// it.
type plan []deviation

// deviation is a choice other than the first one.
type deviation struct {
	// The first choice there is a move of this actor, after so many of its steps.
	at    Choice
	steps int
	take  Choice
	// preempts says that it takes the CPU from an actor that could go on.
	preempts bool
}

// planner makes runs from plans.
type planner struct {
	runner
	steps map[Choice]int // of the run: by actor and kind, how many there were
	made  plan           // what the run deviated in
	cost  int            // its preemptions
}

func newPlanner(sys System, maxSteps int) *planner {
	return &planner{runner: runner{sys: sys, maxSteps: maxSteps}, steps: map[Choice]int{}}
}

// who leaves out of a choice where its actor stands, which a changed run may change.
func who(c Choice) Choice { return Choice{Actor: c.Actor, Kind: c.Kind} }

// follow does a run in which choose gives the index of each choice, or less
// than 0 for the first one.
func (p *planner) follow(choose func(step int, choices []Choice) int) (Status, error) {
	clear(p.steps)
	p.made, p.cost = nil, 0
	return p.run(func(step int, choices []Choice) (int, error) {
		i := max(0, choose(step, choices))
		first, c := who(choices[0]), who(choices[i])
		if i > 0 {
			preempts := p.sys.Preempts(choices[i])
			p.made = append(p.made, deviation{first, p.steps[first], c, preempts})
			if preempts {
				p.cost++
			}
		}
		p.steps[c]++
		return i, nil
	})
}

// try does the run that the plan tells.
func (p *planner) try(pl plan) (Status, error) {
	rest := slices.Clone(pl)
	return p.follow(func(_ int, choices []Choice) int {
		first := who(choices[0])
		for k, d := range rest {
			if d.at != first || d.steps != p.steps[first] {
				continue
			}
			for i, c := range choices {
				if who(c) == d.take {
					rest = slices.Delete(rest, k, k+1)
					return i
				}
			}
		}
		return -1
	})
}

// loosely returns a choice function that follows a path as far as it can: of what is left
// of the path it takes the first step that is offered, wherever its actor stands.
func loosely(path []Choice) func(step int, choices []Choice) int {
	rest := slices.Clone(path)
	return func(_ int, choices []Choice) int {
		for k, want := range rest {
			for i, c := range choices {
				if who(c) == who(want) {
					rest = slices.Delete(rest, k, k+1)
					return i
				}
			}
		}
		return -1
	}
}

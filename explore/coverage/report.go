package coverage

import (
	"fmt"
	"slices"
	"strings"
)

// Report is what a search has visited.
type Report struct {
	Visited, Feasible, Infeasible int // cells; Visited only those that are feasible
	// Wrong are cells that were visited although there is a reason why they cannot be.
	Wrong []string

	space   *Space
	visited *Set
}

// Report compares what was visited with what there is.
func (s *Space) Report(v *Set) *Report {
	r := &Report{space: s, visited: v}
	for c, why := range s.why {
		switch {
		case why == 0:
			r.Feasible++
			if v.has(c) {
				r.Visited++
			}
		default:
			r.Infeasible++
			if v.has(c) {
				r.Wrong = append(r.Wrong, fmt.Sprintf("%s: %s", s.cellName(c), reasons[why-1].text))
			}
		}
	}
	return r
}

// cellName names a cell: "H.state in patching/moving, state 0".
func (s *Space) cellName(c int) string {
	p, ph, state := split(c)
	return fmt.Sprintf("%s in %s, state %d", s.positions[p].full, phaseName(ph), state)
}

// Summary is the report in one line.
func (r *Report) Summary() string {
	return fmt.Sprintf("coverage: visited %d of %d cells (place x phase x patch state); %d more cannot be visited",
		r.Visited, r.Feasible, r.Infeasible)
}

// NeverVisited names the cells that could be visited and were not, in lines such as
// "patching/moving 0 1, outside -1: stub kernel": phases with patch states, then places.
func (r *Report) NeverVisited() string {
	return r.list(func(c int) bool { return r.space.why[c] == 0 && !r.visited.has(c) })
}

// CannotBeVisited names the others, by the reason why.
func (r *Report) CannotBeVisited() string {
	var b strings.Builder
	for i := range reasons {
		of := r.list(func(c int) bool { return r.space.why[c] == uint8(i+1) })
		if of != "" {
			fmt.Fprintf(&b, "%s:\n%s", reasons[i].text, of)
		}
	}
	return b.String()
}

// WhyNot counts the cells that cannot be visited by the reason why, a line for each.
func (r *Report) WhyNot() string {
	var b strings.Builder
	for i := range reasons {
		n := 0
		for _, why := range r.space.why {
			if why == uint8(i+1) {
				n++
			}
		}
		if n > 0 {
			fmt.Fprintf(&b, "  %5d  %s\n", n, reasons[i].text)
		}
	}
	return b.String()
}

// list names cells: a line for each list of places, with the phases and patch states that
// it is of.
func (r *Report) list(want func(cell int) bool) string {
	var lists []string
	of := map[string][]string{}
	for ph := range phases {
		here := map[string]string{} // the states that a list is of in this phase
		for state := -1; state < states-1; state++ {
			if list := r.places(ph, state, want); list != "" {
				here[list] += fmt.Sprintf(" %d", state)
				if !slices.Contains(lists, list) {
					lists = append(lists, list)
				}
			}
		}
		for _, list := range lists {
			if here[list] != "" {
				of[list] = append(of[list], phaseName(ph)+here[list])
			}
		}
	}
	var b strings.Builder
	for _, list := range lists {
		fmt.Fprintf(&b, "  %s: %s\n", strings.Join(of[list], ", "), list)
	}
	return b.String()
}

// places lists the places of the wanted cells of one phase and state.
func (r *Report) places(ph, state int, want func(cell int) bool) string {
	var names []string
	for p := range r.space.positions {
		if want(cell(p, ph, state)) {
			names = append(names, r.space.positions[p].full)
		}
	}
	if len(names) == len(r.space.positions) {
		return "everywhere"
	}
	return strings.Join(names, " ")
}

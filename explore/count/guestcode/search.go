package guestcode

import (
	"context"
	"fmt"
	"math/big"

	"patchlab/explore/count"
	"patchlab/explore/search"
)

// Result is what was found on the machine.
type Result struct {
	// Search is the search with its counts, of all schedules where it is complete. What
	// the machine did other than the program says is in Found.
	Search *search.Result
	// ByBound[b] is the number of classes that were found with at most b preemptions, as
	// in [count.Result]: the bounds that were finished.
	ByBound []int
}

// Search runs a program on the machine in every order of its steps: first all schedules
// without a preemption, then with at most one, and so on, until none needs more or the
// options end it. o.Strategy does not count. The error is as of [NewSystem], or a
// failure of the engine.
func Search(ctx context.Context, p *count.Program, o search.Options) (*Result, error) {
	o.Strategy = search.Preemptions(-1)
	r, err := search.Search(ctx, func() (search.System, error) { return NewSystem(p) }, o)
	if err != nil {
		return nil, err
	}
	levels := r.Levels
	if r.Rest != nil {
		levels = r.Rest.Levels // without the one that was not finished
	}
	out := &Result{Search: r}
	for _, l := range levels {
		out.ByBound = append(out.ByBound, int(l.Counts.Classes))
	}
	if r.Rest == nil {
		out.ByBound = needed(out.ByBound)
	}
	return out, nil
}

// needed leaves out the bounds behind the last one that brought a class: schedules can
// need more preemptions than any class does.
func needed(byBound []int) []int {
	n := len(byBound)
	for n > 1 && byBound[n-1] == byBound[n-2] {
		n--
	}
	return byBound[:n]
}

// Compare holds what was found against what was computed, as far as both go. The error
// names both numbers, or what the machine has done wrong.
func (r *Result) Compare(computed count.Result) error {
	if f := r.Search.Found; len(f) > 0 {
		return fmt.Errorf("the machine does not do what the program says: %s: %s\nschedule: %s",
			f[0].Failure.Rule, f[0].Failure.Text, f[0].Schedule.Compact())
	}
	for b := range min(len(r.ByBound), len(computed.ByBound)) {
		if r.ByBound[b] != computed.ByBound[b] {
			return fmt.Errorf("%d classes with at most %d preemptions on the machine, %d computed",
				r.ByBound[b], b, computed.ByBound[b])
		}
	}
	if !r.Search.Complete {
		return nil
	}
	for _, n := range []struct {
		what     string
		machine  uint64
		computed *big.Int
	}{
		{"interleavings", r.Search.Counts.Runs, computed.Interleavings},
		{"classes", r.Search.Counts.Classes, computed.Classes},
	} {
		if n.computed != nil && n.computed.Cmp(new(big.Int).SetUint64(n.machine)) != 0 {
			return fmt.Errorf("%d %s on the machine, %s computed", n.machine, n.what, n.computed)
		}
	}
	if computed.Complete && len(r.ByBound) != len(computed.ByBound) {
		return fmt.Errorf("classes need up to %d preemptions on the machine, %d computed",
			len(r.ByBound)-1, len(computed.ByBound)-1)
	}
	return nil
}

package count

import (
	"fmt"
	"math/big"
)

// DefaultMaxStates is the limit on states where [Options] does not say another. So many
// take about a gigabyte.
const DefaultMaxStates = 5_000_000

// mostStates is how many states the sets can number.
const mostStates = 1 << 31

// Options are the limits of a count. The zero value has the defaults.
type Options struct {
	// MaxStates is how many states each of the three searches (for interleavings, for
	// classes, for bounds) may meet: [DefaultMaxStates] when 0, at most 2147483648. A state
	// takes a byte for each thread, variable and step, and about 25 more.
	MaxStates int
	// Cancel, when closed, stops the count.
	Cancel <-chan struct{}
}

// Result is what was counted. All in it is exact, but it may not be all: see Complete.
type Result struct {
	Interleavings *big.Int // nil when the limits stopped the count of them
	Classes       *big.Int // nil when the limits stopped the count of them
	// ByBound[b] is the number of classes that have an interleaving with at most b
	// preemptions. When Complete, the last is Classes; else the list ends before the
	// bound that was not finished, and may be empty.
	ByBound []int
	// Met is how many classes the search for bounds met, those with more preemptions
	// than the last of ByBound included. There are as many at least.
	Met int
	// Complete tells that nothing was stopped by the limits.
	Complete bool
	// Why says which limit stopped the count, when it is not complete.
	Why string
}

// Count counts the interleavings and classes of a program. An error means that the
// program is not well formed or larger than 64 threads, 250 steps, or 120 steps and
// conditions in a thread, or that the options make no sense; running into the limits is
// none.
func Count(p *Program, o Options) (Result, error) {
	c, err := compile(p)
	if err != nil {
		return Result{}, err
	}
	if o.MaxStates == 0 {
		o.MaxStates = DefaultMaxStates
	}
	if o.MaxStates < 0 || o.MaxStates > mostStates {
		return Result{}, fmt.Errorf("a limit of %d states: want 1 to %d", o.MaxStates, mostStates)
	}
	var r Result
	m := &meter{limit: o.MaxStates, cancel: o.Cancel}
	r.Interleavings = paths(c, false, m)
	r.Classes = paths(c, true, m.again())
	r.ByBound, r.Met = bounds(c, m.again())
	r.Complete, r.Why = m.why == "", m.why
	if r.Complete && r.Classes.Cmp(big.NewInt(int64(r.Met))) != 0 {
		panic(fmt.Sprintf("BUG: count: %s classes by sleep sets, %d by search, of\n%s", r.Classes, r.Met, p))
	}
	return r, nil
}

// meter counts the states of a search against the limits.
type meter struct {
	limit  int
	cancel <-chan struct{}
	taken  int
	why    string // what stopped the first search that was stopped
}

// again begins a new search.
func (m *meter) again() *meter {
	m.taken = 0
	return m
}

// take counts a state. It returns false when the search has to stop.
func (m *meter) take() bool {
	m.taken++
	var why string
	if m.taken > m.limit {
		why = fmt.Sprintf("stopped after %d states", m.limit)
	} else if m.taken%1024 == 1 {
		select {
		case <-m.cancel:
			why = "interrupted"
		default:
		}
	}
	if why != "" && m.why == "" {
		m.why = why
	}
	return why == ""
}

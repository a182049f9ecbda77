package breaks

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/testprogs"
)

// Limits of a measurement. A search that has not found the break after maxRuns schedules
// has not found it.
const (
	maxRuns = 5000
	seeds   = 20
)

// strategies are those that are measured. Those that sample are run with each of the seeds.
var strategies = []struct {
	name   string
	sample bool
}{
	{"merging", false},
	{"exhaustive", false},
	{"preemptions", false},
	{"delays", false},
	{"random", true},
	{"pct-1", true},
	{"pct-2", true},
	{"pct-3", true},
}

// Row is how soon each strategy finds a break.
type Row struct {
	Break
	Unbroken string // what the search of the unbroken model came to
	Cells    []Cell // in the order of the strategies
}

// Cell is how soon one strategy finds a break.
type Cell struct {
	Strategy string
	// Runs is how many schedules it took, the failing one included; of strategies that
	// sample the median. It means nothing unless Found.
	Runs  uint64
	Found bool
	Time  time.Duration // of a search, on this host, with the reduction of what was found
}

// subject builds the scenario of a break, with the model broken or not.
func (b Break) subject(broken bool) (*explore.Subject, error) {
	s, err := testprogs.Open(b.Scenario)
	if err != nil {
		return nil, err
	}
	built, err := experiment.Build(s, nil)
	if err != nil {
		return nil, err
	}
	var o experiment.Options
	if broken {
		o.Breaks = []string{b.Name}
	}
	return explore.NewSubject(built, explore.Bounds{Interrupts: b.Interrupts}, o)
}

// Measure searches the scenario of a break: with the unbroken model, where the search must
// be complete and find nothing, and broken, by each strategy. The error says that the first
// is not so, or that the break is found by another rule than the list says, or not at all.
func Measure(ctx context.Context, b Break) (*Row, error) {
	row := &Row{Break: b}
	if err := row.unbroken(ctx, search.Merging(b.bound())); err != nil {
		return nil, err
	}
	for _, s := range strategies {
		cell, err := b.cell(ctx, s.name, s.sample)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", b.Name, s.name, err)
		}
		row.Cells = append(row.Cells, cell)
	}
	return row, nil
}

// unbroken searches with the model as it is.
func (r *Row) unbroken(ctx context.Context, s search.Strategy) error {
	subject, err := r.subject(false)
	if err != nil {
		return err
	}
	res, err := explore.Explore(ctx, subject, search.Options{Strategy: s})
	if err != nil {
		return err
	}
	if !res.Complete || len(res.Found) > 0 {
		return fmt.Errorf("%s without %s: %s, and %d violations", r.Scenario, r.Name, res.Sentence(), len(res.Found))
	}
	r.Unbroken = fmt.Sprintf("complete, %d states", res.Counts.States)
	if r.Preemptions > 0 {
		r.Unbroken += fmt.Sprintf(" with at most %d preemptions", r.Preemptions)
	}
	return nil
}

// bound is the bound on preemptions as strategies take it.
func (b Break) bound() int {
	if b.Preemptions == 0 {
		return -1
	}
	return b.Preemptions
}

// cell measures one strategy.
func (b Break) cell(ctx context.Context, name string, sample bool) (Cell, error) {
	subject, err := b.subject(true)
	if err != nil {
		return Cell{}, err
	}
	c := Cell{Strategy: name}
	var runs []uint64
	begin, tries := time.Now(), 0
	for tries = 0; tries < seeds && tries-len(runs) <= seeds/2; tries++ {
		first := uint64(tries*maxRuns + 1)
		s, err := search.ByName(name, search.Params{Bound: b.bound(), Seeds: search.Seeds{First: first, Last: first + maxRuns - 1}})
		if err != nil {
			return Cell{}, err
		}
		r, err := explore.Explore(ctx, subject, search.Options{Strategy: s, MaxRuns: maxRuns})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return Cell{}, err
		}
		if len(r.Found) > 0 {
			runs = append(runs, r.Result.Found[0].Runs)
		}
		if name == "merging" && (len(r.Found) == 0 || r.Found[0].Failure.Rule != b.Rule) {
			return Cell{}, fmt.Errorf("%s: not found by the rule %s: %s", b.Scenario, b.Rule, r.Sentence())
		}
		if !sample {
			tries++
			break
		}
	}
	c.Time = time.Since(begin) / time.Duration(tries)
	c.Runs, c.Found = median(runs, tries)
	return c, nil
}

// median returns the median of the runs of so many tries, those that found nothing counted
// as infinite: the mean of the two in the middle, rounded up, for an even number.
func median(runs []uint64, tries int) (uint64, bool) {
	slices.Sort(runs)
	low, high := (tries-1)/2, tries/2
	if high >= len(runs) {
		return 0, false
	}
	return (runs[low] + runs[high] + 1) / 2, true
}

package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
)

// driver runs a strategy: it deals out pieces of work, and puts together what they bring
// in an order that does not depend on who finished first.
type driver struct {
	ctx     context.Context
	o       Options
	workers []*worker
	tallies []tally // of the round's pieces

	result  Result
	points  pointSet
	classes pairSet
	scheds  pairSet // where a schedule can come up twice
	texts   map[[2]uint64]string
	found   []finding
	mass    float64 // of the level
	before  uint64  // runs of the levels before
	guess   guess   // of the level
	differ  error   // the first run that could not be repeated
	pct     *pctRun // nil unless the strategy is PCT
	actors  int     // the most that a run met, and
	longest int     // the most steps
	already int     // how many failures were found before this search took over

	// For the sentence:
	bound       int    // of the level
	unit        string // what a bound counts, or ""
	unbounded   bool   // the last level left nothing over its bound
	enough      bool   // the search ended between two levels
	sampled     bool   // the strategy does not try everything
	unfinished  bool   // the search had more to do
	outOfMemory bool

	mu       sync.Mutex
	progress Counts // with what the round has so far; protected by mu
	share    float64
}

// worker is a system with what is needed to search it.
type worker struct {
	sys      System
	explorer *explorer
	sampler  *sampler
}

const defaultMaxSteps = 10000

func newDriver(ctx context.Context, systems []System, o Options) *driver {
	if o.Strategy == nil {
		o.Strategy = Exhaustive()
	}
	if o.MaxSteps <= 0 {
		o.MaxSteps = defaultMaxSteps
	}
	if o.MaxRuns == 0 {
		o.MaxRuns = math.MaxUint64
	}
	if o.MaxMemory <= 0 {
		o.MaxMemory = 1 << 30
	}
	d := &driver{ctx: ctx, o: o, texts: map[[2]uint64]string{}}
	d.result.Strategy = o.Strategy.Name()
	for _, s := range systems {
		w := &worker{sys: s, explorer: newExplorer(s, o.MaxSteps), sampler: newSampler(s, o.MaxSteps)}
		w.explorer.known = &d.classes
		w.explorer.repeat.all, w.sampler.repeat.all = o.Twice, o.Twice
		d.workers = append(d.workers, w)
	}
	return d
}

func (d *driver) run() (*Result, error) {
	if err := d.from(); err != nil {
		return nil, err
	}
	if err := d.o.Strategy.search(d); err != nil {
		return nil, err
	}
	r := &d.result
	r.Counts = d.counts()
	r.Points = d.points.len()
	for _, f := range d.found {
		schedule, end, err := Record(d.workers[0].sys, f.path)
		if err == nil && (end.Status != Failed || end.Failure.Rule != f.failure.Rule) {
			err = fmt.Errorf("%w: a run that failed by %s is %s when run again", ErrDifferent, f.failure.Rule, end.Status)
		}
		if err != nil && !errors.Is(err, ErrInfeasible) && !errors.Is(err, ErrDifferent) {
			return nil, err
		}
		if err != nil {
			r.Counts.Infeasible++
			d.noteDifferent(err)
		}
		r.Found = append(r.Found, Found{f.failure, f.path, schedule, f.run, end.Preemptions, f.seed})
	}
	if err := d.strict(); err != nil {
		return nil, err
	}
	d.judge()
	return r, nil
}

// counts returns the level's counts with what cannot be summed up.
func (d *driver) counts() Counts {
	c := d.result.Counts
	if c.States > 0 {
		return c
	}
	c.Classes = uint64(d.classes.len())
	c.Schedules = c.Runs
	if d.scheds.len() > 0 {
		c.Schedules = uint64(d.scheds.len())
	}
	return c
}

// budget returns how many runs may still be done.
func (d *driver) budget() uint64 { return d.o.MaxRuns - d.executed() }

// executed returns how many runs have been done, on all levels.
func (d *driver) executed() uint64 { return d.before + d.result.Counts.Runs }

// over reports whether the search must end although there is something left.
func (d *driver) over() bool {
	return d.ctx.Err() != nil || d.budget() == 0 || d.stopped()
}

// stopped reports whether a failure ended the search.
func (d *driver) stopped() bool { return !d.o.All && len(d.found) > d.already }

// piece is a piece of work. It puts what it finds into t, and asks stop now and then
// whether it still matters. It returns true when nothing behind it counts.
type piece func(w *worker, i int, stop func() bool, t *tally) (last bool, err error)

// round lets the workers do n pieces of work. What stands behind the first piece that
// says that it is the last counts for nothing, so that the result does not depend on who
// was faster. It returns how many pieces count; what they found is part of the result
// then.
func (d *driver) round(n int, do piece) (int, error) {
	for len(d.tallies) < n {
		d.tallies = append(d.tallies, tally{})
	}
	var next, cut atomic.Int64
	cut.Store(int64(n))
	errs := make([]error, n)
	work := func(w *worker) {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			t := &d.tallies[i]
			t.clear()
			t.known = d.knows
			stop := func() bool { return int64(i) > cut.Load() }
			if stop() {
				return
			}
			var last bool
			last, errs[i] = do(w, i, stop, t)
			if last || errs[i] != nil {
				lower(&cut, int64(i))
			}
			d.report(t)
		}
	}
	var wg sync.WaitGroup
	for _, w := range d.workers[1:min(n, len(d.workers))] {
		wg.Go(func() { work(w) })
	}
	work(d.workers[0])
	wg.Wait()

	counted := min(n, int(cut.Load())+1)
	for i := range counted {
		if errs[i] != nil {
			return 0, errs[i]
		}
		if err := d.take(&d.tallies[i]); err != nil {
			return 0, err
		}
	}
	d.mu.Lock()
	d.progress, d.share = d.result.Counts, d.mass
	d.mu.Unlock()
	return counted, nil
}

func lower(v *atomic.Int64, to int64) {
	for {
		old := v.Load()
		if old <= to || v.CompareAndSwap(old, to) {
			return
		}
	}
}

// take adds a piece of work to the result.
func (d *driver) take(t *tally) error {
	for _, f := range t.found {
		if d.knows(f.failure.Rule) {
			continue
		}
		f.run += d.executed()
		d.found = append(d.found, f)
	}
	d.result.Counts.add(&t.counts)
	d.mass += t.mass
	d.actors, d.longest = max(d.actors, t.entities), max(d.longest, t.longest)
	d.points.addAll(&t.points)
	d.classes.addAll(&t.classes)
	d.scheds.addAll(&t.schedules)
	for _, c := range t.texts {
		if was, ok := d.texts[c.class]; ok && was != c.text {
			return fmt.Errorf("two classes have the hash %x:\n%s\n%s", c.class, was, c.text)
		}
		d.texts[c.class] = c.text
	}
	if t.different != nil {
		d.noteDifferent(t.different)
	}
	return nil
}

func (d *driver) knows(rule string) bool {
	for i := range d.found {
		if d.found[i].failure.Rule == rule {
			return true
		}
	}
	return false
}

func (d *driver) noteDifferent(err error) {
	if d.differ == nil {
		d.differ = err
	}
}

// report tells of a piece of work that is done.
func (d *driver) report(t *tally) {
	if d.o.Progress == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.progress.add(&t.counts)
	d.share += t.mass
	p := Progress{Counts: d.progress, Share: min(d.share, 1), Depth: t.depth, Waiting: t.waiting}
	p.Runs, p.Error = d.guess.mean()
	if d.unit != "" {
		p.Bound = "with at most " + plural(uint64(d.bound), d.unit)
	}
	d.o.Progress(p)
}

// nextLevel begins with another bound: what was counted belongs to the level before.
func (d *driver) nextLevel() {
	d.before += d.result.Counts.Runs
	d.result.Counts = Counts{}
	d.classes.clear()
	d.mass, d.guess = 0, guess{}
	d.progress, d.share = Counts{}, 0
}

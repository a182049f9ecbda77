package search

import (
	"fmt"
	"math"
)

type pct struct {
	depth int
	seeds Seeds
}

// PCT returns probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and
// Nagarakatte, ASPLOS 2010). Every run gives the actors random priorities and lets the
// highest one move; at depth-1 random steps the actor about to move falls behind all
// others. A failure that needs depth things to come in order is found by one run with a
// probability of at least 1/(n k^(depth-1)), with n actors and k steps: see PCTBound.
//
// What can be done to an actor, such as an interrupt, counts as an actor of its own.
func PCT(depth int, seeds Seeds) Strategy { return pct{depth, seeds} }

// Name is the strategy's name.
func (s pct) Name() string { return fmt.Sprintf("pct-%d", s.depth) }

// PCTBound is what PCT promises, from what the runs actually met.
type PCTBound struct {
	Depth  int
	Actors int // n: the most that a run had
	Steps  int // k: the most that a run had
	// PerRun is the least probability with which one run finds a failure of the depth.
	PerRun float64
	// Runs is how many runs chose among so many steps. Others, before a run of that
	// length had been met, promise nothing.
	Runs uint64
	// Miss is the largest probability with which all of Runs miss such a failure.
	Miss float64
}

// String is the bound in one line, with n and k.
func (b *PCTBound) String() string {
	return fmt.Sprintf("a failure of depth %d is found by a run with probability 1/(%d*%d^%d) = %.3g or more; %s miss it with probability %.3g or less",
		b.Depth, b.Actors, b.Steps, b.Depth-1, b.PerRun, plural(b.Runs, "run"), b.Miss)
}

// pctRun is what PCT carries from round to round.
type pctRun struct {
	Actors int    `json:"actors"`
	Steps  int    `json:"steps"`
	Runs   uint64 `json:"runs"`
}

// maxPCTDepth bounds the depth: beyond it the promise is worth nothing.
const maxPCTDepth = 100

func (s pct) search(d *driver) error {
	if s.depth < 1 || s.depth > maxPCTDepth {
		return fmt.Errorf("PCT: depth %d: want 1 to %d", s.depth, maxPCTDepth)
	}
	if d.pct == nil {
		// How long runs are is not known before the first: the one that nobody disturbs.
		r := &d.workers[0].sampler.runner
		if _, err := r.run(func(int, []Choice) (int, error) { return 0, nil }); err != nil {
			return err
		}
		d.pct = &pctRun{Steps: max(1, len(r.path))}
	}
	for _, w := range d.workers {
		w.sampler.picker = &priorities{depth: s.depth}
	}
	runs := d.result.Counts.Runs
	before := func() {
		runs = d.result.Counts.Runs
		d.actors, d.longest = d.pct.Actors, d.pct.Steps
		for _, w := range d.workers {
			w.sampler.picker.(*priorities).steps = d.pct.Steps
		}
	}
	after := func() {
		d.pct.Runs += d.result.Counts.Runs - runs
		if d.longest > d.pct.Steps {
			d.pct.Runs = 0
		}
		d.pct.Actors, d.pct.Steps = d.actors, d.longest
	}
	if err := d.sampleAll(s.seeds, before, after); err != nil {
		return err
	}
	p := d.pct
	b := &PCTBound{Depth: s.depth, Actors: p.Actors, Steps: p.Steps, Runs: p.Runs}
	if p.Actors > 0 {
		b.PerRun = 1 / (float64(p.Actors) * math.Pow(float64(p.Steps), float64(s.depth-1)))
	}
	b.Miss = math.Exp(float64(p.Runs) * math.Log1p(-b.PerRun))
	d.result.PCT = b
	return nil
}

// priorities picks the choice of the entity with the highest priority.
type priorities struct {
	depth, steps int // d and k

	random   random
	entities []entity
	changes  []int // the steps, from 0, at which whoever is about to move falls behind
	step     int
}

// entity is an actor, or something that can be done to one.
type entity struct {
	actor    int32
	kind     uint8
	priority uint64
}

// firstPriority is above those of whoever has fallen behind.
const firstPriority = 1 << 63

func (p *priorities) begin(seed uint64) {
	p.random, p.step = newRandom(seed), 0
	p.entities, p.changes = p.entities[:0], p.changes[:0]
	for range p.depth - 1 {
		p.changes = append(p.changes, p.random.below(p.steps))
	}
}

func (p *priorities) pick(choices []Choice) int {
	// All are met before one is chosen, so that priorities do not depend on the choice.
	for _, c := range choices {
		p.entity(c)
	}
	i := p.highest(choices)
	for n, at := range p.changes {
		if at == p.step {
			p.entity(choices[i]).priority = uint64(n)
			i = p.highest(choices)
		}
	}
	p.step++
	return i
}

func (p *priorities) highest(choices []Choice) int {
	best := 0
	for i := range choices {
		if p.entity(choices[i]).priority > p.entity(choices[best]).priority {
			best = i
		}
	}
	return best
}

func (p *priorities) entity(c Choice) *entity {
	for i := range p.entities {
		if e := &p.entities[i]; e.actor == c.Actor && e.kind == c.Kind {
			return e
		}
	}
	p.entities = append(p.entities, entity{c.Actor, c.Kind, firstPriority | p.random.next()})
	return &p.entities[len(p.entities)-1]
}

package search

type randomWalk struct{ seeds Seeds }

// Random returns a random walk: every run takes one of the choices at each step, all
// equally likely (the random scheduler that Thomson, Donaldson and Betts, PPoPP 2014,
// found hard to beat). Schedules are not equally likely: those with few choices are
// favoured.
func Random(seeds Seeds) Strategy { return randomWalk{seeds} }

// Name is the strategy's name.
func (randomWalk) Name() string { return "random" }

func (s randomWalk) search(d *driver) error {
	for _, w := range d.workers {
		w.sampler.picker = &uniform{}
	}
	return d.sampleAll(s.seeds, nil, nil)
}

// uniform picks every choice with the same probability.
type uniform struct{ random random }

func (u *uniform) begin(seed uint64)         { u.random = newRandom(seed) }
func (u *uniform) pick(choices []Choice) int { return u.random.below(len(choices)) }

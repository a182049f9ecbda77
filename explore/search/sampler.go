package search

import (
	"fmt"
	"math"
	"math/bits"
)

// Seeds is a range of seeds, both ends included; each seed is one run.
type Seeds struct{ First, Last uint64 }

func (s Seeds) check() error {
	if s.First < 1 || s.Last < s.First || s.Last == math.MaxUint64 {
		return fmt.Errorf("seeds %d-%d: want a range from 1 up", s.First, s.Last)
	}
	return nil
}

// picker makes the choices of a run that follows from a seed.
type picker interface {
	begin(seed uint64)
	pick(choices []Choice) int
}

// sampler does runs that follow from seeds, on one worker's system.
type sampler struct {
	runner
	repeat  *repeater
	classes Classifier
	teller  ClassTeller
	picker  picker
	points  *pointSet
	hash    [2]uint64 // of the schedule so far
}

func newSampler(sys System, maxSteps int) *sampler {
	s := &sampler{runner: runner{sys: sys, maxSteps: maxSteps}, repeat: newRepeater(sys)}
	s.classes, _ = sys.(Classifier)
	if s.classes != nil {
		s.teller, _ = sys.(ClassTeller)
	}
	return s
}

func (s *sampler) choose(step int, choices []Choice) (int, error) {
	if step > 0 {
		s.repeat.note(step - 1)
	}
	for _, c := range choices {
		s.points.add(c.Point)
	}
	i := s.picker.pick(choices)
	c := choices[i]
	w := uint64(uint32(c.Actor))<<32 | uint64(c.Point)
	s.hash[0] = mix(s.hash[0] ^ w + uint64(c.Kind)*0xd1342543de82ef95)
	s.hash[1] = mix(s.hash[1]*31 + w ^ uint64(c.Kind)<<56)
	return i, nil
}

// sample does one run.
func (d *driver) sample(s *sampler, seed uint64, t *tally) error {
	s.points, s.hash = &t.points, [2]uint64{1, 2}
	s.picker.begin(seed)
	status, err := s.run(s.choose)
	if err != nil {
		return t.lost(err)
	}
	if n := len(s.path); n > 0 {
		s.repeat.note(n - 1)
	}
	t.counts.end(status)
	t.counts.Steps += uint64(len(s.path))
	t.longest = max(t.longest, len(s.path))
	if p, ok := s.picker.(*priorities); ok {
		t.entities = max(t.entities, len(p.entities))
	}
	if !d.scheds.has(s.hash) {
		t.schedules.add(s.hash)
	}
	if status == Failed {
		t.failed(s.sys.Failure(), s.path, seed)
	}
	if s.classes != nil && (status == Done || status == Failed) {
		t.class(s.classes, s.teller, &d.classes)
	}
	if !s.repeat.due(t.counts.Runs) {
		return nil
	}
	return t.again(s.repeat, s.path, status)
}

// Seeds are dealt out in pieces of so many, and in rounds of so many pieces.
const (
	seedsPerPiece = 64
	seedPieces    = 64
)

// sampleRound runs seeds from next up, at most to last, and returns the next one.
func (d *driver) sampleRound(next, last uint64, pieces int) (uint64, error) {
	n := min(last-next+1, d.budget(), seedsPerPiece*uint64(pieces))
	pieces = int((n + seedsPerPiece - 1) / seedsPerPiece)
	upTo := make([]uint64, pieces) // the seed behind the last one run, by piece
	counted, err := d.round(pieces, func(w *worker, i int, stop func() bool, t *tally) (bool, error) {
		seed := next + uint64(i)*seedsPerPiece
		for end := min(seed+seedsPerPiece, next+n); seed < end; seed++ {
			if stop() || d.ctx.Err() != nil || !d.o.All && len(t.found) > 0 {
				break
			}
			if err := d.sample(w.sampler, seed, t); err != nil {
				return true, fmt.Errorf("seed %d: %w", seed, err)
			}
		}
		upTo[i] = seed
		return d.ctx.Err() != nil || !d.o.All && len(t.found) > 0, nil
	})
	if err != nil {
		return 0, err
	}
	return upTo[counted-1], nil
}

// sampleAll runs a range of seeds. before and after, if not nil, are called around each
// round.
func (d *driver) sampleAll(seeds Seeds, before, after func()) error {
	if err := seeds.check(); err != nil {
		return err
	}
	d.sampled = true
	next := seeds.First
	if d.o.From != nil {
		next = d.o.From.Seed
		if next < seeds.First || next > seeds.Last+1 {
			return fmt.Errorf("checkpoint: seed %d is not in %d-%d", next, seeds.First, seeds.Last)
		}
	}
	// The first round is small: what it meets says how to go on.
	for pieces := 1; next <= seeds.Last && !d.over(); pieces = seedPieces {
		if before != nil {
			before()
		}
		var err error
		if next, err = d.sampleRound(next, seeds.Last, pieces); err != nil {
			return err
		}
		if after != nil {
			after()
		}
		if d.o.Checkpoint != nil && next <= seeds.Last {
			if err := d.o.Checkpoint(d.sampleCheckpoint(next)); err != nil {
				return err
			}
		}
	}
	if next <= seeds.Last {
		d.result.Rest = d.sampleCheckpoint(next)
	}
	return nil
}

func (d *driver) sampleCheckpoint(next uint64) *Checkpoint {
	c := d.checkpoint(nil)
	c.Schedules, c.Seed = &d.scheds, next
	if d.pct != nil {
		p := *d.pct
		c.PCT = &p
	}
	return c
}

// random is a generator of random numbers that is a value and the same everywhere:
// splitmix64.
type random struct{ state uint64 }

func newRandom(seed uint64) random { return random{mix(seed + 0x632be59bd9b4e019)} }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	return mix(r.state)
}

// below returns a number less than n, which is not 0.
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// mix is the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

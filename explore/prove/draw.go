package prove

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"patchlab/explore/search"
)

// maxSteps cuts runs: what comes later in a long one is no different in kind.
const maxSteps = 500

// draw does the run with a number, and returns its schedule, without digests, and how it
// ended. choices is scratch.
func draw(sys search.System, number uint64, choices []search.Choice) (search.Schedule, answer, error) {
	pick := picker(number)
	var s search.Schedule
	status, err := sys.Reset()
	for err == nil && status == search.Going && len(s) < maxSteps {
		choices = sys.Choices(choices[:0])
		c := choices[pick(choices)]
		actor, kind, point := sys.Describe(c)
		s = append(s, search.Step{Actor: actor, Kind: kind, Point: point})
		status, err = sys.Do(c)
	}
	if err != nil {
		return nil, answer{}, fmt.Errorf("schedule %d, step %d: %w", number, len(s), err)
	}
	return s, answer{sys.(search.Witness).Digest(), status.String()}, nil
}

// picker returns what makes the choices of the run with a number. Even numbers enumerate
// the beginnings of schedules: the number's digits, in the base of how many choices there
// are, are the choices, until nothing is left of it; the rest of the run is undisturbed.
// Odd numbers are seeds: of every choice by itself, or of who is preferred.
func picker(number uint64) func([]search.Choice) int {
	r := rand.New(rand.NewPCG(number, 0))
	switch number % 4 {
	case 1:
		return func(choices []search.Choice) int { return r.IntN(len(choices)) }
	case 3:
		return preferring(r)
	}
	left := number / 2
	return func(choices []search.Choice) int {
		digit := left % uint64(len(choices))
		left /= uint64(len(choices))
		return int(digit)
	}
}

// preferring returns a function that lets the actors go on in an order that is drawn, each
// as long as it can; at some steps, drawn too, whoever would go on becomes the last. Where
// choices are drawn one by one, a task that can go on has soon come to its end; this way
// it can stand anywhere while others move.
func preferring(r *rand.Rand) func([]search.Choice) int {
	const changes, among = 5, 128
	var at [changes]int
	for i := range at {
		at[i] = r.IntN(among)
	}
	step, rank := 0, map[search.Choice]int{}
	return func(choices []search.Choice) int {
		best := 0
		for i, c := range choices {
			who := search.Choice{Actor: c.Actor, Kind: c.Kind}
			if _, ok := rank[who]; !ok {
				rank[who] = r.IntN(1 << 20)
			}
			if rank[who] > rank[search.Choice{Actor: choices[best].Actor, Kind: choices[best].Kind}] {
				best = i
			}
		}
		if step++; slices.Contains(at[:], step-1) {
			rank[search.Choice{Actor: choices[best].Actor, Kind: choices[best].Kind}] = -step
		}
		return best
	}
}

package prove

import (
	"fmt"
	"math/rand/v2"

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
		c := choices[pick(len(choices))]
		actor, kind, point := sys.Describe(c)
		s = append(s, search.Step{Actor: actor, Kind: kind, Point: point})
		status, err = sys.Do(c)
	}
	if err != nil {
		return nil, answer{}, fmt.Errorf("schedule %d, step %d: %w", number, len(s), err)
	}
	return s, answer{sys.(search.Witness).Digest(), status.String()}, nil
}

// picker returns what makes the choices, each of n, of the run with a number. Even numbers
// enumerate the beginnings of schedules: the number's digits, in the base of how many
// choices there are, are the choices, until nothing is left of it; the rest of the run is
// undisturbed. Odd numbers are seeds: every choice is drawn, and in the runs of every other
// one actors go on three times out of four, as they do where nobody interferes.
func picker(number uint64) func(n int) int {
	if number%2 == 0 {
		left := number / 2
		return func(n int) int {
			digit := left % uint64(n)
			left /= uint64(n)
			return int(digit)
		}
	}
	r := rand.New(rand.NewPCG(number, 0))
	if number%4 == 1 {
		return r.IntN
	}
	return func(n int) int {
		if r.IntN(4) > 0 {
			return 0
		}
		return r.IntN(n)
	}
}

package search

import (
	"errors"
	"math"
)

// guess estimates how many leaves a tree has, by Knuth's method (Mathematics of
// Computation 29, 1975): a walk that takes each branch with the same probability knows,
// from how many branches there were at each step, how many leaves the tree would have if
// it were like that everywhere; the mean over walks is right. The zero value is one
// without walks.
type guess struct {
	n, sum, squares float64
	random          random
}

func (g *guess) add(leaves float64) {
	g.n++
	delta := leaves - g.sum
	g.sum += delta / g.n // the mean, kept stable
	g.squares += delta * (leaves - g.sum)
}

// mean returns the estimate and its standard error.
func (g *guess) mean() (mean, stderr float64) {
	if g.n < 2 {
		return g.sum, 0
	}
	return g.sum, math.Sqrt(g.squares / (g.n - 1) / g.n)
}

// probesPerRound is small beside the runs of a round.
const probesPerRound = 32

// probe walks down the tree some more times.
func (d *driver) probe(l *limit) error {
	for range probesPerRound {
		leaves, err := d.workers[0].explorer.walk(l, &d.guess.random)
		if errors.Is(err, ErrInfeasible) {
			continue // the search itself will meet it, and count
		}
		if err != nil {
			return err
		}
		d.guess.add(leaves)
	}
	return nil
}

// walk goes down to a random leaf, and returns how many leaves a tree has that branches
// like this everywhere.
func (e *explorer) walk(l *limit, r *random) (float64, error) {
	leaves, cost := 1.0, int32(0)
	walk := runner{sys: e.sys, maxSteps: e.maxSteps, choices: e.choices[:0], path: e.path[:0]}
	_, err := walk.run(func(_ int, choices []Choice) (int, error) {
		n, _ := l.keep(e.sys, cost, choices)
		if n == 0 {
			return 0, errFirstPreempts
		}
		leaves *= float64(n)
		i := r.below(n)
		cost += l.cost(e.sys, int32(i), choices[i])
		return i, nil
	})
	return leaves, err
}

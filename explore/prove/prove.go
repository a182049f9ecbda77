package prove

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"patchlab/lab/build"
)

// Options say what to prove.
type Options struct {
	// Subjects are what schedules are drawn of. Default: all of [Suite].
	Subjects []Subject
	// Replays is how many schedules are replayed, over all subjects. Default: 1000.
	Replays int
	// Child makes a command, ready to be started, that runs [Child] with the arguments.
	Child func(ctx context.Context, args ...string) *exec.Cmd
	// Progress, if not nil, is called after each pair of processes with how many
	// schedules have been replayed so far.
	Progress func(replayed int)
}

// perProcess is how many schedules a process records or replays.
const perProcess = 5000

// searched is how many schedules are drawn of a scenario that is made for a search, for
// each one that is drawn of another.
const searched = 10

// Run draws schedules, replays them in processes of their own and compares. What differs is
// in the report; an error means that the proof could not be carried on.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Subjects == nil {
		var err error
		if o.Subjects, err = Suite(); err != nil {
			return nil, err
		}
	}
	if o.Replays == 0 {
		o.Replays = 1000
	}
	compiler, err := new(build.Builder).Version()
	if err != nil {
		return nil, err
	}
	r := &Report{Compiler: compiler}
	for i, n := range shares(o.Subjects, o.Replays) {
		row := newRow(o.Subjects[i])
		for first := 0; first < n; first += perProcess {
			if err := row.batch(ctx, o, first, min(perProcess, n-first)); err != nil {
				return nil, fmt.Errorf("%s: %w", row.Subject, err)
			}
			if o.Progress != nil {
				o.Progress(r.replayed() + row.Replays)
			}
		}
		row.end()
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

// SampleSize returns the least number of replays with which every row of those subjects has
// its [Row.Sample].
func SampleSize(subjects []Subject) int {
	_, sum := weights(subjects)
	return sampled * sum
}

// shares divides a number of schedules among subjects.
func shares(subjects []Subject, total int) []int {
	shares, sum := weights(subjects)
	left := total
	for i, w := range shares {
		shares[i] = total * w / sum
		left -= shares[i]
	}
	shares[0] += left
	return shares
}

// weights says how much of the whole each subject gets.
func weights(subjects []Subject) (weights []int, sum int) {
	for _, s := range subjects {
		w := 1
		if strings.HasPrefix(s.Scenario, "seed/") {
			w = searched
		}
		weights = append(weights, w)
		sum += w
	}
	return weights, sum
}

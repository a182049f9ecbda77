package search

import (
	"context"
	"errors"
	"io"
)

// Options say how to search. The zero value tries everything with one worker, up to the
// first failure.
type Options struct {
	// Strategy says what to try. Default: Exhaustive.
	Strategy Strategy
	// Workers is how many systems are used at once; the results do not depend on it.
	// Default: 1.
	Workers int
	// MaxRuns ends the search after so many runs. Default: no end.
	MaxRuns uint64
	// MaxSteps is how many steps a run may have before it is truncated. Default: 10000.
	MaxSteps int
	// MaxMemory bounds the bytes that a search which merges equal states keeps of them.
	// Default: 1 GiB.
	MaxMemory int64
	// Twice runs every schedule a second time, also one that ends in a known state. What
	// is not the same both times, step by step, ends the search with a *TwiceError.
	Twice bool
	// All goes on after a failure, and keeps the first one of each rule.
	All bool
	// Subject says what is searched, for checkpoints: a search goes on only with its own.
	Subject string
	// Progress is called now and then, never twice at once.
	Progress func(Progress)
	// Checkpoint is called between rounds of the search, every few thousand runs, with
	// what is needed to go on from there. An error ends the search.
	Checkpoint func(*Checkpoint) error
	// From is where an earlier search of the same subject with the same strategy stopped.
	From *Checkpoint
}

// Progress is how far a search has come.
type Progress struct {
	Counts Counts // without what overlaps between workers: see Counts.Classes
	// Share is the part of the tree behind us, by weight: 0.5 when one of two first
	// choices has been searched. 0 when the strategy has no end of its own.
	Share float64
	// Runs is an estimate of how many runs the whole search has, and Error its standard
	// error; both 0 when there is none.
	Runs, Error float64
	// Depth is how many steps the run being followed has, and Waiting how many choices that
	// it has left aside are still to be followed. Only where equal states are merged.
	Depth, Waiting int
	// Bound says in words within which bound the search is now, where strategies try one
	// after the other: counts, share and estimate are of that bound. Otherwise "".
	Bound string
}

// Strategy is a way of choosing which runs to try.
type Strategy interface {
	// Name is the strategy's name, as ByName takes it.
	Name() string
	search(d *driver) error
}

// Result is what a search came to.
type Result struct {
	Strategy string
	Counts   Counts
	// Points is how many different points were met.
	Points int
	// Found are failures, one of each rule, in the order in which they were found.
	Found []Found
	// Levels are the bounds tried one after the other, by strategies that do so. Counts
	// are those of the last.
	Levels []Level
	// PCT is the promise of probabilistic concurrency testing; nil for other strategies.
	PCT *PCTBound
	// Complete says that everything within the bound was tried, and that what was tried
	// repeats itself. It says nothing about failures.
	Complete bool
	// Bound says in words what Complete is limited to, or is empty.
	Bound string
	// Reason says why the search is not complete.
	Reason string
	// Rest is what is left to do, for strategies that can go on; nil when there is none.
	Rest *Checkpoint
}

// Level is what a search with one bound came to. Counts include all lower levels.
type Level struct {
	Bound  int    `json:"bound"`
	Counts Counts `json:"counts"`
}

// Found is a failure, with the run that shows it.
type Found struct {
	Failure  Failure
	Path     []Choice
	Schedule Schedule
	// Runs is how many runs it took to find it, this one included, those of lower bounds
	// too.
	Runs        uint64
	Preemptions int
	Seed        uint64 // of the run, where runs have one
}

// Search searches systems made by open, all of them alike. It ends when there is nothing
// left to try, when a run fails (unless all are wanted), at a limit, and when ctx is
// done; the result says which. An error is not a failure of a run, but of a system, or
// of the options. Systems that are io.Closers are closed.
func Search(ctx context.Context, open func() (System, error), o Options) (r *Result, err error) {
	var systems []System
	defer func() {
		for _, s := range systems {
			if c, ok := s.(io.Closer); ok {
				err = errors.Join(err, c.Close())
			}
		}
		if err != nil {
			r = nil
		}
	}()
	for range max(1, o.Workers) {
		s, err := open()
		if err != nil {
			return nil, err
		}
		systems = append(systems, s)
	}
	return newDriver(ctx, systems, o).run()
}

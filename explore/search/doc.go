// Package search tries the schedules of a system: which actor moves next, at every point
// where that is open. It knows nothing of machines; what it searches is a [System].
//
//	open := func() (search.System, error) { ... } // makes systems that are all alike
//	r, err := search.Search(ctx, open, search.Options{Strategy: search.Preemptions(2)})
//	if err != nil { ... } // the system cannot be searched
//	fmt.Println(r.Sentence()) // complete: all 26 schedules (20 classes) at 8 points with at most 2 preemptions
//	fmt.Println(r.Counts)
//	for _, f := range r.Found {
//		small, err := search.Shrink(ctx, sys, f.Path, search.Options{MaxRuns: 100000})
//		fmt.Println(small.Schedule)           // one step per line, by names
//		fmt.Println(small.Schedule.Compact()) // one word to paste
//	}
//
// A schedule is run again by [Replay], in another process too: every step is looked for
// by its names, and the first that is not offered, or after which the run has another
// digest, ends the replay with a [*Difference].
//
// # Strategies
//
// [Exhaustive] is the reference: all schedules, depth first, from snapshots, without any
// reduction. [Reexecution] is the same without snapshots. [Preemptions] and [Delays] try
// schedules close to undisturbed ones first. [Merging] goes on from equal states only
// once. [Random] and [PCT] draw schedules from seeds.
//
// # What a result says
//
// A search is complete when nothing is left to try, no run was truncated, and every run
// that was done twice was the same both times: at first each run whose number is a power
// of two, later one in 512. Where there is a bound it stands in the sentence. All else
// is inconclusive, and the result says why. Neither is a statement about failures.
//
// Results do not depend on the number of workers, nor on the time that anything takes,
// unless the search is cancelled. Trees are divided between rounds, at places that follow
// from the tree alone, and what a round finds is put together in the order of the tree.
// Under a limit on runs every part of the tree gets the same share of them.
//
// # Concurrency
//
// [Search] uses each system from one goroutine at a time. Everything else here is not
// for concurrent use. [Options.Progress] and [Options.Checkpoint] are called from the
// goroutines of the search.
package search

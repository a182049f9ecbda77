package search

// Rounds of a tree search grow from the first to the last of these numbers of runs per
// job: small trees are not divided, and what is found at a round's end comes soon.
const (
	firstQuota = 64
	lastQuota  = 1024
)

// splitTo is how many jobs a tree is divided into, if it can be. It does not depend on
// the number of workers, since it decides in which order runs are tried.
const splitTo = 64

// tree searches all that l allows. It returns what is left when the search must end
// before.
func (d *driver) tree(l limit, jobs []*job) ([]*job, error) {
	for quota := uint64(firstQuota); len(jobs) > 0 && !d.over(); quota = min(2*quota, lastQuota) {
		if d.o.Progress != nil {
			if err := d.probe(&l); err != nil {
				return nil, err
			}
		}
		var err error
		if jobs, err = d.treeRound(l, jobs, quota); err != nil {
			return nil, err
		}
		if d.o.Checkpoint != nil && len(jobs) > 0 {
			if err := d.o.Checkpoint(d.checkpoint(jobs)); err != nil {
				return nil, err
			}
		}
	}
	return jobs, nil
}

// treeRound goes on with every job, and returns what is left of them, divided.
func (d *driver) treeRound(l limit, jobs []*job, quota uint64) ([]*job, error) {
	n := uint64(len(jobs))
	share, more := d.budget()/n, d.budget()%n
	rests := make([]*job, n)
	counted, err := d.round(len(jobs), func(w *worker, i int, stop func() bool, t *tally) (bool, error) {
		q := share
		if uint64(i) < more {
			q++
		}
		e := w.explorer
		e.limit = l
		e.repeat.seldom = quota > firstQuota
		var err error
		rests[i], err = e.explore(d.ctx, jobs[i], min(q, quota), !d.o.All, stop, t)
		return !d.o.All && len(t.found) > 0, err
	})
	if err != nil {
		return nil, err
	}
	left := make([]*job, 0, n)
	for i, j := range jobs {
		if i < counted {
			j = rests[i]
		}
		if j != nil {
			left = append(left, j)
		}
	}
	return divide(left), nil
}

// divide splits jobs until there are enough.
func divide(jobs []*job) []*job {
	for len(jobs) < splitTo {
		var next []*job
		for i, j := range jobs {
			parts := j.split()
			if parts == nil || len(next)+len(jobs)-i >= splitTo {
				parts = []*job{j}
			}
			next = append(next, parts...)
		}
		if len(next) == len(jobs) {
			break
		}
		jobs = next
	}
	return jobs
}

// iterate searches with one bound after the other, from 0 to most (without end when most
// is negative), until nothing is over the bound.
func (d *driver) iterate(l limit, most int) error {
	l.max = int32(d.bound)
	jobs, err := d.jobs(l)
	for ; err == nil; l.max++ {
		d.bound = int(l.max)
		if jobs, err = d.tree(l, jobs); err != nil {
			return err
		}
		d.result.Levels = append(d.result.Levels, Level{d.bound, d.counts()})
		switch {
		case len(jobs) > 0:
			d.leave(jobs)
			return nil
		case d.result.Counts.OverBound == 0:
			d.unbounded = true
			return nil
		case d.bound == most:
			return nil
		}
		jobs = []*job{{}}
		if d.over() {
			d.leaveLevel(jobs)
			return nil
		}
		d.nextLevel()
	}
	return err
}

// leaveLevel ends the search between two levels.
func (d *driver) leaveLevel(jobs []*job) {
	d.enough = true
	d.leave(jobs)
	c := d.result.Rest
	c.Levels, c.Bound = d.result.Levels, d.bound+1
	c.Before, c.Counts, c.Mass, c.Classes = d.executed(), Counts{}, 0, &pairSet{}
}

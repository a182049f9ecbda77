package search

import (
	"fmt"
	"slices"
)

// job is a part of a tree that is still to be searched: the way to a frame, and what is
// left of the frames on the way.
type job struct {
	// Marks are the frames, from the root. Without any, the job is the whole tree.
	Marks []mark `json:"marks"`
	// Base is how many of the frames have nothing left but the choice followed.
	Base int `json:"base"`
}

// mark is a frame, set down so that it can be taken up by another system.
type mark struct {
	// Index is the choice being followed; in the last mark the one to follow next.
	Index   int32    `json:"i"`
	Choices []Choice `json:"c"`
}

// resume puts the explorer where the job stands.
func (e *explorer) resume(j *job) error {
	e.frames, e.choices, e.path, e.saved = e.frames[:0], e.choices[:0], e.path[:0], 0
	// What is gone through again here has been counted before.
	out := e.out
	if len(j.Marks) > 0 {
		e.out = &tally{}
		defer func() { e.out = out }()
	}
	status, err := e.sys.Reset()
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	if len(j.Marks) == 0 {
		_, err = e.enter(status, 0, 1)
		return err
	}
	cost, mass := int32(0), 1.0
	for i := range j.Marks {
		m := &j.Marks[i]
		if status != Going {
			return fmt.Errorf("%w: step %d: the run is %s", ErrDifferent, i+1, status)
		}
		if err := e.push(cost, mass, -1); err != nil {
			return err
		}
		f := &e.frames[i]
		if !slices.Equal(m.Choices, e.choices[f.from:]) || int(m.Index) >= len(m.Choices) {
			return fmt.Errorf("%w: step %d: other choices than before", ErrDifferent, i+1)
		}
		if i < j.Base {
			f.n = m.Index + 1
		}
		f.next = m.Index
		if i == len(j.Marks)-1 {
			return nil
		}
		c := m.Choices[m.Index]
		f.next++
		if f.next < f.n {
			f.slot = int32(e.saved)
			e.saved++
			e.sys.Save(int(f.slot))
		}
		if e.limit.kind != freeCost {
			cost += e.limit.cost(e.sys, m.Index, c)
		}
		mass = f.mass / float64(f.total)
		if status, err = e.sys.Do(c); err != nil {
			return doError(i, err)
		}
		e.path = append(e.path, c)
		e.repeat.note(i)
	}
	return nil
}

// suspend sets down what is left of the job being explored. The last frame must have
// something left.
func (e *explorer) suspend(j *job) *job {
	rest := &job{Marks: make([]mark, len(e.frames)), Base: min(j.Base, len(e.frames))}
	for i := range e.frames {
		f := &e.frames[i]
		index := f.next - 1
		if i == len(e.frames)-1 {
			index = f.next
		}
		rest.Marks[i] = mark{index, slices.Clone(e.choices[f.from : f.from+f.total])}
	}
	return rest
}

// split divides a job where its tree first branches: into the branch that it follows
// there and one job for each branch after it, in the order in which one worker would
// come to them. It returns nil when there is nothing to divide.
func (j *job) split() []*job {
	for d := j.Base; d < len(j.Marks); d++ {
		m := j.Marks[d]
		if int(m.Index)+1 >= len(m.Choices) {
			continue
		}
		jobs := []*job{{Marks: j.Marks, Base: d + 1}}
		for k := m.Index + 1; int(k) < len(m.Choices); k++ {
			marks := slices.Clone(j.Marks[:d+1])
			marks[d].Index = k
			jobs = append(jobs, &job{Marks: marks, Base: d + 1})
		}
		return jobs
	}
	return nil
}

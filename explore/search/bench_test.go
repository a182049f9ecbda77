package search

import (
	"context"
	"fmt"
	"testing"
)

// lanes is the simplest system there is: actors that each take so many steps, none of
// which has to do with another. Its schedules are the orders of a multiset.
type lanes struct {
	laneState
	steps uint8
	n     int
	slots []laneState
	_     [64]byte // other workers' lie behind it
}

type laneState struct {
	at    [8]uint8
	last  int8
	class uint64
}

func openLanes(n int, steps uint8) func() (System, error) {
	return func() (System, error) { return &lanes{n: n, steps: steps}, nil }
}

func (l *lanes) Reset() (Status, error) {
	l.laneState = laneState{last: -1}
	return Going, nil
}

func (l *lanes) Choices(dst []Choice) []Choice {
	if l.last >= 0 && l.at[l.last] < l.steps {
		dst = append(dst, Choice{Actor: int32(l.last), Point: uint32(l.at[l.last])})
	}
	for i := range l.n {
		if int8(i) != l.last && l.at[i] < l.steps {
			dst = append(dst, Choice{Actor: int32(i), Point: uint32(l.at[i])})
		}
	}
	return dst
}

func (l *lanes) Preempts(c Choice) bool {
	return l.last >= 0 && int32(l.last) != c.Actor && l.at[l.last] < l.steps
}

func (l *lanes) Do(c Choice) (Status, error) {
	l.at[c.Actor]++
	l.last = int8(c.Actor)
	l.class = mix(l.class ^ uint64(c.Actor))
	for i := range l.n {
		if l.at[i] < l.steps {
			return Going, nil
		}
	}
	return Done, nil
}

func (l *lanes) Save(slot int) {
	for len(l.slots) <= slot {
		l.slots = append(l.slots, laneState{})
	}
	l.slots[slot] = l.laneState
}

func (l *lanes) Restore(slot int) error {
	l.laneState = l.slots[slot]
	return nil
}

func (l *lanes) State(dst []byte) []byte { return append(dst, l.at[:l.n]...) }
func (l *lanes) Failure() Failure        { return Failure{} }

func (l *lanes) Describe(c Choice) (actor, kind, point string) {
	return fmt.Sprint("lane", c.Actor), "", fmt.Sprint("step", c.Point)
}

// classLanes calls every schedule a class.
type classLanes struct{ *lanes }

func (l classLanes) Class() [2]uint64 { return [2]uint64{l.class, ^l.class} }

// BenchmarkSearch does whole searches of a system that costs next to nothing: what is
// left is what a search costs. 756756 schedules of three actors.
func BenchmarkSearch(b *testing.B) {
	plain := openLanes(3, 5)
	classes := func() (System, error) {
		s, err := plain()
		return classLanes{s.(*lanes)}, err
	}
	for _, bb := range []struct {
		name string
		open func() (System, error)
		o    Options
	}{
		{"exhaustive", plain, Options{}},
		{"exhaustive, classes", classes, Options{}},
		{"exhaustive, 2 workers", plain, Options{Workers: 2}},
		{"reexecution", plain, Options{Strategy: Reexecution()}},
		{"preemptions 4", plain, Options{Strategy: Preemptions(4)}},
		{"delays 4", plain, Options{Strategy: Delays(4)}},
		{"random", plain, Options{Strategy: Random(Seeds{1, 100000})}},
		{"pct-3", plain, Options{Strategy: PCT(3, Seeds{1, 100000})}},
	} {
		b.Run(bb.name, func(b *testing.B) { benchmark(b, bb.open, bb.o) })
	}
}

// BenchmarkMerging visits a million states of six actors.
func BenchmarkMerging(b *testing.B) {
	benchmark(b, openLanes(6, 9), Options{Strategy: Merging(-1)})
}

func benchmark(b *testing.B, open func() (System, error), o Options) {
	b.ReportAllocs()
	var c Counts
	for b.Loop() {
		r, err := Search(context.Background(), open, o)
		if err != nil || r.Counts.Infeasible > 0 {
			b.Fatal(err, r)
		}
		c = r.Counts
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(float64(c.Steps)/seconds, "steps/s")
	b.ReportMetric(float64(c.Runs)/seconds, "runs/s")
	if c.States > 0 {
		b.ReportMetric(float64(c.States)/seconds, "states/s")
	}
}

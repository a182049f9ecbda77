package search_test

import (
	"context"
	"fmt"

	"patchlab/explore/search"
)

// counter is a system of two actors that each read a number and write it back, one
// larger. Its state is a value, so that snapshots are copies.
type counter struct {
	s     state
	saved []state
}

type state struct {
	at   [2]uint8 // 0: about to read, 1: to write, 2: done
	read [2]uint8
	n    uint8
	last int32
}

func (c *counter) Reset() (search.Status, error) {
	c.s = state{last: -1}
	return search.Going, nil
}

func (c *counter) Choices(dst []search.Choice) []search.Choice {
	// Who moved last comes first.
	for i := range int32(2) {
		if a := max(c.s.last, 0) ^ i; c.s.at[a] < 2 {
			dst = append(dst, search.Choice{Actor: a, Point: uint32(c.s.at[a])})
		}
	}
	return dst
}

func (c *counter) Preempts(ch search.Choice) bool {
	return c.s.last >= 0 && ch.Actor != c.s.last && c.s.at[c.s.last] < 2
}

func (c *counter) Do(ch search.Choice) (search.Status, error) {
	a := ch.Actor
	if c.s.at[a] == 0 {
		c.s.read[a] = c.s.n
	} else {
		c.s.n = c.s.read[a] + 1
	}
	c.s.at[a]++
	c.s.last = a
	switch {
	case c.s.at != [2]uint8{2, 2}:
		return search.Going, nil
	case c.s.n != 2:
		return search.Failed, nil
	}
	return search.Done, nil
}

func (c *counter) Save(slot int) {
	for len(c.saved) <= slot {
		c.saved = append(c.saved, state{})
	}
	c.saved[slot] = c.s
}

func (c *counter) Restore(slot int) error {
	c.s = c.saved[slot]
	return nil
}

func (c *counter) State(dst []byte) []byte {
	return append(dst, c.s.at[0], c.s.at[1], c.s.read[0], c.s.read[1], c.s.n)
}

func (c *counter) Describe(ch search.Choice) (actor, kind, point string) {
	return [...]string{"alice", "bob"}[ch.Actor], "", [...]string{"read", "write"}[ch.Point]
}

func (c *counter) Failure() search.Failure {
	return search.Failure{Rule: "lost-update", Text: fmt.Sprintf("the counter is %d", c.s.n)}
}

func Example() {
	open := func() (search.System, error) { return &counter{}, nil }
	r, err := search.Search(context.Background(), open, search.Options{All: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Sentence())
	fmt.Println(r.Counts)
	small, err := search.Shrink(context.Background(), &counter{}, r.Found[0].Path, search.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s with %d preemption:\n%s", small.Failure.Rule, small.Preemptions, small.Schedule)
	fmt.Println(small.Schedule.Compact())
	// Output:
	// complete: all 6 schedules at 2 points
	// runs 6 (done 2, failed 4), schedules 6, classes 0, blocked 0, over bound 0, truncated 0, infeasible 0, done twice 3, steps 18
	// lost-update with 1 preemption:
	// alice read
	// bob read
	// bob write
	// alice write
	// s1.h4nhEwUFYWxpY2UABHJlYWQDYm9iBXdyaXRlBAABAgMBAgMBBAABBAQAAQIDAAAAAAAAAAA
}

package classes

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"patchlab/guest"
)

// Access is a range of bytes that an event reads, or writes, or, with two accesses, both.
// What is no memory, such as variables of a protocol, has a place in it all the same,
// where no memory can be.
type Access struct {
	Range guest.Range
	Write bool
}

// Run is the events of one run. It is not for concurrent use.
type Run struct {
	actors int
	counts []int32 // by actor: its events
	events []event
	// Of all events, one behind the other:
	accesses []Access
	before   []int32 // the events that come immediately before
	// clocks has for each event and actor how many events of the actor happen before the
	// event or are it.
	clocks []int32

	text  []byte  // scratch of Class
	order []int32 // scratch of sorted
}

// event is an event; what it has of accesses and before ends at the given places, and
// begins where that of the event before ends.
type event struct {
	actor, index     int32
	point            uint64
	accesses, before int32
}

// New returns a run without events, of so many actors, which are numbered from 0; more may
// come.
func New(actors int) *Run { return &Run{actors: actors, counts: make([]int32, actors)} }

// Clear takes all events away.
func (r *Run) Clear() {
	clear(r.counts)
	r.events, r.accesses, r.before, r.clocks = r.events[:0], r.accesses[:0], r.before[:0], r.clocks[:0]
}

// CopyFrom makes r equal to o. Neither shares memory with the other.
func (r *Run) CopyFrom(o *Run) {
	r.actors = o.actors
	r.counts = append(r.counts[:0], o.counts...)
	r.events = append(r.events[:0], o.events...)
	r.accesses = append(r.accesses[:0], o.accesses...)
	r.before = append(r.before[:0], o.before...)
	r.clocks = append(r.clocks[:0], o.clocks...)
}

// Add adds an event behind all others: a step of an actor at a point, and what it has
// accessed. It keeps nothing of accesses.
func (r *Run) Add(actor int, point uint64, accesses []Access) {
	if actor >= r.actors {
		r.grow(actor + 1)
	}
	at := len(r.clocks)
	for range r.actors {
		r.clocks = append(r.clocks, 0)
	}
	clock := r.clocks[at:]
	// From the last to the first, so that whatever an event has before it by another one
	// is known to be there when its turn comes.
	for i := len(r.events) - 1; i >= 0; i-- {
		e := &r.events[i]
		if clock[e.actor] > e.index || int(e.actor) != actor && !conflict(r.accessesOf(i), accesses) {
			continue
		}
		r.before = append(r.before, int32(i))
		for a, n := range r.clocks[i*r.actors:][:r.actors] {
			clock[a] = max(clock[a], n)
		}
	}
	r.accesses = append(r.accesses, accesses...)
	r.events = append(r.events, event{
		int32(actor), r.counts[actor], point, int32(len(r.accesses)), int32(len(r.before)),
	})
	r.counts[actor]++
	clock[actor] = r.counts[actor]
}

// grow makes room for more actors: some are born in the run.
func (r *Run) grow(actors int) {
	clocks := make([]int32, len(r.events)*actors, (len(r.events)+1)*actors)
	for i := range r.events {
		copy(clocks[i*actors:], r.clocks[i*r.actors:][:r.actors])
	}
	r.clocks = clocks
	r.counts = append(r.counts, make([]int32, actors-r.actors)...)
	r.actors = actors
}

func (r *Run) accessesOf(i int) []Access {
	from := int32(0)
	if i > 0 {
		from = r.events[i-1].accesses
	}
	return r.accesses[from:r.events[i].accesses]
}

func (r *Run) beforeOf(i int) []int32 {
	from := int32(0)
	if i > 0 {
		from = r.events[i-1].before
	}
	return r.before[from:r.events[i].before]
}

func conflict(a, b []Access) bool {
	for i := range a {
		for j := range b {
			if (a[i].Write || b[j].Write) && a[i].Range.Overlaps(b[j].Range) {
				return true
			}
		}
	}
	return false
}

// sort puts events in the order of their actors and of the numbers there, which does not
// depend on the order of the run.
func (r *Run) sort(events []int32) {
	slices.SortFunc(events, func(i, j int32) int {
		a, b := &r.events[i], &r.events[j]
		if a.actor != b.actor {
			return int(a.actor - b.actor)
		}
		return int(a.index - b.index)
	})
}

// sorted returns all events in that order.
func (r *Run) sorted() []int32 {
	r.order = r.order[:0]
	for i := range r.events {
		r.order = append(r.order, int32(i))
	}
	r.sort(r.order)
	return r.order
}

// Class returns a hash of the class, of 128 bits.
func (r *Run) Class() [2]uint64 {
	le := binary.LittleEndian
	b := r.text[:0]
	for _, i := range r.sorted() {
		e := &r.events[i]
		b = le.AppendUint32(b, uint32(e.actor))
		b = le.AppendUint64(b, e.point)
		accesses := r.accessesOf(int(i))
		b = le.AppendUint32(b, uint32(len(accesses)))
		for _, a := range accesses {
			b = le.AppendUint64(b, uint64(a.Range.Start))
			b = le.AppendUint64(b, uint64(a.Range.End))
			b = append(b, kind(a.Write))
		}
		before := r.beforeOf(int(i))
		r.sort(before)
		b = le.AppendUint32(b, uint32(len(before)))
		for _, j := range before {
			b = le.AppendUint32(b, uint32(r.events[j].actor))
			b = le.AppendUint32(b, uint32(r.events[j].index))
		}
	}
	r.text = b
	h := sha256.Sum256(b)
	return [2]uint64{le.Uint64(h[:]), le.Uint64(h[8:])}
}

func kind(write bool) byte {
	if write {
		return 'w'
	}
	return 'r'
}

// Text tells the class in full, an event in a line: equal exactly for runs of one class.
// names writes an actor and a point.
func (r *Run) Text(names func(actor int, point uint64) (string, string)) string {
	var b strings.Builder
	name := func(i int32) string {
		e := &r.events[i]
		actor, _ := names(int(e.actor), e.point)
		return fmt.Sprintf("%s.%d", actor, e.index)
	}
	for _, i := range r.sorted() {
		e := &r.events[i]
		_, point := names(int(e.actor), e.point)
		fmt.Fprintf(&b, "%s %s", name(i), point)
		for _, a := range r.accessesOf(int(i)) {
			fmt.Fprintf(&b, " %c%s", kind(a.Write), a.Range)
		}
		before := r.beforeOf(int(i))
		r.sort(before)
		for k, j := range before {
			fmt.Fprintf(&b, "%s %s", []string{" after", ""}[min(k, 1)], name(j))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

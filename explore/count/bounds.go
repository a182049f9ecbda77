package count

// bounds counts the classes of a program by the preemptions they need. It returns the
// counts for the bounds that were finished, [b] with at most b preemptions, and how many
// classes were met in all. The last two counts differ when the limits did not stop it,
// unless there is one only.
func bounds(c *code, m *meter) (byBound []int, met int) {
	s := &search{layout: newLayout(c, true), meter: m}
	s.states = newSet(s.size)
	if start := s.start(); !s.arrive(start, s.enabled(start)) {
		return nil, s.classes
	}
	for bound := 0; ; bound++ {
		if !s.finish() {
			return byBound, s.classes
		}
		byBound = append(byBound, s.classes)
		if !s.preempt() {
			break
		}
	}
	// Beginnings can need more preemptions than any class that they grow into: a thread
	// whose last step they lack has not ended.
	for n := len(byBound); n > 1 && byBound[n-1] == byBound[n-2]; n-- {
		byBound = byBound[:n-1]
	}
	return byBound, s.classes
}

// search visits the beginnings of classes in the order of the preemptions they need.
//
// When a beginning can be reached with b preemptions but not fewer, then with b+1 any
// thread may go on from it. With b only some may: the thread that came last, in one of
// the ways to get here with b, or all if that one has ended. So each thread goes on from
// each beginning once, with the fewest preemptions.
type search struct {
	*layout
	meter   *meter
	states  *set
	gone    []uint64 // by state: the threads that have gone on, or wait in work
	from    int      // states from here on were reached with this bound but not fewer
	work    []move
	classes int
	row     []byte // the state being made
}

// move is threads that are to go on from a state.
type move struct {
	state   int
	threads uint64
}

// finish goes on until nothing is left that can be done without a preemption. It returns
// false when the limits stop it.
func (s *search) finish() bool {
	for len(s.work) > 0 {
		m := &s.work[len(s.work)-1]
		t := first(m.threads)
		state := m.state
		if m.threads &= m.threads - 1; m.threads == 0 {
			s.work = s.work[:len(s.work)-1]
		}
		s.row = append(s.row[:0], s.states.row(state)...)
		s.step(s.row, t)
		next := uint64(1) << t
		if s.next(s.row, t) == nil {
			next = s.enabled(s.row)
		}
		if !s.arrive(s.row, next) {
			return false
		}
	}
	return true
}

// arrive notes that a state was reached within the bound, and that threads may go on
// from it. It returns false when the limits stop it.
func (s *search) arrive(row []byte, threads uint64) bool {
	state, isNew := s.states.add(row)
	if isNew {
		s.gone = append(s.gone, 0)
		if s.enabled(row) == 0 {
			s.classes++
		}
	}
	s.goOn(state, threads)
	return !isNew || s.meter.take()
}

// goOn has threads go on from a state, those that have not done so.
func (s *search) goOn(state int, threads uint64) {
	if threads &^= s.gone[state]; threads != 0 {
		s.gone[state] |= threads
		s.work = append(s.work, move{state, threads})
	}
}

// preempt raises the bound by one: from the states reached with the last bound any
// thread may go on. It returns false when there is no such state.
func (s *search) preempt() bool {
	end := s.states.n
	for state := s.from; state < end; state++ {
		s.goOn(state, s.enabled(s.states.row(state)))
	}
	more := s.from < end
	s.from = end
	return more
}

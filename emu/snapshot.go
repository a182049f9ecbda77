package emu

import (
	"slices"

	"patchlab/emu/kernel"
	"patchlab/emu/mem"
	"patchlab/emu/trace"
	"patchlab/guest"
	"patchlab/protocol"
)

// Snapshot is the whole state of a machine at one instant: registers, memory, tasks,
// protocol store, clock, choices of the policy, truth, digest, log and output. The
// zero value is ready for [Machine.Save]; saving again into the same value reuses
// its memory. What the patcher keeps is the patcher's to save.
type Snapshot struct {
	run
	tasks   []task
	queue   []guest.TaskID
	preempt []protocol.Var
	holds   []hold
	stops   []guest.Addr
	store   protocol.Snapshot
	mem     mem.Snapshot
	output  trace.Journal[Output]
	log     trace.Journal[LogLine]

	watched []watched
	returns []guest.Addr
	counts  []uint64
	live    []Activation
	lives   []int // by task: how many of live are its

	kernel    kernel.Snapshot
	companion any
}

// Companion is state outside of the machine that goes with it.
type Companion interface {
	// Save returns the state now. old is what an earlier Save returned, or nil, and
	// its memory may be used again.
	Save(old any) any
	// Restore puts back what Save returned.
	Restore(state any) error
}

// Save copies the state of the machine into s.
func (m *Machine) Save(s *Snapshot) {
	s.run = m.run
	s.tasks = copyTasks(s.tasks, m.tasks)
	s.queue = append(s.queue[:0], m.queue...)
	s.preempt = append(s.preempt[:0], m.preempt...)
	s.holds = append(s.holds[:0], m.holds...)
	s.stops = append(s.stops[:0], m.stops...)
	m.store.Save(&s.store)
	m.mem.Save(&s.mem)
	s.output, s.log = m.output.Mark(), m.log.Mark()
	r := &m.truth
	s.watched = append(s.watched[:0], r.watched...)
	s.returns = append(s.returns[:0], r.returns...)
	s.counts = append(s.counts[:0], r.counts...)
	s.live, s.lives = s.live[:0], s.lives[:0]
	for _, l := range r.live {
		s.live = append(s.live, l...)
		s.lives = append(s.lives, len(l))
	}
	if m.isProcess() {
		m.kernel.Save(&s.kernel)
	}
	if c := m.config.Companion; c != nil {
		s.companion = c.Save(s.companion)
	}
}

// copyTasks makes dst equal to src and returns it, keeping the memory of dst's
// contexts.
func copyTasks(dst, src []task) []task {
	if n := min(len(src), cap(dst)); n > len(dst) {
		dst = dst[:n] // what was there before is overwritten, in its memory
	}
	for len(dst) < len(src) {
		dst = append(dst, task{})
	}
	dst = dst[:len(src)]
	for i := range src {
		ctx := dst[i].ctx
		ctx.CopyFrom(&src[i].ctx)
		dst[i] = src[i]
		dst[i].ctx = ctx
	}
	return dst
}

// Restore puts the state s back. Equal states go on equally, to the digest. An error
// is a failure of the engine; the machine cannot be used then.
func (m *Machine) Restore(s *Snapshot) error {
	m.checkAt = noCheckpoint
	m.markHolds(false)
	m.run = s.run
	m.tasks = copyTasks(m.tasks, s.tasks)
	m.queue = append(m.queue[:0], s.queue...)
	m.preempt = append(m.preempt[:0], s.preempt...)
	m.holds = append(m.holds[:0], s.holds...)
	m.store.Restore(&s.store)
	m.forgetAnswers()
	m.output.Restore(s.output)
	m.log.Restore(s.log)
	m.rebuildList()
	if m.isProcess() {
		if err := m.kernel.Restore(&s.kernel); err != nil {
			return err
		}
	}
	if c := m.config.Companion; c != nil {
		if err := c.Restore(s.companion); err != nil {
			return err
		}
	}
	m.remapped = false
	if err := m.mem.Restore(&s.mem, watcher{m}); err != nil {
		return err
	}
	m.restoreStops(s)
	m.restoreTruth(s)
	m.markHolds(true)
	return nil
}

// restoreStops puts back where steps end. Marks in memory that was not mapped for a while
// are lost.
func (m *Machine) restoreStops(s *Snapshot) {
	if !m.remapped && slices.Equal(m.stops, s.stops) {
		return
	}
	m.markStops(false)
	m.stops = append(m.stops[:0], s.stops...)
	m.markStops(true)
}

// markHolds sets or clears the breakpoints of all holds.
func (m *Machine) markHolds(on bool) {
	for _, h := range m.holds {
		if h.addr != 0 {
			m.cpu.Break(h.addr, h.task, on)
		}
	}
}

// restoreTruth puts back what the recorder knows, and the CPU's marks. Marks in memory
// that was not mapped for a while are lost.
func (m *Machine) restoreTruth(s *Snapshot) {
	r := &m.truth
	if m.remapped || !slices.Equal(r.watched, s.watched) || !slices.Equal(r.returns, s.returns) {
		m.markTruth(false)
		r.watched = append(r.watched[:0], s.watched...)
		r.returns = append(r.returns[:0], s.returns...)
		m.markTruth(true)
	}
	r.counts = append(r.counts[:0], s.counts...)
	for i := range r.live {
		r.live[i] = r.live[i][:0]
	}
	live := s.live
	for i, n := range s.lives {
		l := r.stack(guest.TaskID(i + 1))
		*l = append((*l)[:0], live[:n]...)
		live = live[n:]
	}
}

// markTruth sets or clears all marks of the recorder.
func (m *Machine) markTruth(on bool) {
	for _, a := range m.truth.returns {
		m.cpu.Watch(a, on)
	}
	for _, w := range m.truth.watched {
		m.cpu.Watch(w.addr, on)
		m.cpu.Watch(w.after, on && w.on)
	}
}

// watcher carries what a restore of memory changed on to the CPU.
type watcher struct{ m *Machine }

func (w watcher) Mapped(p *mem.Mapping) error {
	w.m.remapped = true
	return w.m.mapCPU(p)
}

func (w watcher) Unmapped(p *mem.Mapping) error { return w.m.cpu.Unmap(p.Range) }
func (w watcher) TextChanged(r guest.Range)     { w.m.cpu.TextChanged(r) }

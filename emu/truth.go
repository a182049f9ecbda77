package emu

import (
	"slices"

	"patchlab/emu/cpu"
	"patchlab/guest"
	"patchlab/trampoline"
)

// Activation is one call of a watched function that has not returned: what really
// runs, as opposed to what an unwinder makes of a stack.
type Activation struct {
	Fn   guest.Addr // the function that was called, by its entry
	Slot guest.Addr // where its return address is, or was
	// Body is what was chosen: Fn itself, or the entry of another function. It is
	// 0 until the handler has decided.
	Body guest.Addr
	// Committed says that the body runs, or did.
	Committed bool
	// Tail is the body that has left by a tail call to Fn, 0 when Fn was called. It
	// means something only where returns are watched: else a call behind the end of
	// another one, with the same slot, looks alike.
	Tail guest.Addr
}

// Truth records the activations of watched functions in every task, from what the
// CPU reports: an entry is control coming to a watched address, and an activation
// ends when the stack pointer passes its slot. That is seen where it returns to, if
// that is watched, at the next entry, and at the end of a run of guest code. Oracles
// and tests read it; nothing that decides something in a run may.
type Truth struct {
	watched []watched
	returns []guest.Addr   // watched places behind calls, sorted
	live    [][]Activation // by task id - 1, outermost first
	counts  []uint64       // by index in watched: how often it was committed as a body
	sink    TruthSink
	tracer  Tracer
	at      guest.Time // when what is being told has happened
}

// TruthSink is told of each step in the life of an activation, and when a task's stay in the
// kernel ends.
type TruthSink interface {
	// Committed reports that a, of task, begins to run its body; live are the
	// task's activations outside of it, outermost first.
	Committed(task guest.TaskID, a Activation, live []Activation)
	// ToUser reports that a task goes to user mode, by the exit gate, and that the gate has
	// nothing left to do.
	ToUser(task guest.TaskID)
}

// watched is an address where an activation begins or its body does.
type watched struct {
	addr guest.Addr
	// after is the address behind the function's site, where its own body goes on
	// when the site was passed; 0 if it has no site.
	after guest.Addr
	on    bool // the site is installed
}

// Watch records the activations of the function at entry from now on, as a function
// and as a body of others. after is the address behind its patch site, or 0.
func (m *Machine) Watch(entry, after guest.Addr) {
	m.touched()
	if m.truth.find(entry) >= 0 {
		return
	}
	m.truth.watched = append(m.truth.watched, watched{addr: entry, after: after})
	m.truth.counts = append(m.truth.counts, 0)
	m.cpu.Watch(entry, true)
}

// WatchReturns has the recorder look at the stack pointer when control comes to the places
// behind calls that are given, so that activations which return there end at once. None
// of them is behind a patch site.
func (m *Machine) WatchReturns(at ...guest.Addr) {
	m.touched()
	r := &m.truth
	for _, a := range at {
		if i, found := slices.BinarySearch(r.returns, a); !found {
			r.returns = slices.Insert(r.returns, i, a)
			m.cpu.Watch(a, true)
		}
	}
}

// Watches reports whether the activations of the function at entry are recorded.
func (r *Truth) Watches(entry guest.Addr) bool { return r.find(entry) >= 0 }

// Watching reports whether the activations of any function are recorded.
func (r *Truth) Watching() bool { return len(r.watched) > 0 }

// isReturn reports whether nothing is at a but a return that is watched.
func (r *Truth) isReturn(a guest.Addr) bool {
	_, found := slices.BinarySearch(r.returns, a)
	return found && r.find(a) < 0
}

// SiteChanged tells the recorder that the site of the function at entry was
// installed or uninstalled.
func (m *Machine) SiteChanged(entry guest.Addr, on bool) {
	i := m.truth.find(entry)
	if i < 0 || m.truth.watched[i].after == 0 {
		return
	}
	m.truth.watched[i].on = on
	m.cpu.Watch(m.truth.watched[i].after, on)
}

// Listen sets who is told; nil for nobody.
func (r *Truth) Listen(s TruthSink) { r.sink = s }

// Live returns the live activations of a task, outermost first. The caller must not
// change them; they are valid until the next step.
func (r *Truth) Live(id guest.TaskID) []Activation {
	if int(id) > len(r.live) || id < 1 {
		return nil
	}
	return r.live[id-1]
}

// Commits returns how often the function at entry was committed to as a body.
func (r *Truth) Commits(entry guest.Addr) uint64 {
	if i := r.find(entry); i >= 0 {
		return r.counts[i]
	}
	return 0
}

func (r *Truth) find(a guest.Addr) int {
	for i := range r.watched {
		if r.watched[i].addr == a {
			return i
		}
	}
	return -1
}

func (r *Truth) findAfter(a guest.Addr) int {
	for i := range r.watched {
		if r.watched[i].after == a && a != 0 {
			return i
		}
	}
	return -1
}

// stack returns the activations of a task, to change.
func (r *Truth) stack(id guest.TaskID) *[]Activation {
	for int(id) > len(r.live) {
		r.live = append(r.live, nil)
	}
	return &r.live[id-1]
}

// record takes in what the CPU reports of one run of a task.
func (r *Truth) record(m *Machine, t *task, x *cpu.Exit) {
	if len(r.watched) == 0 {
		return
	}
	s := r.stack(t.id)
	for _, e := range x.Events {
		r.at = m.afterRunning(e.At)
		switch e.Kind {
		case cpu.Entered:
			if r.isReturn(e.Addr) {
				r.leave(t, s, e.SP)
			} else {
				r.entered(t, s, e.Addr, e.SP)
			}
		case cpu.Decided:
			m.stats.Redirected++
			r.chosen(s, e.SP+8, e.Body) // the call of the site is below the function's own slot
		}
	}
	if t.mode == guest.KernelMode || m.isThread(t) && x.Regs.SP() <= t.ustack.End { // else on a signal's stack
		r.at = m.afterRunning(x.Executed)
		r.leave(t, s, x.Regs.SP())
	}
}

// leave ends the activations whose slot the stack pointer has passed.
func (r *Truth) leave(t *task, s *[]Activation, sp guest.Addr) {
	for n := len(*s); n > 0 && (*s)[n-1].Slot < sp; n-- {
		r.pop(t, s)
	}
}

// entered takes in that control came to a watched address.
func (r *Truth) entered(t *task, s *[]Activation, at, sp guest.Addr) {
	r.leave(t, s, sp)
	top, tail := len(*s)-1, guest.Addr(0)
	if top >= 0 && (*s)[top].Slot == sp {
		a := &(*s)[top]
		i := r.findAfter(at)
		switch {
		case i >= 0 && r.watched[i].addr == a.Fn:
			// Behind the site of the function itself: the original was chosen.
			r.commit(t, s, top, a.Fn)
			return
		case a.Body == at && !a.Committed:
			r.commit(t, s, top, at)
			return
		case i >= 0:
			return
		}
		tail = a.Body
		r.pop(t, s) // a tail call: the caller has gone
	} else if r.findAfter(at) >= 0 {
		return
	}
	i := r.find(at)
	*s = append(*s, Activation{Fn: at, Slot: sp, Tail: tail})
	if !r.watched[i].on {
		r.commit(t, s, len(*s)-1, at)
	}
}

// chosen takes in a decision for the function whose return slot is given; the
// return address into the function itself stands for the original.
func (r *Truth) chosen(s *[]Activation, slot, body guest.Addr) {
	if top := len(*s) - 1; top >= 0 && (*s)[top].Slot == slot {
		a := &(*s)[top]
		if i := r.findAfter(body); i >= 0 && r.watched[i].addr == a.Fn {
			body = a.Fn
		}
		a.Body = body
	}
}

// decided takes in the answer of a handler that was taken in steps.
func (r *Truth) decided(m *Machine, t *task, body guest.Addr) {
	m.stats.Redirected++
	m.stats.Decided++
	regs := m.cpu.Registers(&t.ctx)
	s := r.stack(t.id)
	if top := len(*s) - 1; body == 0 && top >= 0 {
		body = (*s)[top].Fn
	}
	r.chosen(s, regs.BP()+trampoline.ParentOffset, body)
}

func (r *Truth) commit(t *task, s *[]Activation, i int, body guest.Addr) {
	a := &(*s)[i]
	if a.Committed {
		return
	}
	a.Body, a.Committed = body, true
	if w := r.find(body); w >= 0 {
		r.counts[w]++
	}
	if r.sink != nil {
		r.sink.Committed(t.id, *a, (*s)[:i])
	}
}

package signal

import (
	"encoding/binary"
	"slices"
	"syscall"

	"patchlab/guest"
)

// Process is the signals of a process. [New] makes one.
type Process struct {
	state
	actions [Max + 1]Action
	threads []thread // by id, upwards; the first is the one that signals go to first
	queue   []queued // in the order of arrival
	timers  []timer  // by id, upwards
}

// state is what there is once per process.
type state struct {
	pending   Set          // sent to the process
	cursor    guest.TaskID // the thread that was last chosen for a signal
	stopped   bool
	dying     Number // what has killed the process, or 0
	alarm     alarm
	nextTimer int32
	epoch     guest.Time // CLOCK_REALTIME at time 0
}

// thread is the signals of one thread.
type thread struct {
	id       guest.TaskID
	mask     Set // blocked
	pending  Set // sent to this thread
	saved    Set // restores: the mask to return to
	waits    Set // in sigtimedwait: what was blocked before; see Await
	restores bool
	awaits   bool
	notified bool // there may be something to do before it goes on in user mode
	stack    AltStack
}

// queued is a signal that is pending, with its information.
type queued struct {
	to   guest.TaskID // 0: the process
	info Info
}

// New returns the signals of a process without threads. CLOCK_REALTIME reads epoch when
// virtual time is 0.
func New(epoch guest.Time) *Process { return &Process{state: state{epoch: epoch}} }

// Start tells that there is a new thread, made by parent (0 for the first), whose mask
// it begins with.
func (p *Process) Start(id, parent guest.TaskID) {
	t := thread{id: id}
	if parent != 0 {
		t.mask = p.thread(parent).mask
	}
	i, found := p.search(id)
	if found {
		panic("BUG: a thread starts twice")
	}
	p.threads = slices.Insert(p.threads, i, t)
	p.recalc(&p.threads[i])
}

// Exit tells that a thread is gone. What was sent to it is lost; what was sent to the
// process is left to others.
func (p *Process) Exit(id guest.TaskID) {
	t := p.thread(id)
	open := ^t.mask
	t.mask = ^Set(0)
	p.retarget(open)
	p.queue = slices.DeleteFunc(p.queue, func(q queued) bool { return q.to == id })
	i, _ := p.search(id)
	p.threads = slices.Delete(p.threads, i, i+1)
}

func (p *Process) search(id guest.TaskID) (int, bool) {
	return slices.BinarySearchFunc(p.threads, id, func(t thread, id guest.TaskID) int { return int(t.id - id) })
}

// thread returns a thread that is there.
func (p *Process) thread(id guest.TaskID) *thread {
	i, found := p.search(id)
	if !found {
		panic("BUG: no such thread")
	}
	return &p.threads[i]
}

// Has reports whether the process has the thread.
func (p *Process) Has(id guest.TaskID) bool {
	_, found := p.search(id)
	return found
}

// Notified reports whether a thread has to look for signals: it must not sleep on, and
// [Process.Next] may have something for it.
func (p *Process) Notified(id guest.TaskID) bool { return p.thread(id).notified }

// Stopped reports whether the process is stopped; then no thread of it may run.
func (p *Process) Stopped() bool { return p.stopped && p.dying == 0 }

// Pending returns what is pending for a thread because it is blocked (rt_sigpending).
func (p *Process) Pending(id guest.TaskID) Set {
	t := p.thread(id)
	return (t.pending | p.pending) & t.mask
}

// recalc sets notified from what is pending.
func (p *Process) recalc(t *thread) {
	t.notified = p.dying != 0 || (t.pending|p.pending)&^t.mask != 0
}

// CopyFrom makes p equal to q.
func (p *Process) CopyFrom(q *Process) {
	p.state, p.actions = q.state, q.actions
	p.threads = append(p.threads[:0], q.threads...)
	p.queue = append(p.queue[:0], q.queue...)
	p.timers = append(p.timers[:0], q.timers...)
}

// AppendState appends all of the state to b. Equal states give equal bytes.
func (p *Process) AppendState(b []byte) []byte {
	for n := range p.actions {
		if a := &p.actions[n]; *a != (Action{}) { // few are not
			words := a.Encode()
			b = append(append(b, byte(n)), words[:]...)
		}
	}
	b = append(b, 0)
	counts := [...]uint32{uint32(len(p.threads)), uint32(len(p.queue)), uint32(len(p.timers))}
	for _, part := range [...]any{&p.state, &counts, p.threads, p.queue, p.timers} {
		var err error
		if b, err = binary.Append(b, binary.LittleEndian, part); err != nil {
			panic("BUG: state of signals: " + err.Error())
		}
	}
	return b
}

// How a mask is changed (rt_sigprocmask).
const (
	Block = iota
	Unblock
	SetTo
)

// Mask returns what a thread blocks.
func (p *Process) Mask(id guest.TaskID) Set { return p.thread(id).mask }

// ChangeMask changes what a thread blocks, as rt_sigprocmask does.
func (p *Process) ChangeMask(id guest.TaskID, how int, s Set) syscall.Errno {
	t := p.thread(id)
	switch how {
	case Block:
		s = t.mask | s
	case Unblock:
		s = t.mask &^ s
	case SetTo:
	default:
		return syscall.EINVAL
	}
	p.setMask(t, s)
	return 0
}

// setMask sets what t blocks. What it was to take and now blocks is left to others.
func (p *Process) setMask(t *thread, s Set) {
	s &^= unblockable
	blocked := s &^ t.mask
	t.mask = s
	if t.notified {
		p.retarget(blocked)
	}
	p.recalc(t)
}

// retarget notifies threads of what is pending for the process, of the signals in s.
func (p *Process) retarget(s Set) {
	s &= p.pending
	for i := range p.threads {
		t := &p.threads[i]
		if s&^t.mask != 0 {
			s &= t.mask
			t.notified = true
		}
	}
}

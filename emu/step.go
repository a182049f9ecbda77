package emu

import (
	"errors"
	"fmt"

	"patchlab/emu/cpu"
	"patchlab/guest"
)

// Status says whether a machine can go on.
type Status uint8

// The statuses.
const (
	Running  Status = iota
	Finished        // every task with a user mode has exited
	Stuck           // nobody can run, and no time will wake anybody
)

// ErrInterrupted is returned by [Machine.Step] after [Machine.Interrupt].
var ErrInterrupted = errors.New("interrupted")

// errInexact asks for the repetition of a step.
var errInexact = errors.New("step must be repeated")

// A checkpoint is taken every so many steps, from which an inexact step can be
// repeated; a step that something outside has prepared takes its own.
const (
	checkpointEvery = 4096
	noCheckpoint    = ^uint64(0)
)

// memoryEvery is after how many steps the content of memory enters the digest.
const memoryEvery = 1024

// Step lets one CPU move: its task runs some instructions, or one step of the
// protocol it is in. The error is a *[Fault] when the guest did what it must not, a
// *[LimitError] when a bound was reached, [ErrInterrupted], or a failure of the
// engine; the machine can be looked at then, but not go on.
func (m *Machine) Step() (Status, error) {
	if m.checkAt == noCheckpoint || m.steps >= m.checkAt+checkpointEvery {
		m.Save(&m.checkpoint)
		m.checkAt = m.steps
	}
	status, err := m.step()
	if !errors.Is(err, errInexact) {
		return status, err
	}
	return m.repeat(m.steps)
}

// repeat runs again from the checkpoint, up to the step that was inexact, which is
// now made one instruction at a time.
func (m *Machine) repeat(last uint64) (Status, error) {
	if err := m.Restore(&m.checkpoint); err != nil {
		return Running, err
	}
	m.checkAt = m.steps
	m.repeating = true
	defer func() { m.repeating, m.exact = false, false }()
	for m.steps < last {
		if _, err := m.step(); err != nil {
			return Running, fmt.Errorf("BUG: a repeated step went another way: %w", err)
		}
	}
	m.exact = true
	status, err := m.step()
	if errors.Is(err, errInexact) {
		panic("BUG: an exact step was inexact")
	}
	return status, err
}

// touched tells that something outside of a step changes the machine: a repetition
// must not start before it.
func (m *Machine) touched() { m.checkAt = noCheckpoint }

func (m *Machine) step() (Status, error) {
	m.config.Policy.SetState(m.run.policy)
	m.wakeSleepers()
	for !m.findReady() {
		at, ok := m.nextTimer()
		if !ok {
			return m.rest(), nil
		}
		m.now = at
		m.wakeSleepers()
	}
	if err := m.limits(); err != nil {
		return Running, err
	}
	c := m.config.Policy.CPU(m.ready)
	t := m.task(m.current[c])
	if t == nil {
		t = m.dispatch(c)
	}
	m.digest.Add(uint64(t.id)<<32 | uint64(c))
	err := m.move(t)
	if err == nil && t.state == OnCPU && !t.act.Active() {
		err = m.endTurn(t)
	}
	if errors.Is(err, errInexact) {
		return Running, err
	}
	m.run.policy = m.config.Policy.State()
	m.steps++
	if m.steps%memoryEvery == 0 {
		m.digest.Add(m.mem.Hash())
	}
	if err == nil && m.patcherErr != nil {
		err = m.patcherErr
	}
	return Running, err
}

// rest says why nobody moves.
func (m *Machine) rest() Status {
	for i := range m.tasks {
		if t := &m.tasks[i]; !t.kernel && t.state != Exited {
			return Stuck
		}
	}
	return Finished
}

// findReady lists the CPUs that can move: those whose task can, and as many idle
// ones as there are runnable tasks.
func (m *Machine) findReady() bool {
	m.ready = m.ready[:0]
	waiting := len(m.queue)
	for c := range m.config.CPUs {
		id := m.current[c]
		switch {
		case id != 0 && m.task(id).state == OnCPU:
			m.ready = append(m.ready, guest.CPUID(c))
		case id == 0 && waiting > 0:
			waiting--
			m.ready = append(m.ready, guest.CPUID(c))
		}
	}
	return len(m.ready) > 0
}

// dispatch gives an idle CPU a task from the queue.
func (m *Machine) dispatch(c guest.CPUID) *task {
	i := m.config.Policy.Task(m.queue)
	t := m.task(m.queue[i])
	m.queue = append(m.queue[:i], m.queue[i+1:]...)
	m.current[c] = t.id
	m.needResched[c] = false
	t.state, t.cpu, t.ran = OnCPU, c, 0
	t.where, t.frame = inKernel, 0
	return t
}

// enqueue makes a task runnable.
func (m *Machine) enqueue(t *task) {
	t.state = Runnable
	m.queue = append(m.queue, t.id)
}

// leaveCPU takes a task off its CPU and says how its registers lie.
func (m *Machine) leaveCPU(t *task, s TaskState, w where) {
	m.current[t.cpu] = 0
	t.cpu = guest.NoCPU
	t.where = w
	if w != interrupted {
		t.passes++
	}
	if s == Runnable {
		m.enqueue(t)
	} else {
		t.state = s
	}
}

// atomic reports whether the CPU's preempt count keeps its task there.
func (m *Machine) atomic(c guest.CPUID) bool { return m.store.Peek(m.preempt[c]) != 0 }

// move lets a task do its turn.
func (m *Machine) move(t *task) error {
	for {
		switch {
		case t.act.Active() && !t.inGuest:
			return m.protocolStep(t)
		case t.exiting:
			done, err := m.exitGate(t)
			if !done || err != nil {
				return err
			}
		default:
			return m.runGuest(t)
		}
	}
}

// endTurn preempts the task when the policy wants it and the kernel allows it.
func (m *Machine) endTurn(t *task) error {
	if len(m.queue) == 0 || !m.config.Policy.Preempt(t.ran) {
		return nil
	}
	return m.preemptTask(t)
}

// alone reports whether one task can run, nothing waits for time to pass, and no
// bound on time is near: then instructions need not be counted.
func (m *Machine) alone(t *task) bool {
	if len(m.queue) > 0 {
		return false
	}
	for c := range m.config.CPUs {
		if id := m.current[c]; id != 0 && id != t.id {
			return false
		}
	}
	_, timed := m.nextTimer()
	return !timed
}

// runGuest runs guest code until the turn is over.
func (m *Machine) runGuest(t *task) error {
	left := m.config.Policy.Turn(t.cpu)
	uncounted := m.alone(t)
	if uncounted {
		left = cpu.Unlimited
	}
	for {
		req := cpu.Request{
			Task: t.id, Mode: t.mode, Budget: left, Uncounted: uncounted,
			Stepped: m.stepped(t), Exact: m.exact,
		}
		if err := m.cpu.Run(&t.ctx, req, &m.exit); err != nil {
			return err
		}
		if m.exit.Reason == cpu.Inexact {
			return errInexact
		}
		m.account(t, uncounted)
		if !uncounted {
			left -= m.exit.Executed
		}
		goOn, err := m.handleExit(t)
		if err != nil || !goOn || left == 0 {
			return err
		}
	}
}

// account books what a run of guest code did.
func (m *Machine) account(t *task, uncounted bool) {
	x := &m.exit
	m.truth.record(m, t, x)
	if t.decided != 0 && !m.arena.Range().Contains(t.ctx.PC) {
		t.decided = 0
	}
	d := &m.digest
	d.Add(uint64(x.Reason))
	if !uncounted {
		d.Add(x.Executed)
		m.now += guest.Time(x.Executed) * InstructionTime
		t.ran += x.Executed
	}
	d.Add(uint64(x.Regs.RIP))
	for _, v := range x.Regs.GPR {
		d.Add(v)
	}
	d.Add(x.Regs.RFLAGS)
	d.Add(x.Vector)
	d.Add(x.Decisions)
}

// handleExit does what the guest asked for. goOn says that the task's turn goes on.
func (m *Machine) handleExit(t *task) (goOn bool, err error) {
	switch m.exit.Reason {
	case cpu.Budget:
		return false, nil
	case cpu.Full:
		return true, nil
	case cpu.Syscall:
		if t.mode == guest.UserMode {
			return m.userSyscall(t)
		}
		return m.service(t)
	case cpu.Hook:
		return false, m.startHandler(t)
	case cpu.Return:
		return m.returned(t)
	case cpu.Break:
		return false, m.reachedHold(t)
	case cpu.Interrupted:
		return false, ErrInterrupted
	case cpu.Fault:
		return false, m.fault(t, m.exit.Fault)
	}
	panic(fmt.Sprintf("BUG: exit reason %d", m.exit.Reason))
}

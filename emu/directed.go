package emu

import (
	"encoding/binary"
	"errors"
	"fmt"

	"patchlab/guest"
)

// A directed machine moves only where it is told to, one visible step of one task at a
// time: that is what a search over schedules drives. Each task has a CPU of its own,
// protocols are taken in steps, and time stands still: a task that sleeps until a time
// is woken when the search says so, in any order. Only in its first step behind the sleep
// is it the time that the task has slept for.

// ErrInexact is returned by [Machine.MoveTask] when the guest did what it must not, and
// registers and memory are past it in an unknown way. The caller restores the state from
// before the step and moves with exact.
var ErrInexact = errors.New("the step went wrong: repeat it exactly")

// CanMove reports whether a task can make a step now.
func (m *Machine) CanMove(id guest.TaskID) bool {
	t := m.task(id)
	return t != nil && (t.state == OnCPU || t.state == Runnable) && t.waits != sleepVar
}

// Timed reports whether a task sleeps until a time.
func (m *Machine) Timed(id guest.TaskID) bool {
	t := m.task(id)
	return t != nil && t.state == Asleep && t.waits == sleepTime
}

// Fire wakes a task that sleeps until a time, and lets it make a step at that time. The
// error is as of [Machine.MoveTask].
func (m *Machine) Fire(id guest.TaskID, exact bool) error {
	if !m.Timed(id) {
		panic(fmt.Sprintf("BUG: task %d does not sleep until a time", id))
	}
	t, still := m.task(id), m.now
	m.now = t.wakeAt
	m.wake(t)
	err := m.MoveTask(id, exact)
	m.now = still
	return err
}

// CanInterrupt reports whether a task can be taken off its CPU by an interrupt that
// leaves a register frame: it runs in kernel mode with preemption on.
func (m *Machine) CanInterrupt(id guest.TaskID) bool {
	t := m.task(id)
	return t != nil && t.state == OnCPU && !m.atomic(t.cpu) && !t.stackEmpty()
}

// InterruptTask takes a task off its CPU by an interrupt.
func (m *Machine) InterruptTask(id guest.TaskID) error {
	return m.interruptTask(m.task(id), Runnable)
}

// MoveTask lets a task make one visible step: one step of the protocol that it is in, or
// guest code up to its next system call or service, the handler of a redirected call, the
// end of a call by the machine, or a stop of [Machine.StopAt]. The error is as of [Machine.Step], or [ErrInexact].
func (m *Machine) MoveTask(id guest.TaskID, exact bool) error {
	t := m.task(id)
	if t.state == Runnable {
		m.unqueue(t)
		m.put(t, guest.CPUID(id-1))
	}
	m.exact = exact
	m.accesses, m.shared = m.accesses[:0], false
	defer func() { m.exact = false }()
	m.digest.Add(uint64(t.id))
	err := m.move(t)
	if errors.Is(err, errInexact) {
		return ErrInexact
	}
	m.steps++
	return err
}

// unqueue takes a task out of the queue of runnable ones.
func (m *Machine) unqueue(t *task) {
	for i, id := range m.queue {
		if id == t.id {
			m.queue = append(m.queue[:i], m.queue[i+1:]...)
			return
		}
	}
	panic(fmt.Sprintf("BUG: task %d is not in the queue", t.id))
}

// AppendState appends what the machine's future depends on, and nothing that only tells
// of its past: equal bytes mean equal futures under equal directions. Memory is written
// as what differs from root. Log, digest, counts and step numbers are left out; output is
// there as a hash, since expectations look at it.
func (m *Machine) AppendState(dst []byte, root *Snapshot) []byte {
	le := binary.LittleEndian
	dst = append(dst, byte(len(m.tasks)))
	for i := range m.tasks {
		t := &m.tasks[i]
		dst = append(dst, byte(t.state), byte(t.mode), byte(t.where), byte(t.waits), byte(t.then), byte(t.parent),
			flags(t.exiting, t.inGuest, t.heldCPU, t.started))
		if t.state == Exited {
			continue
		}
		dst = le.AppendUint64(dst, uint64(t.frame))
		dst = le.AppendUint64(dst, uint64(t.channel))
		dst = le.AppendUint32(dst, uint32(t.waitVar))
		dst = le.AppendUint64(dst, uint64(t.decided))
		dst = m.appendRegisters(dst, t)
		dst = t.act.AppendState(dst)
	}
	dst = m.store.AppendState(dst)
	for i := range m.tasks {
		live := m.truth.Live(m.tasks[i].id)
		dst = append(dst, byte(len(live)))
		for _, a := range live {
			dst = le.AppendUint64(dst, uint64(a.Fn))
			dst = le.AppendUint64(dst, uint64(a.Slot))
			dst = le.AppendUint64(dst, uint64(a.Body))
			dst = append(dst, flags(a.Committed))
		}
	}
	dst = le.AppendUint64(dst, m.outHash)
	return m.mem.AppendDiff(dst, &root.mem)
}

func flags(bits ...bool) (b byte) {
	for i, on := range bits {
		if on {
			b |= 1 << i
		}
	}
	return b
}

// appendRegisters appends the registers of a task; the vector registers as a hash.
func (m *Machine) appendRegisters(dst []byte, t *task) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint64(dst, uint64(t.ctx.PC))
	for len(m.registers) < int(t.id) {
		m.registers = append(m.registers, registerBytes{})
	}
	c := &m.registers[t.id-1]
	if v := t.ctx.Version(); v == 0 || v != c.version {
		c.version, c.bytes = v, c.bytes[:0]
		r := m.cpu.Registers(&t.ctx)
		for _, v := range r.GPR {
			c.bytes = le.AppendUint64(c.bytes, v)
		}
		c.bytes = le.AppendUint64(c.bytes, r.RFLAGS)
		c.bytes = le.AppendUint64(c.bytes, m.cpu.VectorHash(&t.ctx))
	}
	return append(dst, c.bytes...)
}

// registerBytes is what AppendState appends of a context with that version.
type registerBytes struct {
	version uint64
	bytes   []byte
}

// InStub reports whether a task stands in stub or shim.
func (m *Machine) InStub(id guest.TaskID) bool { return m.inStub(m.task(id)) }

// Registers returns the integer registers of a task.
func (m *Machine) Registers(id guest.TaskID) guest.Regs { return m.cpu.Registers(&m.task(id).ctx) }

// Vectors returns a hash of a task's other registers: SSE and x87.
func (m *Machine) Vectors(id guest.TaskID) uint64 { return m.cpu.VectorHash(&m.task(id).ctx) }

// PC returns the address of the instruction that a task executes next.
func (m *Machine) PC(id guest.TaskID) guest.Addr { return m.task(id).ctx.PC }

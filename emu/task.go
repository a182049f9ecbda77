package emu

import (
	"patchlab/emu/cpu"
	"patchlab/guest"
	"patchlab/protocol"
)

// TaskState is what a task is doing.
type TaskState uint8

// The states of a task.
const (
	Runnable TaskState = iota // in the queue
	OnCPU                     // some CPU's current task
	Asleep                    // left its CPU by itself, until woken
	Held                      // taken off, or stopped on, its CPU by [Machine.Hold]
	Exited                    // will never run again
)

// String returns the state's name in lower case.
func (s TaskState) String() string {
	return [...]string{"runnable", "running", "asleep", "held", "exited"}[s]
}

// where says how the task's registers are to be understood while it is not running.
type where uint8

const (
	// inKernel: it left its CPU by itself, in a service function or the shim; its
	// stack is a sleeper's.
	inKernel where = iota
	// interrupted: it was taken off in kernel mode, and a register frame lies on
	// its kernel stack.
	interrupted
	// inUser: in user mode, or between user mode and kernel: no kernel frame.
	inUser
)

// then says what a task does once the protocol it is in has ended.
type then uint8

const (
	thenNothing then = iota
	thenHandler      // the handler: its answer is the body
	thenExit         // the exit gate: back to user mode
	thenResched      // cond_resched goes on
	thenFork         // the fork: its answer is the service's
)

// task is one task. It is copied by snapshots; its Context is copied apart.
type task struct {
	id     guest.TaskID
	name   string       // immutable
	kernel bool         // never in user mode: runs protocols only
	parent guest.TaskID // whose copy it is, or 0; immutable
	thread bool         // a kernel thread: kernel, and with guest code of its own; immutable

	state TaskState
	cpu   guest.CPUID // the CPU it is current on, or NoCPU
	mode  guest.Mode
	where where
	frame guest.Addr // interrupted: the register frame

	waits   sleep
	wakeAt  guest.Time
	channel guest.Addr
	waitVar protocol.Var

	ctx     cpu.Context
	act     protocol.Activation
	then    then
	started bool       // a thread's: its function was called
	exiting bool       // about to return to user mode, by the exit gate
	inGuest bool       // guest code was called by a protocol and has not returned
	decided guest.Addr // body chosen by the handler, until the stub has gone there
	ran     uint64     // instructions since it came on its CPU
	counted uint64     // instructions, as Machine.Executed says
	heldCPU bool       // Held, but on its CPU: preemption is off
	passes  uint64     // times it left its CPU by itself, or was in user mode; in no stub
	tick    guest.Time // the timer's last interrupt when it came to user mode

	kstack, ustack guest.Range // immutable
}

// top returns the address of the user register frame, which is where the kernel
// stack begins; tasks without user mode have none, and an empty stack ends there.
func (t *task) top() guest.Addr {
	if t.kernel {
		return t.kstack.End
	}
	return t.kstack.End - guest.RegFrameSize
}

// protocolsOnly reports whether a task has no guest code to run now but what a protocol
// asks for.
func (t *task) protocolsOnly() bool { return t.kernel && !t.thread && !t.inGuest }

// Task describes a task at one instant.
type Task struct {
	ID    guest.TaskID
	Name  string
	State TaskState
	CPU   guest.CPUID
	// Kernel says that it has no user mode (operator, worker, kernel threads), Thread that
	// it is a kernel thread of the program.
	Kernel, Thread bool
	// Mode is the mode it runs in, or would.
	Mode guest.Mode
	// Point is the name of the protocol step before which it stands, or "".
	Point string
	// Interrupted says that it was taken off its CPU in kernel mode, with a register
	// frame on its stack.
	Interrupted bool
	Regs        guest.Regs
}

// Task returns the description of a task; ok is false if there is none.
func (m *Machine) Task(id guest.TaskID) (d Task, ok bool) {
	t := m.task(id)
	if t == nil {
		return Task{}, false
	}
	d = Task{
		ID: t.id, Name: t.name, State: t.state, CPU: t.cpu, Kernel: t.kernel, Thread: t.thread, Mode: t.mode,
		Point: m.prog.Point(&t.act), Interrupted: t.where == interrupted,
	}
	d.Regs = m.cpu.Registers(&t.ctx)
	return d, true
}

// CPUOf returns the CPU that a task is current on, or [guest.NoCPU]. An idle task is while
// no other one is.
func (m *Machine) CPUOf(id guest.TaskID) guest.CPUID {
	if c, idle := id.Idle(); idle {
		if m.current[c] != 0 {
			return guest.NoCPU
		}
		return c
	}
	if t := m.task(id); t != nil {
		return t.cpu
	}
	return guest.NoCPU
}

// TaskName returns the name of a task, "" if there is none.
func (m *Machine) TaskName(id guest.TaskID) string {
	if c, idle := id.Idle(); idle {
		return idleName(c)
	}
	if t := m.task(id); t != nil {
		return t.name
	}
	return ""
}

// Quiescence says how often a task has passed a point where it is in no stub since
// it was born, and whether it is at such a point now: it left its CPU by itself, or is
// in user mode. Of a task that was interrupted in the kernel, or is running there, that
// is not known.
func (m *Machine) Quiescence(id guest.TaskID) (passes uint64, now bool) {
	t := m.task(id)
	if t == nil {
		return 0, true
	}
	if m.isThread(t) {
		return t.passes, !m.inStub(t)
	}
	left := t.cpu == guest.NoCPU && t.where != interrupted && !m.inStub(t)
	return t.passes, left || t.stackEmpty()
}

// TaskByName returns the id of the task of that name.
func (m *Machine) TaskByName(name string) (guest.TaskID, bool) {
	for i := range m.tasks {
		if m.tasks[i].name == name {
			return m.tasks[i].id, true
		}
	}
	return 0, false
}

// Tasks returns the ids of the tasks that have not exited, in rising order. The
// slice is valid until the next step.
func (m *Machine) Tasks() []guest.TaskID { return m.list }

// task returns a task, or nil. Ids are handed out from 1.
func (m *Machine) task(id guest.TaskID) *task {
	if id < 1 || int(id) > len(m.tasks) {
		return nil
	}
	return &m.tasks[id-1]
}

// rebuildList derives the task list from the tasks.
func (m *Machine) rebuildList() {
	m.list = m.list[:0]
	for i := range m.tasks {
		if m.tasks[i].state != Exited {
			m.list = append(m.list, m.tasks[i].id)
		}
	}
}

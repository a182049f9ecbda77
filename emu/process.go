package emu

import (
	"math/bits"

	"patchlab/emu/cpu"
	"patchlab/emu/kernel"
	"patchlab/emu/mem"
	"patchlab/guest"
)

// A program of user style is a process, whose system calls are Linux's: [kernel.Kernel]
// answers them. Its tasks are threads. They are in user mode always, have no kernel stack,
// and pass no exit gate: where a call returns, frames of the program are still below.

// isProcess reports whether the program is of user style.
func (m *Machine) isProcess() bool { return m.kernel != nil }

// bootProcess loads the program and makes its first thread.
func (m *Machine) bootProcess() error {
	start, err := m.kernel.Load(host{m}, m.config.Image)
	if err != nil {
		return err
	}
	t, err := m.newThread(m.config.Image.Name, 0)
	if err != nil {
		return err
	}
	var r guest.Regs
	r.RIP, r.RFLAGS = start.PC, initialFlags
	r.GPR[guest.RSP] = uint64(start.SP)
	m.cpu.SetRegisters(&t.ctx, &r)
	m.enqueue(t)
	m.kernel.Born(t.id)
	return m.patcher.Born(t.id, 0)
}

// newThread makes a thread in no state yet. It takes the place of one that has exited, so
// that their number is bounded at one time only.
func (m *Machine) newThread(name string, parent guest.TaskID) (*task, error) {
	i := 0
	for i < len(m.tasks) && m.tasks[i].state != Exited {
		i++
	}
	if i == maxTasks {
		return nil, errNoRoom
	}
	t := task{id: guest.TaskID(i + 1), name: name, parent: parent, cpu: guest.NoCPU, mode: guest.UserMode, where: inUser}
	if i == len(m.tasks) {
		t.ctx = m.cpu.NewContext()
		m.tasks = append(m.tasks, t)
	} else {
		t.ctx = m.tasks[i].ctx
		m.tasks[i] = t
	}
	m.lastTask = max(m.lastTask, t.id)
	m.rebuildList()
	return m.task(t.id), nil
}

// processCall answers a SYSCALL of a process.
func (m *Machine) processCall(t *task) error {
	res := m.kernel.Call(t.id, &m.exit.Regs)
	switch res.Then {
	case kernel.Return:
		m.setResult(t, res.Value)
	case kernel.Yield:
		m.setResult(t, res.Value)
		return m.schedule(t, Runnable)
	case kernel.Block:
		m.setResult(t, res.Value)
		return m.blockUntil(t, res.Until)
	case kernel.Again:
		r := m.exit.Regs
		r.RIP -= syscallSize
		m.cpu.SetRegisters(&t.ctx, &r)
		return m.blockUntil(t, res.Until)
	case kernel.Exit:
		if err := m.exitTask(t, m.exitCode); err != nil {
			return err
		}
		if m.rest() == Finished {
			m.kernel.LastGone()
			m.findTimer()
			m.exitCode, _, _ = m.kernel.Ended()
		}
	case kernel.End:
		return m.endProcess()
	}
	return nil
}

// syscallSize is the length of the instruction, in bytes.
const syscallSize = 2

// blockUntil puts a thread to sleep in a call, until a time if that is not 0.
func (m *Machine) blockUntil(t *task, at guest.Time) error {
	if at != 0 {
		return m.sleepUntil(t, at)
	}
	if err := m.schedule(t, Asleep); err != nil {
		return err
	}
	t.waits = sleepCall
	return nil
}

// endProcess ends all threads.
func (m *Machine) endProcess() error {
	for i := range m.tasks {
		t := &m.tasks[i]
		switch {
		case t.kernel || t.state == Exited:
			continue
		case t.state == Runnable:
			m.unqueue(t)
		case t.cpu != guest.NoCPU:
			m.current[t.cpu] = 0
			t.cpu = guest.NoCPU
		}
		m.dropHold(t.id)
		t.state, t.waits = Exited, sleepNot
		if err := m.patcher.Gone(t.id); err != nil {
			return err
		}
	}
	m.findTimer()
	m.rebuildList()
	m.exitCode, _, _ = m.kernel.Ended()
	return nil
}

// processFault turns what the CPU reports into a signal. What the emulator refuses to run
// is no fault of the program's, and ends the run.
func (m *Machine) processFault(t *task, info cpu.FaultInfo) error {
	if info.Kind == cpu.Refused {
		if m.readTSC(t) {
			return nil
		}
		return m.fault(t, info)
	}
	if m.kernel.Fault(t.id, info) {
		return nil
	}
	m.death = m.fault(t, info)
	return m.endProcess()
}

// readTSC answers rdtsc and rdtscp, which tell the virtual time in nanoseconds, and take
// as long as a system call does. It returns false at any other instruction.
func (m *Machine) readTSC(t *task) bool {
	var b [3]byte
	r := m.cpu.Registers(&t.ctx)
	switch {
	case m.mem.ReadAt(r.RIP, b[:]) != nil:
		return false
	case b[0] == 0x0f && b[1] == 0x31:
		r.RIP += 2
	case b == [3]byte{0x0f, 0x01, 0xf9}:
		r.RIP += 3
		r.GPR[guest.RCX] = uint64(t.cpu)
	default:
		return false
	}
	m.now += InstructionTime
	r.GPR[guest.RAX], r.GPR[guest.RDX] = uint64(uint32(m.now)), uint64(m.now)>>32
	m.cpu.SetRegisters(&t.ctx, &r)
	return true
}

// Death returns the fault that has ended a process by a signal, nil if none has.
func (m *Machine) Death() error { return m.death }

// hashesMemory reports whether the content of memory enters the digest after this step. A
// process may have much of it: what it costs to look at all is kept in proportion to what
// the steps between have cost.
func (m *Machine) hashesMemory() bool {
	if m.steps%memoryEvery != 0 {
		return false
	}
	if !m.isProcess() {
		return true
	}
	pages := uint64(0)
	for _, p := range m.mem.Mappings() {
		if p.Perm&guest.Write != 0 {
			pages += p.Range.Size() / guest.PageSize
		}
	}
	const stepsPerPage = 4
	return m.steps%max(memoryEvery, uint64(1)<<bits.Len64(stepsPerPage*pages)) == 0
}

// host is the machine as the kernel sees it.
type host struct{ m *Machine }

func (h host) Now() guest.Time                           { return h.m.now }
func (h host) Space() *mem.Space                         { return h.m.mem }
func (h host) Mapped(p *mem.Mapping) error               { return h.m.mapCPU(p) }
func (h host) Unmapped(p *mem.Mapping) error             { return h.m.cpu.Unmap(p.Range) }
func (h host) TextChanged(r guest.Range)                 { h.m.cpu.TextChanged(r) }
func (h host) Registers(id guest.TaskID) guest.Regs      { return h.m.cpu.Registers(&h.m.task(id).ctx) }
func (h host) Bases(id guest.TaskID) (fs, gs guest.Addr) { return h.m.cpu.Bases(&h.m.task(id).ctx) }

func (h host) SetRegisters(id guest.TaskID, r *guest.Regs) {
	h.m.cpu.SetRegisters(&h.m.task(id).ctx, r)
}

func (h host) SetBases(id guest.TaskID, fs, gs guest.Addr) {
	h.m.cpu.SetBases(&h.m.task(id).ctx, fs, gs)
}

func (h host) Extended(id guest.TaskID) cpu.Extended { return h.m.cpu.Extended(&h.m.task(id).ctx) }

func (h host) SetExtended(id guest.TaskID, x *cpu.Extended) {
	h.m.cpu.SetExtended(&h.m.task(id).ctx, x)
}

func (h host) AlarmChanged() { h.m.findTimer() }

func (h host) NewTask(parent guest.TaskID) (guest.TaskID, error) {
	m := h.m
	t, err := m.newThread(m.childName(m.task(parent)), parent)
	if err != nil {
		return 0, err
	}
	t.ctx.CopyFrom(&m.task(parent).ctx)
	m.enqueue(t)
	return t.id, m.patcher.Born(t.id, parent)
}

func (h host) Wake(id guest.TaskID, v uint64, again bool) {
	t := h.m.task(id)
	if !again {
		r := h.m.cpu.Registers(&t.ctx)
		r.GPR[guest.RAX] = v
		h.m.cpu.SetRegisters(&t.ctx, &r)
	}
	h.m.wake(t)
}

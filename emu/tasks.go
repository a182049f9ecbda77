package emu

import (
	"fmt"

	"patchlab/guest"
	"patchlab/image"
)

// Boot makes the tasks that the program declares, ready to run in user mode, or in the
// function of a kernel thread; or it loads a process, with its first thread.
func (m *Machine) Boot() error {
	if m.isProcess() {
		return m.bootProcess()
	}
	for _, d := range m.config.Image.Tasks {
		t, err := m.newTask(d.Name, 0)
		if err != nil {
			return err
		}
		var r guest.Regs
		r.RIP, r.RFLAGS = d.Entry, initialFlags
		r.GPR[guest.RDI] = d.Arg
		if d.Kernel {
			t.kernel, t.thread, t.mode, t.where = true, true, guest.KernelMode, inUser
			r.GPR[guest.RSP] = uint64(t.top()) - 8
		} else {
			if err := m.mapStack("user stack of "+d.Name, t.ustack, guest.User); err != nil {
				return err
			}
			// As after a call: the stack pointer is 8 below a multiple of 16. Nothing
			// is mapped where a task would return to.
			r.GPR[guest.RSP] = uint64(t.ustack.End) - 8
			t.mode, t.where, t.exiting = guest.UserMode, inUser, true
		}
		m.cpu.SetRegisters(&t.ctx, &r)
		m.enqueue(t)
		if err := m.patcher.Born(t.id, 0); err != nil {
			return err
		}
	}
	return nil
}

// startThread calls a kernel thread's function: its frame is the last one of the stack, as
// below a gate.
func (m *Machine) startThread(t *task) error {
	t.started = true
	return guest.WriteU64(m.mem, t.top()-8, uint64(Until))
}

// newTask makes a task with a kernel stack, in no state yet, which is a copy of parent
// if that is not 0. The patcher is to be told when the task has a state.
func (m *Machine) newTask(name string, parent guest.TaskID) (*task, error) {
	if len(m.tasks) == maxTasks {
		return nil, fmt.Errorf("task %s: a machine has at most %d tasks", name, maxTasks)
	}
	id := guest.TaskID(len(m.tasks) + 1)
	t := task{id: id, name: name, parent: parent, cpu: guest.NoCPU, kstack: kernelStack(id), ustack: userStack(id)}
	if m.isProcess() {
		t.kstack, t.ustack = besideProcess(id), guest.Range{}
	}
	t.ctx = m.cpu.NewContext()
	if err := m.mapStack("kernel stack of "+name, t.kstack, 0); err != nil {
		return nil, err
	}
	m.tasks = append(m.tasks, t)
	m.lastTask = max(m.lastTask, id)
	m.markStopsOf(id)
	m.rebuildList()
	return m.task(id), nil
}

func (m *Machine) mapStack(name string, r guest.Range, user guest.Perm) error {
	// A search makes the same child again and again.
	p, err := m.mem.AddBytes(name, r, guest.Read|guest.Write|user, 0, nil)
	if err != nil {
		return err
	}
	return m.mapCPU(p)
}

// NewKernelTask makes a task that runs protocols only, asleep until [Machine.Start].
func (m *Machine) NewKernelTask(name string) (guest.TaskID, error) {
	t, err := m.newTask(name, 0)
	if err != nil {
		return 0, err
	}
	m.touched()
	t.kernel, t.where = true, inUser
	t.state, t.waits = Asleep, sleepIdle
	return t.id, m.patcher.Born(t.id, 0)
}

// LoadModule maps a module's segments. Its code can run from now on.
func (m *Machine) LoadModule(name string, segments []image.Segment) error {
	m.touched()
	for _, s := range segments {
		if err := m.mapSegment(name, s); err != nil {
			return err
		}
		if err := m.mapCPU(m.mem.Find(s.Range.Start)); err != nil {
			return err
		}
		m.nextModule = max(m.nextModule, (s.Range.End+ModuleAlign-1)&^(ModuleAlign-1))
	}
	return nil
}

// NextModule returns the address that the next module is linked at.
func (m *Machine) NextModule() guest.Addr { return m.nextModule }

// UnloadModule unmaps what LoadModule has mapped.
func (m *Machine) UnloadModule(segments []image.Segment) error {
	m.touched()
	for _, s := range segments {
		p := m.mem.Find(s.Range.Start)
		if p == nil {
			return fmt.Errorf("unload %s: not loaded", s.Range)
		}
		if err := m.cpu.Unmap(p.Range); err != nil {
			return err
		}
		m.mem.Remove(p)
	}
	m.forgetAnswers()
	return nil
}

// LoadText writes text before anything runs there, such as the nops of patch sites;
// it does not count as a change.
func (m *Machine) LoadText(at guest.Addr, b []byte) error {
	if err := m.mem.Load(at, b); err != nil {
		return err
	}
	m.cpu.TextChanged(guest.RangeOf(at, uint64(len(b))))
	return nil
}

// WriteText writes text as a new generation, from a step of a protocol.
func (m *Machine) WriteText(at guest.Addr, b []byte) error {
	if err := m.mem.WriteAt(at, b); err != nil {
		return err
	}
	m.cpu.TextChanged(guest.RangeOf(at, uint64(len(b))))
	m.digest.Add(uint64(at))
	for _, c := range b {
		m.digest.Add(uint64(c))
	}
	return nil
}

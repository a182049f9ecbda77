package emu

import (
	"errors"
	"fmt"
	"sync/atomic"

	"patchlab/emu/cpu"
	"patchlab/emu/kernel"
	"patchlab/emu/mem"
	"patchlab/emu/sched"
	"patchlab/emu/trace"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/protocol"
	"patchlab/trampoline"
)

// Machine is one machine with the program that runs on it.
type Machine struct {
	// Immutable.
	config   Config
	prog     *protocol.Program
	store    *protocol.Store
	patcher  Patcher
	arena    *trampoline.Arena
	jump     guest.Addr // stub.jump
	gates    map[uint64]guest.Addr
	tracing  bool           // see TraceAccesses
	counting bool           // see CountInstructions
	kernel   *kernel.Kernel // of a process; nil for a program of kernel style
	start    kernel.Start   // of a process: how its first thread starts

	cpu cpu.CPU
	mem *mem.Space

	// State of the run; a snapshot copies it.
	run
	tasks   []task         // of a fixed capacity: a task never moves
	queue   []guest.TaskID // runnable tasks, in the order in which they came
	preempt []protocol.Var // by CPU: its preempt count
	output  trace.Journal[Output]
	log     trace.Journal[LogLine]
	truth   Truth
	holds   []hold
	stops   []guest.Addr // where a step ends: sorted

	// Derived, or scratch of one step.
	list      []guest.TaskID // tasks that have not exited
	ready     []guest.CPUID
	exit      cpu.Exit
	result    guest.Regs      // what a call is answered with
	calls     guest.TaskID    // the thread whose system call is being answered
	uncounted bool            // the run that exit is of was
	answers   answers         // what is remembered of the handler
	exact     bool            // this step is a repetition that must be exact
	repeating bool            // steps are being repeated: nothing is told to the outside
	shared    bool            // the step did what is not its task's own: see Private
	remapped  bool            // a restore brought memory back
	accesses  []cpu.Access    // of the step, where they are traced
	registers []registerBytes // by task: see AppendState
	lastTask  guest.TaskID    // the highest id that there ever was

	checkpoint Snapshot // from which a step can be repeated
	saves      uint64   // how many snapshots were taken
	checkAt    uint64   // the step count of the checkpoint; noCheckpoint: none
	observer   Observer
	tracer     Tracer
	inspector  Inspector

	death error // the fault that has ended a process

	interrupt atomic.Bool
}

// run is the flat state of a run that is not per task.
type run struct {
	now         guest.Time
	timer       guest.Time // the earliest time that a task sleeps until, or noTimer
	varWaiters  int        // how many tasks wait for a variable
	steps       uint64
	current     [maxCPUs]guest.TaskID
	needResched [maxCPUs]bool
	stirred     uint64 // a bit for each CPU whose idle task goes through its loop
	digest      trace.Digest
	policy      sched.State
	only        guest.TaskID // nobody else moves; 0: everybody does
	nextModule  guest.Addr
	outBytes    int
	outHash     uint64 // of the output so far
	exitCode    int
	stats       Stats
}

// New makes a machine with the program in memory. Its tasks come with [Machine.Boot].
func New(c Config) (*Machine, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	m := &Machine{
		config: c, prog: c.Program, store: c.Program.Store, patcher: c.Patcher, arena: c.Arena,
		mem: mem.New(), gates: map[uint64]guest.Addr{}, checkAt: noCheckpoint,
		tasks: make([]task, 0, maxTasks), kernel: c.Process,
	}
	m.jump = m.arena.Named("stub.jump").Addr
	m.nextModule, m.timer = ModuleBase, noTimer
	m.run.policy = c.Policy.State()
	if err := m.load(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// load maps the program and the arena and opens the CPU.
func (m *Machine) load() error {
	if m.isProcess() {
		if err := m.mem.Reserve(kernel.Area); err != nil {
			return err
		}
	}
	data, err := m.mapArena()
	if err != nil {
		return err
	}
	area, memory := m.mem.Reserved()
	m.cpu, err = m.config.Open(cpu.Options{
		Arena: m.arena.Range(), Until: Until, Decide: m.decide, Stub: m.arena.CPUStub(data),
		Area: cpu.Area{Range: area, Host: memory},
	})
	if err != nil {
		return err
	}
	for _, s := range m.config.Image.Segments {
		if m.isProcess() {
			break // its kernel loads it
		}
		if err := m.mapSegment(m.config.Image.Name, s); err != nil {
			return err
		}
	}
	for _, p := range m.mem.Mappings() {
		if err := m.mapCPU(p); err != nil {
			return err
		}
	}
	if m.isProcess() {
		if m.start, err = m.kernel.Load(host{m}, m.config.Image); err != nil {
			return err
		}
	}
	for _, g := range m.config.Image.Gates {
		m.gates[g.Number] = g.Fn
	}
	for range m.config.CPUs {
		m.addCPU()
	}
	m.store.Observe(observer{m})
	return nil
}

// addCPU adds a virtual CPU, which is idle.
func (m *Machine) addCPU() {
	m.preempt = append(m.preempt, m.store.Declare(fmt.Sprintf("cpu%d preempt count", len(m.preempt)), 0))
	m.patcher.CPUAdded()
}

// mapArena maps the pages of the arena and returns the memory of its data page.
func (m *Machine) mapArena() ([]byte, error) {
	code, err := m.mem.Add("arena", m.arena.Page(), guest.Read|guest.Exec|m.codeUser())
	if err != nil {
		return nil, err
	}
	copy(code.Data, m.arena.Code())
	data, err := m.mem.Add("arena data", m.arena.Data(), guest.Read|m.codeUser())
	if err != nil {
		return nil, err
	}
	return data.Data, nil
}

// codeUser returns the right of user mode to stub and modules: a process runs there.
func (m *Machine) codeUser() guest.Perm {
	if m.isProcess() {
		return guest.User
	}
	return 0
}

// mapSegment maps one segment of the program or of a module.
func (m *Machine) mapSegment(name string, s image.Segment) error {
	r := guest.Range{Start: guest.PageDown(s.Range.Start), End: guest.PageUp(s.Range.End)}
	_, err := m.mem.AddBytes(name, r, s.Perm|m.codeUser(), int(s.Range.Start-r.Start), s.Data)
	return err
}

func (m *Machine) mapCPU(p *mem.Mapping) error {
	return m.cpu.Map(cpu.Mapping{Range: p.Range, Perm: p.Perm, Host: p.Data})
}

// Close frees the engine and the memory. The machine cannot be used afterwards.
func (m *Machine) Close() error {
	var err error
	if m.cpu != nil {
		err = m.cpu.Close()
	}
	return errors.Join(err, m.mem.Close())
}

// Memory returns the guest's memory, as the kernel sees it, to look at. A change
// through it is no event of the run.
func (m *Machine) Memory() guest.Memory { return m.mem }

// Now returns the virtual time.
func (m *Machine) Now() guest.Time { return m.now }

// Steps returns how many steps the machine has made.
func (m *Machine) Steps() uint64 { return m.steps }

// CPUs returns the number of virtual CPUs. In a directed machine it grows by one with
// each task that is born.
func (m *Machine) CPUs() int { return len(m.preempt) }

// Preempt returns the variable that holds the preempt count of a CPU.
func (m *Machine) Preempt(c guest.CPUID) protocol.Var { return m.preempt[c] }

// Program returns the protocols that tasks run.
func (m *Machine) Program() *protocol.Program { return m.prog }

// ReadAt reads guest memory with the rights of the kernel.
func (m *Machine) ReadAt(a guest.Addr, p []byte) error { return m.mem.ReadAt(a, p) }

// Truth returns the recorder of what really happens. Nothing that decides
// something in the run may look at it.
func (m *Machine) Truth() *Truth { return &m.truth }

// Digest returns the digest of the run so far, the content of memory included.
func (m *Machine) Digest() trace.Digest {
	d := m.digest
	d.Add(m.mem.Hash())
	if m.isProcess() {
		d.Add(m.kernel.Digest())
	}
	return d
}

// ExitCode returns what the last task to exit has passed to exit, or how a process has
// ended, as shells tell it.
func (m *Machine) ExitCode() int { return m.exitCode }

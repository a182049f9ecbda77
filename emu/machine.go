package emu

import (
	"errors"
	"fmt"
	"sync/atomic"

	"patchlab/emu/cpu"
	"patchlab/emu/mem"
	"patchlab/emu/sched"
	"patchlab/emu/trace"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/protocol"
	"patchlab/trampoline"
)

// Config says what machine to make.
type Config struct {
	Image *image.Image
	// CPUs is the number of virtual CPUs, from 1 to 64. Default: 1.
	CPUs int
	// Policy makes the choices of the run. Default: round robin.
	Policy sched.Policy
	// Open opens the backend that executes guest code.
	Open func(cpu.Options) (cpu.CPU, error)
	// Program holds the protocols that tasks run; the machine declares its own
	// variables in the program's store.
	Program *protocol.Program
	// Arena is the stub that sites call.
	Arena   *trampoline.Arena
	Patcher Patcher
	// Companion is saved and restored with the machine; nil for none.
	Companion Companion
	// Symbolize writes where an address lies, such as "f+0x4", or "". Default: by
	// the program's symbols.
	Symbolize func(guest.Addr) string
	// MaxTime ends the run when virtual time reaches it. Default: one hour.
	MaxTime guest.Time
	// MaxOutput bounds output and log together, in bytes. Default: 16 MiB.
	MaxOutput int
}

// maxCPUs and maxTasks bound what a program can ask for.
const (
	maxCPUs  = 64
	maxTasks = 1024
)

// Machine is one machine with the program that runs on it.
type Machine struct {
	// Immutable.
	config  Config
	prog    *protocol.Program
	store   *protocol.Store
	patcher Patcher
	arena   *trampoline.Arena
	gates   map[uint64]guest.Addr
	preempt []protocol.Var // by CPU: its preempt count

	cpu cpu.CPU
	mem *mem.Space

	// State of the run; a snapshot copies it.
	run
	tasks []task
	queue []guest.TaskID // runnable tasks, in the order in which they came

	output trace.Journal[Output]
	log    trace.Journal[LogLine]
	truth  Truth
	holds  []hold

	// Derived, or scratch of one step.
	list       []guest.TaskID // tasks that have not exited
	ready      []guest.CPUID
	exit       cpu.Exit
	memoReads  protocol.VarSet // variables that remembered decisions rest on
	deciding   bool            // a handler runs whole
	writes     []written       // by that handler
	patcherErr error           // what the patcher could not do during a run
	exact      bool            // this step is a repetition that must be exact
	repeating  bool            // steps are being repeated: nothing is told to the outside
	restoring  bool
	checkpoint Snapshot // from which a step can be repeated
	checkAt    uint64   // the step count of the checkpoint; noCheckpoint: none
	observer   Observer

	interrupt atomic.Bool
}

// run is the flat state of a run that is not per task.
type run struct {
	now         guest.Time
	steps       uint64
	current     [maxCPUs]guest.TaskID
	needResched [maxCPUs]bool
	digest      trace.Digest
	policy      sched.State
	nextModule  guest.Addr
	outBytes    int
	exitCode    int
}

// Output is a piece of the program's output.
type Output struct {
	Task guest.TaskID
	Text string
}

// LogLine is a line of the kernel log, without newline.
type LogLine struct {
	Time  guest.Time
	Level string // "debug", "info", "notice", "warn" or "err"
	Text  string
}

// Observer is told of a run as it goes. It must not change the machine; what it
// sees again after a restore is its own affair.
type Observer interface {
	// Logged and Wrote report the log and the output.
	Logged(l LogLine)
	Wrote(o Output)
}

// New makes a machine with the program in memory. Its tasks come with [Machine.Boot].
func New(c Config) (*Machine, error) {
	if c.CPUs == 0 {
		c.CPUs = 1
	}
	if c.CPUs < 1 || c.CPUs > maxCPUs {
		return nil, fmt.Errorf("%d CPUs: a machine has 1 to %d", c.CPUs, maxCPUs)
	}
	if c.Policy == nil {
		c.Policy = sched.NewRoundRobin()
	}
	if c.Symbolize == nil {
		c.Symbolize = func(a guest.Addr) string { return symbolize(&c.Image.Symtab, a) }
	}
	if c.MaxTime == 0 {
		c.MaxTime = 3600 * guest.Second
	}
	if c.MaxOutput == 0 {
		c.MaxOutput = 16 << 20
	}
	m := &Machine{
		config: c, prog: c.Program, store: c.Program.Store, patcher: c.Patcher, arena: c.Arena,
		mem: mem.New(), gates: map[uint64]guest.Addr{}, checkAt: noCheckpoint,
	}
	m.nextModule = ModuleBase
	m.run.policy = c.Policy.State()
	if err := m.load(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// load maps the program and the arena, opens the CPU and makes the tasks.
func (m *Machine) load() error {
	data, err := m.mapArena()
	if err != nil {
		return err
	}
	m.cpu, err = m.config.Open(cpu.Options{
		Arena: m.arena.Range(), Until: Until, Decide: m.decide, Stub: m.arena.CPUStub(data),
	})
	if err != nil {
		return err
	}
	for _, s := range m.config.Image.Segments {
		if err := m.mapSegment(m.config.Image.Name, s); err != nil {
			return err
		}
	}
	for _, p := range m.mem.Mappings() {
		if err := m.mapCPU(p); err != nil {
			return err
		}
	}
	for _, g := range m.config.Image.Gates {
		m.gates[g.Number] = g.Fn
	}
	for i := range m.config.CPUs {
		m.preempt = append(m.preempt, m.store.Declare(fmt.Sprintf("cpu%d preempt count", i), 0))
	}
	m.store.Observe(observer{m})
	return nil
}

// mapArena maps the pages of the arena and returns the memory of its data page.
func (m *Machine) mapArena() ([]byte, error) {
	code, err := m.mem.Add("arena", m.arena.Page(), guest.Read|guest.Exec)
	if err != nil {
		return nil, err
	}
	copy(code.Data, m.arena.Code())
	data, err := m.mem.Add("arena data", m.arena.Data(), guest.Read)
	if err != nil {
		return nil, err
	}
	return data.Data, nil
}

// mapSegment maps one segment of the program or of a module.
func (m *Machine) mapSegment(name string, s image.Segment) error {
	r := guest.Range{Start: guest.PageDown(s.Range.Start), End: guest.PageUp(s.Range.End)}
	p, err := m.mem.Add(name+" "+s.Perm.String(), r, s.Perm)
	if err != nil {
		return err
	}
	copy(p.Data[s.Range.Start-r.Start:], s.Data)
	return nil
}

func (m *Machine) mapCPU(p *mem.Mapping) error {
	return m.cpu.Map(cpu.Mapping{Range: p.Range, Perm: p.Perm, Host: p.Data})
}

// symbolize writes an address by a symbol table.
func symbolize(t *image.Symtab, a guest.Addr) string {
	s, off, ok := t.Lookup(a)
	switch {
	case !ok:
		return ""
	case off == 0:
		return s.Name
	}
	return fmt.Sprintf("%s+%#x", s.Name, off)
}

// Close frees the engine and the memory. The machine cannot be used afterwards.
func (m *Machine) Close() error {
	var err error
	if m.cpu != nil {
		err = m.cpu.Close()
	}
	return errors.Join(err, m.mem.Close())
}

// Memory returns the guest's memory, as the kernel sees it.
func (m *Machine) Memory() guest.Memory { return m.mem }

// Now returns the virtual time.
func (m *Machine) Now() guest.Time { return m.now }

// Steps returns how many steps the machine has made.
func (m *Machine) Steps() uint64 { return m.steps }

// CPUs returns the number of virtual CPUs.
func (m *Machine) CPUs() int { return m.config.CPUs }

// CPUOf returns the CPU that a task is current on, or [guest.NoCPU].
func (m *Machine) CPUOf(id guest.TaskID) guest.CPUID {
	if t := m.task(id); t != nil {
		return t.cpu
	}
	return guest.NoCPU
}

// Preempt returns the variable that holds the preempt count of a CPU.
func (m *Machine) Preempt(c guest.CPUID) protocol.Var { return m.preempt[c] }

// TaskName returns the name of a task.
func (m *Machine) TaskName(id guest.TaskID) string {
	if t := m.task(id); t != nil {
		return t.name
	}
	return ""
}

// Quiescence says how often a task has passed a point where it is in no stub since
// it was born (it left its CPU by itself, or was in user mode), and whether it is at
// such a point now.
func (m *Machine) Quiescence(id guest.TaskID) (passes uint64, now bool) {
	t := m.task(id)
	if t == nil {
		return 0, true
	}
	return t.passes, t.state != OnCPU && t.where != interrupted && !t.act.Active() || t.kernel
}

// Observe sets who is told of log and output; nil for nobody.
func (m *Machine) Observe(o Observer) { m.observer = o }

// Repeating reports whether a step is being repeated from a checkpoint: what happens
// now has happened before, and observers were told.
func (m *Machine) Repeating() bool { return m.repeating }

// Output returns the program's output so far. The caller must not change it.
func (m *Machine) Output() []Output { return m.output.Entries() }

// LogLines returns the kernel log so far. The caller must not change it.
func (m *Machine) LogLines() []LogLine { return m.log.Entries() }

// Truth returns the recorder of what really happens. Nothing that decides
// something in the run may look at it.
func (m *Machine) Truth() *Truth { return &m.truth }

// Digest returns the digest of the run so far, the content of memory included.
func (m *Machine) Digest() trace.Digest {
	d := m.digest
	d.Add(m.mem.Hash())
	return d
}

// Log adds a line to the kernel log.
func (m *Machine) Log(level, text string) {
	l := LogLine{Time: m.now, Level: level, Text: text}
	m.outBytes += len(text)
	m.digest.AddString(text)
	m.log.Add(l)
	if m.observer != nil && !m.repeating {
		m.observer.Logged(l)
	}
}

func (m *Machine) write(t *task, text string) {
	o := Output{Task: t.id, Text: text}
	m.outBytes += len(text)
	m.digest.AddString(text)
	m.output.Add(o)
	if m.observer != nil && !m.repeating {
		m.observer.Wrote(o)
	}
}

// Interrupt ends a step in progress, from any goroutine: [Machine.Step] returns
// [ErrInterrupted], and the machine cannot go on.
func (m *Machine) Interrupt() {
	m.interrupt.Store(true)
	m.cpu.Interrupt()
}

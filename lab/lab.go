package lab

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"patchlab/emu"
	"patchlab/emu/cpu"
	"patchlab/emu/cpu/unicorn"
	"patchlab/emu/kernel"
	"patchlab/emu/sched"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lines"
	"patchlab/livepatch"
	"patchlab/protocol"
	"patchlab/trampoline"
	"patchlab/unwind"
	"patchlab/unwind/fp"
)

// Config says what laboratory to make. Only Program is needed.
type Config struct {
	// Program is the program.
	Program *image.Image
	// Process is what a program of user style is given. Default: its name as the only
	// argument, and what it writes is the machine's output.
	Process kernel.Config
	// CPUs is the number of virtual CPUs. Default: 1.
	CPUs int
	// Scheduler is the name of the policy that makes the choices of the run, and Seed
	// what random ones start from. Default: "rr".
	Scheduler string
	Seed      uint64
	// Directed makes a laboratory whose machine moves by [emu.Machine.MoveTask] only;
	// CPUs, Scheduler and Seed do not count.
	Directed bool
	// Windows has the windows of what is loaded found, for [Lab.Window], [Lab.StackClass]
	// and Stops.
	Windows bool
	// Stops are the kinds of windows before whose instructions a task of a directed
	// laboratory ends its step, and StopsAt other instructions before which it does.
	// Default: none.
	Stops   []unwind.WindowKind
	StopsAt []guest.Addr
	// Model changes the livepatch model. Default: Linux 6.12.
	Model livepatch.Options
	// Unwinder makes the unwinder that reads stacks for the model, over the code that is
	// loaded. Default: package fp's.
	Unwinder func(*unwind.CodeMap) unwind.Unwinder
	// Handler decides where calls of patched and hooked functions go, in place of the
	// model; nil for the model alone.
	Handler Handler
	// TrustInterrupted makes the unwinder walk from the registers of a task that was
	// interrupted in the kernel, as if its frame were always complete: a deliberate
	// fault. It goes for the default unwinder.
	TrustInterrupted bool
	// Record lists functions of the program, by entry, whose calls the truth recorder
	// notes from the start. Others are noted once a patch that replaces them is loaded.
	// What is recorded costs time and changes nothing else. Default, nil: every function
	// with a patch site.
	Record []guest.Addr
	// Observer is told of what the model does besides its log; nil for nobody.
	Observer livepatch.Observer
	// Open opens the backend that executes guest code. Default: the fast one.
	Open func(cpu.Options) (cpu.CPU, error)
	// MaxTime ends a run when virtual time reaches it. Default: one hour.
	MaxTime guest.Time
}

// Lab is a laboratory.
type Lab struct {
	// Machine, Model, Sites and Code are the rooms' own parts, to look at.
	Machine *emu.Machine
	Model   *livepatch.Model
	Sites   *trampoline.Sites
	Code    *unwind.CodeMap
	// Operator and Worker are the laboratory's own tasks.
	Operator, Worker guest.TaskID

	config   Config
	process  *kernel.Kernel // of a program of user style, or nil
	prog     *protocol.Program
	arena    *trampoline.Arena
	writer   *trampoline.Writer
	write    protocol.TableID // the writer's table, with an errno as result
	oneWrite protocol.TableID
	handler  protocol.TableID // [Handler]'s, in steps
	wait     protocol.TableID // the operator's sleep
	unwinder unwind.Unwinder
	counts   Counts
	// witnesses are told what happens; the list does not change once something ran.
	witnesses []Witness
	tracers   []Tracer // those of them that want to know more

	lines   *lines.Table // of the program
	modules []*module    // loaded, oldest first
	hooked  []int        // sites that Hook has switched on
	windows *windows     // of what is loaded, when directed

	walker *fp.Unwinder // for [Lab.StackClass]
	stack  unwind.Stack // likewise
}

// New makes a laboratory with the program's tasks ready to run. Close it.
func New(c Config) (*Lab, error) {
	if c.Program == nil {
		return nil, errors.New("lab: no program")
	}
	if c.Open == nil {
		c.Open = unicorn.New
	}
	if c.Scheduler == "" {
		c.Scheduler = "rr"
	}
	policy, err := sched.ByName(c.Scheduler, c.Seed)
	if err != nil {
		return nil, err
	}
	l := &Lab{config: c, arena: trampoline.NewArena(emu.ArenaBase), Code: unwind.NewCodeMap(emu.Until), windows: &windows{}}
	l.lines = lines.Of(c.Program)
	store := protocol.NewStore()
	l.prog = protocol.NewProgram(store)
	l.Sites = trampoline.NewSites(store)
	l.unwinder, l.walker = fp.New(l.Code), fp.NewTrusting(l.Code)
	switch {
	case c.Unwinder != nil:
		l.unwinder = c.Unwinder(l.Code)
	case c.TrustInterrupted:
		l.unwinder = fp.NewTrusting(l.Code)
	}
	l.addTables(store)
	l.Model, err = livepatch.New(l.prog, livepatch.Needs{
		Machine: modelMachine{l}, Sites: modelSites{l}, Symbols: modelSymbols{l}, Observer: teller{l},
	}, c.Model)
	if err != nil {
		return nil, err
	}
	if c.Handler != nil {
		l.handler = l.prog.Add(l.handlerTable())
	}
	if err := l.newProcess(); err != nil {
		return nil, err
	}
	l.Machine, err = emu.New(emu.Config{
		Image: c.Program, Process: l.process, CPUs: c.CPUs, Policy: policy, Open: c.Open, Program: l.prog, Arena: l.arena,
		Patcher: patcher{l}, Symbolize: l.Symbol, Locate: l.lineText, MaxTime: c.MaxTime, Companion: companion{l}, Directed: c.Directed,
	})
	if err != nil {
		return nil, errors.Join(err, l.closeProcess())
	}
	if err := l.prepare(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// addTables adds the tables of the laboratory's own: the writer's with the errno that
// the model expects as its result, and the operator's sleep.
func (l *Lab) addTables(store *protocol.Store) {
	l.writer = trampoline.NewWriter(store, l.Sites, text{l}, l.arena.Entry())
	l.oneWrite = l.prog.Add(l.writer.OneWrite())
	l.write = l.prog.Add(&protocol.Table{Name: "write site", Steps: []protocol.Step{
		{Name: "W.write", Do: func(f *protocol.Frame) protocol.Next {
			return f.Call(l.oneWrite, f.L[0], f.L[1])
		}},
		{Name: "W.result", Do: func(f *protocol.Frame) protocol.Next {
			f.Result = uint64(int64(trampoline.Outcome(f.Result).Errno()))
			return protocol.Done()
		}},
	}})
	l.wait = l.prog.Add(&protocol.Table{Name: "operator waits", Steps: []protocol.Step{
		{Name: "O.sleep", Do: func(f *protocol.Frame) protocol.Next { return f.Sleep(guest.Time(f.L[0])) }},
		{Name: "O.awake", Do: func(*protocol.Frame) protocol.Next { return protocol.Done() }},
	}})
}

// prepare turns the program's sites into nops, tells the unwinder about its text, and
// makes the laboratory's own tasks.
func (l *Lab) prepare() error {
	if _, err := l.prepareText(&l.config.Program.Symtab, l.patchable); err != nil {
		return fmt.Errorf("%s: %w", l.config.Program.Name, err)
	}
	if err := l.Code.Add(arenaCode(l.arena)...); err != nil {
		return err
	}
	l.counts.init(l)
	l.Machine.Truth().Listen(teller{l})
	for i := range l.Sites.Len() {
		s := l.Sites.Site(i)
		if c := l.config.Record; c == nil || slices.Contains(c, s.Func.Range.Start) {
			l.record(s.Func.Range.Start)
		}
	}
	l.watchReturns(l.config.Program.Functions)
	if err := l.Machine.Boot(); err != nil {
		return err
	}
	var err error
	if l.Operator, err = l.Machine.NewKernelTask("operator"); err != nil {
		return err
	}
	if l.Worker, err = l.Machine.NewKernelTask("kworker"); err != nil {
		return err
	}
	l.Machine.Start(l.Worker, l.Model.Tables().Worker)
	l.findWindows()
	return nil
}

// patchable reports whether code at r can be patched: it belongs to the kernel part of a
// program or to a process, or to a module.
func (l *Lab) patchable(r guest.Range) bool {
	return l.process != nil || r.Start < emu.UserBase || r.Start >= emu.ModuleBase
}

// prepareText finds the patch sites in those functions of a symbol table that are wanted,
// turns them off, and adds the functions to what the unwinder knows; it returns what that
// is.
func (l *Lab) prepareText(t *image.Symtab, want func(guest.Range) bool) ([]unwind.Func, error) {
	var funcs []trampoline.Func
	for _, f := range t.Functions {
		if want(f.Range) {
			funcs = append(funcs, trampoline.Func{Name: f.Name, Range: f.Range})
		}
	}
	prepared, err := l.Sites.Prepare(l.Machine, l.isFentry, funcs, t.Recorded)
	if err != nil {
		return nil, err
	}
	for _, w := range prepared.Nops {
		if err := l.Machine.LoadText(w.At, w.Bytes); err != nil {
			return nil, err
		}
	}
	var texts []fp.Text
	for _, f := range t.Functions {
		if want(f.Range) {
			texts = append(texts, l.analysable(f))
		}
	}
	known, err := fp.Analyse(texts)
	if err != nil {
		return nil, err
	}
	if l.process != nil {
		l.asThreads(known)
	}
	return known, l.Code.Add(known...)
}

// analysable describes a function to the analysis of frames.
func (l *Lab) analysable(f image.Function) fp.Text {
	t := fp.Text{Name: f.Name, Range: f.Range, Code: f.Code}
	if i, err := l.Sites.Find(f.Range.Start); err == nil {
		s := l.Sites.Site(i)
		t.Site = guest.RangeOf(s.At, uint64(s.Size))
	}
	// gcc moves unlikely parts away, as f.cold or f.cold.N.
	t.Part = strings.Contains(f.Name, ".cold")
	return t
}

// isFentry reports whether a is the profiling function that entries call.
func (l *Lab) isFentry(a guest.Addr) bool {
	for _, s := range l.config.Program.ByName("__fentry__") {
		if s.Addr == a {
			return true
		}
	}
	return false
}

// Close frees the machine.
func (l *Lab) Close() error { return errors.Join(l.Machine.Close(), l.closeProcess()) }

// Now returns the virtual time.
func (l *Lab) Now() guest.Time { return l.Machine.Now() }

// Interrupt ends a run in progress, from any goroutine.
func (l *Lab) Interrupt() { l.Machine.Interrupt() }

// Run steps the machine until cond holds, which is asked before each step; it returns
// true then. It returns false when the machine cannot go on: err is nil when all tasks
// have exited or sleep for ever, and else as of [emu.Machine.Step].
func (l *Lab) Run(cond func() bool) (bool, error) {
	for !cond() {
		status, err := l.Machine.Step()
		if err != nil || status != emu.Running {
			return false, err
		}
	}
	return true, nil
}

// Symbol writes where an address lies, such as "f+0x4"; "" when nowhere known.
func (l *Lab) Symbol(a guest.Addr) string {
	tables := []*image.Symtab{&l.config.Program.Symtab}
	for _, m := range l.modules {
		tables = append(tables, &m.linked.Symtab)
	}
	for _, t := range tables {
		if s, off, ok := t.Lookup(a); ok {
			if off == 0 {
				return s.Name
			}
			return fmt.Sprintf("%s+%#x", s.Name, off)
		}
	}
	return ""
}

package livepatch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
	"patchlab/protocol"
)

// rig is a machine without memory, which tests drive one step at a time. All of it that
// a run changes is in the store, in the model or in world.
type rig struct {
	t      testing.TB
	store  *protocol.Store
	prog   *protocol.Program
	m      *Model
	cpus   []protocol.Var
	stages []string // what the observer was told
	checks int
	text   []protocol.Var // per site: 1 when its call is installed
	do     protocol.TableID
	write  protocol.TableID

	symbols  map[string][]guest.Addr // by object/name
	sizes    map[guest.Addr]uint64
	parts    map[guest.Addr][]guest.Range
	unloaded map[string]bool
	noSite   map[guest.Addr]bool
	badSite  map[guest.Addr]Errno // installing fails
	guests   map[guest.Addr]func() uint64
	switched []Switched
	warnings []string
	full     bool   // there is no room for a task
	after    func() // called behind each step, if not nil

	world
}

// world is the state of the fake machine.
type world struct {
	now     guest.Time
	tasks   []fakeTask
	results [32]uint64
	log     []string
	kicked  []guest.TaskID
	woken   []guest.TaskID
	bodies  []guest.Addr // what SetIP was told

	idling, offline [2]bool // CPUs that run their idle task, or nothing
	stirred         []guest.CPUID
}

// fakeTask is a task with a scripted stack.
type fakeTask struct {
	pid    guest.TaskID
	cpu    guest.CPUID
	act    protocol.Activation
	wakeAt guest.Time
	asleep bool
	stuck  bool // its last step waited for a variable
	stack  []guest.Addr
	body   guest.Addr // decided on in the stub
	bad    error      // its stack is unreliable
	busy   bool       // at no quiescent point
	passes uint64
}

const worker guest.TaskID = 2 // the first tasks: 1 is the operator

// newRig makes a machine with the operator, the worker and user tasks from 3 on.
func newRig(t testing.TB, users int, o Options) *rig {
	t.Helper()
	r := &rig{
		t: t, store: protocol.NewStore(),
		symbols: map[string][]guest.Addr{}, sizes: map[guest.Addr]uint64{}, unloaded: map[string]bool{},
		noSite: map[guest.Addr]bool{}, badSite: map[guest.Addr]Errno{}, guests: map[guest.Addr]func() uint64{},
	}
	r.prog = protocol.NewProgram(r.store)
	r.tasks = make([]fakeTask, 0, 64) // a task that makes another one is in a step meanwhile
	r.addTables()
	for i := range 2 {
		r.cpus = append(r.cpus, r.store.Declare(fmt.Sprintf("preempt_count[%d]", i), 0))
	}
	for i := range 8 {
		r.text = append(r.text, r.store.Declare(fmt.Sprintf("site %d", i), 0))
	}
	var err error
	if r.m, err = New(r.prog, Needs{Machine: r, Sites: r, Symbols: r, Observer: r}, o); err != nil {
		t.Fatal(err)
	}
	for range r.cpus {
		r.m.CPUAdded()
	}
	for pid := guest.TaskID(1); pid <= guest.TaskID(users)+2; pid++ {
		r.spawn(pid, 0)
	}
	r.prog.Start(&r.task(worker).act, worker, r.m.Tables().Worker)
	for i, name := range []string{"f", "g", "h"} {
		r.symbol("", name, oldAddr(i))
	}
	return r
}

// Addresses of the i-th function's old body and of the version that the p-th patch has.
func oldAddr(i int) guest.Addr    { return guest.Addr(0x1000 * (i + 1)) }
func newAddr(p, i int) guest.Addr { return guest.Addr(0x100000*p + 0x1000*(i+1)) }

func (r *rig) symbol(object, name string, at guest.Addr) {
	r.symbols[object+"/"+name] = append(r.symbols[object+"/"+name], at)
	r.sizes[at] = 0x100
}

// patchOf is the p-th patch, which replaces functions of the program by name.
func (r *rig) patchOf(p int, names ...string) Patch {
	var funcs []Func
	for _, name := range names {
		i := slices.Index([]string{"f", "g", "h"}, name)
		r.sizes[newAddr(p, i)] = 0x100
		funcs = append(funcs, Func{OldName: name, NewFunc: newAddr(p, i)})
	}
	return Patch{Name: fmt.Sprintf("p%d", p), Objects: []Object{{Funcs: funcs}}}
}

// addTables adds the text writer, and a table that keeps the result of the one it calls.
func (r *rig) addTables() {
	r.write = r.prog.Add(&protocol.Table{Name: "writer", Steps: []protocol.Step{{Name: "T.write", Do: func(f *protocol.Frame) protocol.Next {
		if e := r.badSite[guest.Addr(f.L[0]+1)*0x1000]; e != 0 {
			f.Result = e.Result()
			return protocol.Done()
		}
		r.store.Write(r.text[f.L[0]], protocol.Once, f.L[1])
		return protocol.Continue()
	}}}})
	r.do = r.prog.Add(&protocol.Table{Name: "do", Steps: []protocol.Step{
		{Name: "call", Do: func(f *protocol.Frame) protocol.Next {
			return f.Call(protocol.TableID(f.L[0]), f.L[1], f.L[2])
		}},
		{Name: "result", Do: func(f *protocol.Frame) protocol.Next {
			r.results[f.Actor] = f.Result
			return protocol.Continue()
		}},
	}})
}

func (r *rig) spawn(pid, parent guest.TaskID) {
	if err := r.m.TaskBorn(pid, parent); err != nil {
		r.t.Fatal(err)
	}
	r.tasks = append(r.tasks, fakeTask{pid: pid, cpu: guest.NoCPU})
}

func (r *rig) task(pid guest.TaskID) *fakeTask {
	i, ok := slices.BinarySearchFunc(r.tasks, pid, func(t fakeTask, pid guest.TaskID) int { return cmp.Compare(t.pid, pid) })
	if !ok {
		r.t.Fatalf("no task %d", pid)
	}
	return &r.tasks[i]
}

// start starts a table on a task.
func (r *rig) start(pid guest.TaskID, table protocol.TableID, args ...uint64) {
	r.prog.Start(&r.task(pid).act, pid, r.do, append([]uint64{uint64(table)}, args...)...)
}

// step runs one step of a task, which is on the CPU pid%2 for it or where it was put.
func (r *rig) step(pid guest.TaskID) {
	t := r.task(pid)
	if t.asleep && r.now < t.wakeAt {
		return
	}
	t.asleep = false
	pinned := t.cpu
	if pinned == guest.NoCPU {
		t.cpu = guest.CPUID(pid % 2)
	}
	n := r.prog.Step(&t.act)
	t = r.task(pid)
	t.stuck = n.Op == protocol.OpWait
	switch n.Op {
	case protocol.OpSleep:
		t.asleep, t.wakeAt = true, n.Until
	case protocol.OpGuest:
		t.act.Top().Result = r.guest(n.Fn)
	}
	t.cpu = pinned
	if r.after != nil {
		r.after()
	}
}

func (r *rig) guest(fn guest.Addr) uint64 {
	if f := r.guests[fn]; f != nil {
		return f()
	}
	r.t.Fatalf("no guest function at %s", fn)
	return 0
}

// point returns the step before which a task stands, "" when it is idle.
func (r *rig) point(pid guest.TaskID) string { return r.prog.Point(&r.task(pid).act) }

// to steps a task until it stands before the step with that name.
func (r *rig) to(pid guest.TaskID, point string) {
	r.t.Helper()
	for range 10000 {
		if r.point(pid) == point {
			return
		}
		if r.point(pid) == "" {
			break
		}
		r.step(pid)
	}
	r.t.Fatalf("task %d never came to %s; it stands at %q", pid, point, r.point(pid))
}

// finish steps a task until its table is done, and returns its result.
func (r *rig) finish(pid guest.TaskID) error {
	r.t.Helper()
	for range 10000 {
		if r.point(pid) == "" {
			return ResultError(r.results[pid])
		}
		r.settle(pid)
		r.step(pid)
	}
	r.t.Fatalf("task %d never came to an end; it stands at %q", pid, r.point(pid))
	return nil
}

// settle lets time pass until a sleeping task may go on.
func (r *rig) settle(pid guest.TaskID) {
	if t := r.task(pid); t.asleep {
		r.now = max(r.now, t.wakeAt)
	}
}

// tick lets the worker make one attempt, at the time that it is due.
func (r *rig) tick() {
	r.t.Helper()
	if _, armed := r.m.NextAttempt(); !armed {
		r.t.Fatal("no attempt is due")
	}
	r.step(worker)
	for r.point(worker) != "W.wait" {
		r.settle(worker)
		r.step(worker)
	}
}

// enable loads and enables a patch as the operator.
func (r *rig) enable(p Patch) (PatchID, error) {
	id := r.m.AddPatch(p)
	r.start(1, r.m.Tables().Enable, uint64(id))
	return id, r.finish(1)
}

func (r *rig) mustEnable(p Patch) PatchID {
	r.t.Helper()
	id, err := r.enable(p)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// echo writes to an attribute as the operator.
func (r *rig) echo(text, path string) error {
	c, err := r.m.WriteAttr(path, text)
	if err != nil {
		return err
	}
	r.start(1, c.Table, c.Args[0], c.Args[1])
	return r.finish(1)
}

// call runs the handler in steps for a task that calls the i-th function, and returns
// the body that runs.
func (r *rig) call(pid guest.TaskID, i int) guest.Addr {
	r.t.Helper()
	r.start(pid, r.m.Tables().Handler, uint64(i))
	_ = r.finish(pid)
	return r.ran(pid, i)
}

// ran returns the body that the handler of the i-th function has picked.
func (r *rig) ran(pid guest.TaskID, i int) guest.Addr {
	if r.results[pid] == 0 {
		return oldAddr(i)
	}
	return guest.Addr(r.results[pid])
}

// route runs the handler whole for a task that calls the i-th function, and returns the
// body that runs.
func (r *rig) route(pid guest.TaskID, i int) guest.Addr {
	t := r.task(pid)
	pinned := t.cpu
	t.cpu = guest.CPUID(pid % 2)
	body := r.m.Route(pid, i)
	t.cpu = pinned
	if body == 0 {
		return oldAddr(i)
	}
	return body
}

// exit takes a task through the exit gate.
func (r *rig) exit(pid guest.TaskID) {
	if r.m.Flagged(pid) {
		r.start(pid, r.m.Tables().Exit)
		_ = r.finish(pid)
	}
}

// state returns a task's patch state.
func (r *rig) state(pid guest.TaskID) int {
	s, _ := r.m.PatchState(pid)
	return s
}

// wantLog compares the log since the last time with lines.
func (r *rig) wantLog(lines string) {
	r.t.Helper()
	got := strings.Join(r.log, "\n")
	if want := strings.TrimSpace(lines); got != want {
		r.t.Errorf("log:\n%s\nwant:\n%s", got, want)
	}
	r.log = nil
}

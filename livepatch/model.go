package livepatch

import (
	"errors"
	"fmt"
	"strings"

	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/unwind"
)

// Model is the livepatch core of one machine. What its fields hold is either set by
// [New] for good, in the store, flat state of the run that [Model.Save] copies, or
// derived from these.
type Model struct {
	// Immutable.
	prog     *protocol.Program
	store    *protocol.Store
	machine  Machine
	sites    Sites
	symbols  Symbols
	observer Observer
	options  Options
	breaks   breakSet
	vars     globals
	tables   Tables
	scripts  map[protocol.TableID]*script

	// State of the run.
	run

	// Derived, or scratch of one step.
	stack unwind.Stack
	whole protocol.Activation
}

// run is the state of a run that is not in the store. All but what the handler
// reads of funcs and ops is protected by klp_mutex, as in the kernel.
type run struct {
	patches []patchState
	objects []objectState
	funcs   []funcState
	states  []State
	list    []PatchID // klp_patches, oldest first
	ops     []ops
	bySite  []int32     // index of ops by site, or none
	tasks   []taskState // by pid
	idles   []taskState // the idle tasks', by CPU
	attempt uint64      // attempts of the transition so far
	stage   Stage       // of the last transition; Complete before the first
	warned  uint32      // WARN_ONCEs that have been printed, by warnID
}

// globals are the variables that exist once.
type globals struct {
	transitionPatch protocol.Var // klp_transition_patch: the PatchID + 1, 0 for NULL
	target          protocol.Var // klp_target_state
	signals         protocol.Var // klp_signals_cnt
	mutex           protocol.Var // klp_mutex: the pid that holds it, or 0
	tasklist        protocol.Var // tasklist_lock: how many hold it for reading, or taskWriter
	workPending     protocol.Var // klp_transition_work is armed
	workDue         protocol.Var // when it is due, ns of virtual time
	schedHook       protocol.Var // the static key klp_sched_try_switch_key
}

// Tables are the protocols of the model. Tables that an operator starts give a
// result for [ResultError].
type Tables struct {
	// Handler is klp_ftrace_handler. L0 is the site. Its result is the body that
	// was chosen, 0 for the original; a choice of a body was also handed to
	// [Machine.SetIP].
	Handler protocol.TableID
	// Exit is klp_update_patch_state on current: what the exit gate runs when
	// [Model.Flagged] says so.
	Exit protocol.TableID
	// Sched is __klp_sched_try_switch on current: see [Model.SchedHook].
	Sched protocol.TableID
	// Fork is what a task runs to make a copy of itself. Its result is the child's
	// pid, or a negative [Errno].
	Fork protocol.TableID
	// Worker is the transition's work queue: it never ends. One task runs it.
	Worker protocol.TableID
	// Enable is klp_enable_patch. L0 is a PatchID that [Model.AddPatch] returned.
	Enable protocol.TableID
	// WriteEnabled is a write to the attribute enabled. L0 is the PatchID, L1 the
	// value.
	WriteEnabled protocol.TableID
	// WriteForce is a write to the attribute force. L0 is the PatchID, L1 the
	// value.
	WriteForce protocol.TableID

	initTransition, startTransition, tryComplete, patchObject, unpatchObjects protocol.TableID
}

// New makes a model, declares its variables and adds its tables to prog. Bad options
// are an error.
func New(prog *protocol.Program, n Needs, o Options) (*Model, error) {
	if n.Machine == nil || n.Sites == nil || n.Symbols == nil {
		return nil, errors.New("livepatch: a model needs a machine, sites and symbols")
	}
	b, err := parseBreaks(o.Breaks)
	if err != nil {
		return nil, err
	}
	m := &Model{
		prog: prog, store: prog.Store,
		machine: n.Machine, sites: n.Sites, symbols: n.Symbols, observer: n.Observer,
		options: o, breaks: b,
	}
	m.scripts, m.stage = map[protocol.TableID]*script{}, Complete
	s := prog.Store
	m.vars = globals{
		transitionPatch: s.Declare("klp_transition_patch", 0),
		target:          s.Declare("klp_target_state", Idle),
		signals:         s.Declare("klp_signals_cnt", 0),
		mutex:           s.Declare("klp_mutex", 0),
		tasklist:        s.Declare("tasklist_lock", 0),
		workPending:     s.Declare("klp_transition_work pending", 0),
		workDue:         s.Declare("klp_transition_work due", 0),
		schedHook:       s.Declare("klp_sched_try_switch_key", 0),
	}
	m.addTables()
	return m, nil
}

// addTables builds the tables from the innermost outwards.
func (m *Model) addTables() {
	t := &m.tables
	t.Handler = m.prog.Add(m.handlerTable())
	t.Exit = m.prog.Add(m.exitTable())
	t.Sched = m.prog.Add(m.schedTable())
	t.initTransition = m.addScript(m.initTransitionTable())
	t.startTransition = m.addScript(m.startTransitionTable())
	t.unpatchObjects = m.addScript(m.unpatchObjectsTable())
	t.patchObject = m.addScript(m.patchObjectTable())
	t.tryComplete = m.addScript(m.tryCompleteTable())
	t.Worker = m.addScript(m.workerTable())
	t.Enable = m.addScript(m.enableTable())
	t.WriteEnabled = m.addScript(m.writeEnabledTable())
	t.WriteForce = m.addScript(m.writeForceTable())
	t.Fork = m.addScript(m.forkTable())
}

func (m *Model) addScript(s *script) protocol.TableID {
	id := m.prog.Add(&protocol.Table{Name: s.name, Steps: s.steps})
	m.scripts[id] = s
	return id
}

// Point returns the name of the step that a would run next, as [protocol.Program.Point]
// does, with the task or function that it is about in the brackets: "P.try[12]" for
// "P.try[T]".
func (m *Model) Point(a *protocol.Activation) string {
	name := m.prog.Point(a)
	if name == "" {
		return ""
	}
	f := a.Top()
	base, _, loop := strings.Cut(name, "[")
	if s := m.scripts[f.Table]; loop && s != nil && s.item[name] != nil {
		return base + "[" + s.item[name](f) + "]"
	}
	return name
}

// Tables returns the model's tables.
func (m *Model) Tables() Tables { return m.tables }

// SchedHook returns the table that the machine starts on a task that passes
// cond_resched, and whether the hook is on: it is while a transition runs
// (klp_cond_resched_enable).
func (m *Model) SchedHook() (table protocol.TableID, active bool) {
	return m.tables.Sched, m.store.Read(m.vars.schedHook, protocol.Once) != 0
}

// transition returns the patch in transition, by a read of klp_transition_patch.
func (m *Model) transition() (PatchID, bool) {
	id := m.store.Read(m.vars.transitionPatch, protocol.Plain)
	return PatchID(id) - 1, id != 0
}

// target returns klp_target_state, by a plain read.
func (m *Model) target() uint64 { return m.store.Read(m.vars.target, protocol.Plain) }

// cpu returns the CPU of the task that runs a step.
func (m *Model) cpu(actor guest.TaskID) guest.CPUID {
	c := m.machine.CPUOf(actor)
	if c == guest.NoCPU {
		panic(fmt.Sprintf("BUG: task %d runs a livepatch step without a CPU", actor))
	}
	return c
}

// preemptOff is preempt_disable on the CPU of actor, preemptOn the inverse.
func (m *Model) preemptOff(actor guest.TaskID) { m.store.Add(m.machine.Preempt(m.cpu(actor)), 1) }

func (m *Model) preemptOn(actor guest.TaskID) {
	m.store.Add(m.machine.Preempt(m.cpu(actor)), ^uint64(0))
}

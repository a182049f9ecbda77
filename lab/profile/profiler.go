package profile

import (
	"io"
	"slices"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// Profiler takes in what happens in a laboratory. It is a [lab.Tracer].
type Profiler struct {
	l *lab.Lab
	state
}

// state is what goes back with the machine.
type state struct {
	nodes []node
	tasks []position // by task id - 1
	last  guest.Time // up to when the time of the task that moves is booked
}

// node is a function as called by the functions above it.
type node struct {
	parent int // index in nodes, -1 of a task's outermost
	fn     guest.Addr
	name   string
	file   string // of its source, or ""
	line   int
	calls  int64
	time   guest.Time // spent in itself
}

// position is where a task is in the tree.
type position struct {
	root, at int // indices in nodes
}

// Attach books the time of l from now on.
//
// Preconditions: as of [lab.Lab.Attach].
func Attach(l *lab.Lab) *Profiler {
	p := &Profiler{l: l}
	l.Attach(p)
	return p
}

// task returns where a task is, to change. Its tree begins when it moves first.
func (p *Profiler) task(id guest.TaskID) *position {
	for len(p.tasks) < int(id) {
		p.tasks = append(p.tasks, position{-1, -1})
	}
	t := &p.tasks[id-1]
	if t.root < 0 {
		name := "[user mode]"
		if d, _ := p.l.Machine.Task(id); d.Kernel {
			name = "[kernel]"
		}
		p.nodes = append(p.nodes, node{parent: -1, fn: guest.Addr(id), name: name})
		t.root, t.at = len(p.nodes)-1, len(p.nodes)-1
	}
	return t
}

// book gives the time until now to where the task is.
func (p *Profiler) book(t *position, now guest.Time) {
	p.nodes[t.at].time += now - p.last
	p.last = now
}

// Moves implements [emu.Tracer].
func (p *Profiler) Moves(id guest.TaskID, _ guest.CPUID) {
	p.task(id)
	p.last = p.l.Now()
}

// Moved implements [emu.Tracer].
func (p *Profiler) Moved(id guest.TaskID, _ guest.CPUID, _ bool) { p.book(p.task(id), p.l.Now()) }

// Committed implements [emu.TruthSink].
func (p *Profiler) Committed(id guest.TaskID, a emu.Activation, _ []emu.Activation) {
	t := p.task(id)
	p.book(t, p.l.Machine.Truth().Time())
	t.at = p.child(t.at, a.Body)
	p.nodes[t.at].calls++
}

// Left implements [emu.Tracer].
func (p *Profiler) Left(id guest.TaskID, _ emu.Activation) {
	t := p.task(id)
	p.book(t, p.l.Machine.Truth().Time())
	t.at = p.nodes[t.at].parent
}

// child returns the node of a function that is called from another one.
func (p *Profiler) child(parent int, fn guest.Addr) int {
	name := p.l.Symbol(fn)
	i := slices.IndexFunc(p.nodes, func(n node) bool { return n.parent == parent && n.fn == fn && n.name == name })
	if i >= 0 {
		return i
	}
	n := node{parent: parent, fn: fn, name: name}
	if line, ok := p.l.Line(fn); ok {
		n.file, n.line = line.File, line.Line
	}
	p.nodes = append(p.nodes, n)
	return len(p.nodes) - 1
}

// Switched, Reached, Checked and Warned implement [livepatch.Observer]: they take no time.

// Switched does nothing.
func (p *Profiler) Switched(livepatch.Switched) {}

// Reached does nothing.
func (p *Profiler) Reached(livepatch.Stage, livepatch.Transition) {}

// Checked does nothing.
func (p *Profiler) Checked(guest.TaskID, livepatch.Check) {}

// Warned does nothing.
func (p *Profiler) Warned(string) {}

// ToUser implements [emu.TruthSink].
func (p *Profiler) ToUser(guest.TaskID) {}

// Unwound implements [lab.Witness].
func (p *Profiler) Unwound(guest.TaskID, *unwind.Stack) {}

// Loaded implements [lab.Witness].
func (p *Profiler) Loaded(lab.Module) {}

// Unloaded implements [lab.Witness].
func (p *Profiler) Unloaded(lab.Module) {}

// Save implements [lab.Witness].
func (p *Profiler) Save(any) any {
	return state{slices.Clone(p.nodes), slices.Clone(p.tasks), p.last}
}

// Restore implements [lab.Witness].
func (p *Profiler) Restore(s any) error {
	back := s.(state)
	p.state = state{slices.Clone(back.nodes), slices.Clone(back.tasks), back.last}
	return nil
}

// Write writes the profile, in the form that go tool pprof reads. The error is that of the writer.
func (p *Profiler) Write(w io.Writer) error {
	var e encoder
	for i := range p.nodes {
		if n := &p.nodes[i]; n.calls != 0 || n.time != 0 {
			e.sample(p.stack(i), n.calls, int64(n.time), p.l.Machine.TaskName(p.taskOf(i)))
		}
	}
	return e.write(w, int64(p.l.Now()))
}

// stack returns a node and what called it, innermost first.
func (p *Profiler) stack(i int) (stack []*node) {
	for ; i >= 0; i = p.nodes[i].parent {
		stack = append(stack, &p.nodes[i])
	}
	return stack
}

// taskOf returns whose node it is.
func (p *Profiler) taskOf(i int) guest.TaskID {
	for p.nodes[i].parent >= 0 {
		i = p.nodes[i].parent
	}
	return guest.TaskID(p.nodes[i].fn)
}

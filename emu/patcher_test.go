package emu

import (
	"fmt"

	"patchlab/guest"
	"patchlab/protocol"
	"patchlab/trampoline"
)

// fakePatcher redirects functions to the bodies that a test has chosen, by a handler
// that locks and unlocks as the model's does, and keeps a state of each task that the
// exit gate clears.
type fakePatcher struct {
	r     *rig
	store *protocol.Store
	sites *trampoline.Sites

	bodies  map[int]protocol.Var // by site: the body, 0 for the original
	flags   []protocol.Var       // by task id: the exit gate has something to do
	resched protocol.Var         // not 0: cond_resched has something to do

	handler, exit, sched, write, wait, waitVar, fork protocol.TableID
	exits                                            []guest.TaskID // who has passed the exit gate's table
	yields                                           bool           // unlocking lets others run
	moves                                            bool           // a whole answer leaves a variable changed
	once                                             bool           // whole answers are for one call
	count                                            protocol.Var   // that variable
	asked                                            int            // questions for a whole answer
	born, gone, parents                              []guest.TaskID
	idles                                            []protocol.Var // by CPU: its idle task has something to do
	passes                                           []guest.CPUID  // who has done it
}

func newFakePatcher(r *rig, prog *protocol.Program) *fakePatcher {
	p := &fakePatcher{
		r: r, store: prog.Store, sites: trampoline.NewSites(prog.Store), bodies: map[int]protocol.Var{},
		flags: make([]protocol.Var, 1),
	}
	p.resched = p.store.Declare("resched", 0)
	p.count = p.store.Declare("count", 0)
	p.handler = prog.Add(&protocol.Table{Name: "handler", Steps: []protocol.Step{
		{Name: "F.lock", Do: func(f *protocol.Frame) protocol.Next { p.preempt(f, 1); return protocol.Continue() }},
		{Name: "F.pick", Do: func(f *protocol.Frame) protocol.Next {
			f.Result = p.store.Read(p.bodies[int(f.L[0])], protocol.Once)
			return protocol.Continue()
		}},
		{Name: "F.set_ip", Do: func(f *protocol.Frame) protocol.Next {
			if f.Result != 0 {
				if err := r.SetIP(f.Actor, guest.Addr(f.Result)); err != nil {
					r.t.Fatal(err)
				}
			}
			return protocol.Continue()
		}},
		{Name: "F.unlock", Do: func(f *protocol.Frame) protocol.Next {
			p.preempt(f, ^uint64(0))
			if p.yields {
				return protocol.Yield()
			}
			return protocol.Done()
		}},
	}})
	p.exit = prog.Add(&protocol.Table{Name: "exit", Steps: []protocol.Step{
		{Name: "E.clear", Do: func(f *protocol.Frame) protocol.Next {
			p.store.Swap(p.flags[f.Actor], 0)
			return protocol.Continue()
		}},
		{Name: "E.done", Do: func(f *protocol.Frame) protocol.Next {
			p.exits = append(p.exits, f.Actor)
			return protocol.Continue()
		}},
	}})
	p.sched = prog.Add(&protocol.Table{Name: "sched", Steps: []protocol.Step{
		{Name: "R.check", Do: func(*protocol.Frame) protocol.Next { return protocol.Continue() }},
	}})
	p.wait = prog.Add(&protocol.Table{Name: "wait", Steps: []protocol.Step{
		{Name: "S.sleep", Do: func(f *protocol.Frame) protocol.Next { return f.Sleep(guest.Time(f.L[0])) }},
	}})
	p.waitVar = prog.Add(&protocol.Table{Name: "wait for a lock", Steps: []protocol.Step{
		{Name: "S.lock", Do: func(*protocol.Frame) protocol.Next {
			if p.store.Read(p.resched, protocol.Once) != 0 {
				return protocol.Wait(p.resched)
			}
			return protocol.Done()
		}},
	}})
	p.fork = prog.Add(&protocol.Table{Name: "fork", Steps: []protocol.Step{
		{Name: "K.start", Do: func(*protocol.Frame) protocol.Next { return protocol.Continue() }},
		{Name: "K.copy", Do: func(f *protocol.Frame) protocol.Next {
			child, err := r.Fork(f.Actor)
			if err != nil {
				f.Result = ^uint64(10) // -EAGAIN
				return protocol.Done()
			}
			f.Result = uint64(child)
			return protocol.Continue()
		}},
		{Name: "K.wake", Do: func(f *protocol.Frame) protocol.Next {
			r.WakeNew(guest.TaskID(f.Result))
			return protocol.Continue()
		}},
	}})
	w := trampoline.NewWriter(p.store, p.sites, p, trampoline.NewArena(ArenaBase).Entry())
	p.write = prog.Add(w.OneWrite())
	return p
}

func (p *fakePatcher) preempt(f *protocol.Frame, d uint64) {
	p.store.Add(p.r.Preempt(p.r.CPUOf(f.Actor)), d)
}

// prepare finds the sites of the program, turns them off, and has the recorder watch
// their functions.
func (p *fakePatcher) prepare(watch bool) {
	var funcs []trampoline.Func
	for _, f := range p.r.image.Functions {
		if f.Range.Start < UserBase {
			funcs = append(funcs, trampoline.Func{Name: f.Name, Range: f.Range})
		}
	}
	fentry := p.r.addr("__fentry__")
	found, err := p.sites.Prepare(p.r.Machine, func(a guest.Addr) bool { return a == fentry }, funcs, nil)
	if err != nil {
		p.r.t.Fatal(err)
	}
	for _, w := range found.Nops {
		if err := p.r.LoadText(w.At, w.Bytes); err != nil {
			p.r.t.Fatal(err)
		}
	}
	for _, i := range found.Sites {
		s := p.sites.Site(i)
		p.bodies[i] = p.store.Declare("body of "+s.Func.Name, 0)
		if watch {
			p.r.Watch(s.Func.Range.Start, guest.Addr(s.Return()))
		}
	}
}

// install makes the site of a function call the stub; body, if not "", is what the
// handler answers.
func (p *fakePatcher) install(fn, body string) {
	p.r.t.Helper()
	i, err := p.sites.Find(p.r.addr(fn))
	if err != nil {
		p.r.t.Fatal(err)
	}
	to := guest.Addr(0)
	if body != "" {
		to = p.r.addr(body)
	}
	p.store.Write(p.bodies[i], protocol.Plain, uint64(to))
	if p.sites.State(i) == trampoline.On {
		return
	}
	var a protocol.Activation
	p.r.touched()
	p.r.prog.Start(&a, 1, p.write, uint64(i), 1)
	if out := trampoline.Outcome(p.r.prog.RunWhole(&a)); out != 0 {
		p.r.t.Fatalf("install at %s: %d", fn, out.Errno())
	}
}

// ReadAt and WriteText implement [trampoline.Text].
func (p *fakePatcher) ReadAt(a guest.Addr, b []byte) error { return p.r.ReadAt(a, b) }

func (p *fakePatcher) WriteText(a guest.Addr, b []byte) error {
	for i := range p.sites.Len() {
		if s := p.sites.Site(i); s.At == a {
			p.r.SiteChanged(s.Func.Range.Start, b[0] != 0x0f && b[0] != 0x66)
		}
	}
	return p.r.WriteText(a, b)
}

func (p *fakePatcher) Route(_ guest.TaskID, ip guest.ReturnAddr) (body guest.Addr, once, ok bool) {
	p.asked++
	i, ok := p.sites.ByReturn(ip)
	if !ok {
		return 0, false, false
	}
	if p.moves {
		p.store.Add(p.count, 1)
	}
	return guest.Addr(p.store.Read(p.bodies[i], protocol.Once)), p.once, true
}

func (p *fakePatcher) Handler(ip guest.ReturnAddr) (protocol.TableID, uint64, bool) {
	i, ok := p.sites.ByReturn(ip)
	return p.handler, uint64(i), ok
}

func (p *fakePatcher) Exit(id guest.TaskID) (protocol.TableID, bool) {
	return p.exit, p.store.Peek(p.flags[id]) != 0
}

func (p *fakePatcher) ForkLock() (protocol.Var, bool) { return 0, false }

func (p *fakePatcher) Resched() (protocol.TableID, bool) {
	return p.sched, p.store.Peek(p.resched) != 0
}

func (p *fakePatcher) PatchState(id guest.TaskID) int { return int(id) - 2 }

func (p *fakePatcher) Fork() protocol.TableID { return p.fork }

func (p *fakePatcher) CPUAdded() {
	p.idles = append(p.idles, p.store.Declare(fmt.Sprintf("idle %d", len(p.idles)), 0))
}

func (p *fakePatcher) IdlePending(c guest.CPUID) bool { return p.store.Peek(p.idles[c]) != 0 }

func (p *fakePatcher) IdlePass(c guest.CPUID) {
	p.store.Write(p.idles[c], protocol.Once, 0)
	p.passes = append(p.passes, c)
}

func (p *fakePatcher) Born(id, parent guest.TaskID) error {
	p.born, p.parents = append(p.born, id), append(p.parents, parent)
	for int(id) >= len(p.flags) {
		p.flags = append(p.flags, 0)
	}
	p.flags[id] = p.store.Declare("flag", 0)
	return nil
}

func (p *fakePatcher) Gone(id guest.TaskID) error {
	p.gone = append(p.gone, id)
	return nil
}

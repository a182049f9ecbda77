package lab

import (
	"bytes"
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/livepatch"
	"patchlab/protocol"
	"patchlab/trampoline"
	"patchlab/unwind"
)

// The rooms do not know each other. Each says in a small interface what it needs; the
// types of this file are these interfaces' answers.

// patcher is the model and the sites as the machine sees them.
type patcher struct{ l *Lab }

func (p patcher) Route(task guest.TaskID, ip guest.ReturnAddr) (body guest.Addr, once, ok bool) {
	site, ok := p.l.Sites.ByReturn(ip)
	if !ok {
		return 0, false, false
	}
	body, once = p.l.route(task, site)
	return body, once, true
}

func (p patcher) Handler(ip guest.ReturnAddr) (table protocol.TableID, site uint64, ok bool) {
	i, ok := p.l.Sites.ByReturn(ip)
	if p.l.config.Handler != nil {
		return p.l.handler, uint64(i), ok
	}
	return p.l.Model.Tables().Handler, uint64(i), ok
}

func (p patcher) Exit(task guest.TaskID) (protocol.TableID, bool) {
	return p.l.Model.Tables().Exit, p.l.Model.Flagged(task)
}

func (p patcher) Resched() (protocol.TableID, bool) { return p.l.Model.SchedHook() }

func (p patcher) PatchState(task guest.TaskID) int {
	state, _ := p.l.Model.PatchState(task)
	return state
}

func (p patcher) ForkLock() (protocol.Var, bool) { return p.l.Model.ForkLock() }

func (p patcher) CPUAdded()                      { p.l.Model.CPUAdded() }
func (p patcher) IdlePending(c guest.CPUID) bool { return p.l.Model.Flagged(guest.IdleTask(c)) }
func (p patcher) IdlePass(c guest.CPUID)         { p.l.Model.IdlePass(c) }

func (p patcher) Fork() protocol.TableID { return p.l.Model.Tables().Fork }

func (p patcher) Born(task, parent guest.TaskID) error { return p.l.Model.TaskBorn(task, parent) }

func (p patcher) Gone(task guest.TaskID) error { return p.l.Model.TaskGone(task) }

// modelMachine is the machine as the model sees it. The methods that it does not have
// itself are the machine's own.
type modelMachine struct{ l *Lab }

func (m modelMachine) Tasks() []guest.TaskID                     { return m.l.Machine.Tasks() }
func (m modelMachine) TaskName(id guest.TaskID) string           { return m.l.Machine.TaskName(id) }
func (m modelMachine) CPUs() int                                 { return m.l.Machine.CPUs() }
func (m modelMachine) CPUOf(id guest.TaskID) guest.CPUID         { return m.l.Machine.CPUOf(id) }
func (m modelMachine) Online(c guest.CPUID) bool                 { return m.l.Machine.Online(c) }
func (m modelMachine) WakeIdle(c guest.CPUID)                    { m.l.Machine.WakeIdle(c) }
func (m modelMachine) Preempt(c guest.CPUID) protocol.Var        { return m.l.Machine.Preempt(c) }
func (m modelMachine) Now() guest.Time                           { return m.l.Machine.Now() }
func (m modelMachine) Kick(id guest.TaskID)                      { m.l.Machine.Kick(id) }
func (m modelMachine) Fork(p guest.TaskID) (guest.TaskID, error) { return m.l.Machine.Fork(p) }
func (m modelMachine) WakeNew(id guest.TaskID)                   { m.l.Machine.WakeNew(id) }
func (m modelMachine) Log(v livepatch.Level, line string)        { m.l.Machine.Log(v.String(), line) }
func (m modelMachine) SetIP(id guest.TaskID, b guest.Addr) error { return m.l.Machine.SetIP(id, b) }

func (m modelMachine) Quiescence(id guest.TaskID) (uint64, bool) { return m.l.Machine.Quiescence(id) }

func (m modelMachine) Unwind(id guest.TaskID, s *unwind.Stack) error {
	err := m.l.Unwind(id, s)
	if _, idle := id.Idle(); err == nil && !idle {
		teller(m).unwound(id, s)
	}
	return err
}

// Unwind replaces the content of s by the task's stack: all of it, or an error that says
// why it is unreliable. An idle task's holds nothing of the guest's.
func (l *Lab) Unwind(id guest.TaskID, s *unwind.Stack) error {
	if _, idle := id.Idle(); idle {
		s.Reset()
		return nil
	}
	t := l.Machine.UnwindTarget(id, l.config.TrustInterrupted)
	return l.unwinder.Unwind(&t, s)
}

// modelSites is the trampoline as the model sees it.
type modelSites struct{ l *Lab }

func (s modelSites) Find(fn guest.Addr) (int, bool) {
	i, err := s.l.Sites.Find(fn)
	return i, err == nil
}

func (s modelSites) Writer() protocol.TableID { return s.l.write }

// modelSymbols is what is loaded, as the model sees it.
type modelSymbols struct{ l *Lab }

func (s modelSymbols) Loaded(object string) bool {
	return object == "" || s.l.module(object) != nil
}

func (s modelSymbols) Occurrences(object, name string) []guest.Addr {
	t := &s.l.config.Program.Symtab
	if object != "" {
		m := s.l.module(object)
		if m == nil {
			return nil
		}
		t = &m.linked.Symtab
	}
	var at []guest.Addr
	for _, sym := range t.ByName(name) {
		at = append(at, sym.Addr)
	}
	return at
}

func (s modelSymbols) Size(a guest.Addr) (uint64, bool) {
	if f, ok := s.l.config.Program.FunctionAt(a); ok {
		return f.Range.Size(), true
	}
	for _, m := range s.l.modules {
		if f, ok := m.linked.FunctionAt(a); ok {
			return f.Range.Size(), true
		}
	}
	return 0, false
}

// Parts finds the symbols NAME.cold and NAME.cold.N, where gcc puts what is unlikely. Where
// two functions have one name it cannot be told whose they are: all count.
func (s modelSymbols) Parts(a guest.Addr) (parts []guest.Range) {
	tables := []*image.Symtab{&s.l.config.Program.Symtab}
	for _, m := range s.l.modules {
		tables = append(tables, &m.linked.Symtab)
	}
	for _, t := range tables {
		f, ok := t.FunctionAt(a)
		if !ok {
			continue
		}
		for _, part := range t.Functions {
			if part.Name == f.Name+".cold" || strings.HasPrefix(part.Name, f.Name+".cold.") {
				parts = append(parts, part.Range)
			}
		}
	}
	return parts
}

// text is the machine's text as the writer of sites sees it.
type text struct{ l *Lab }

func (t text) ReadAt(a guest.Addr, p []byte) error { return t.l.Machine.ReadAt(a, p) }

func (t text) WriteText(a guest.Addr, b []byte) error {
	if err := t.l.Machine.WriteText(a, b); err != nil {
		return err
	}
	for i := range t.l.Sites.Len() {
		if s := t.l.Sites.Site(i); s.At == a && !s.Removed {
			t.l.Machine.SiteChanged(s.Func.Range.Start, !bytes.Equal(b, s.Style.Nop(s.Site)))
		}
	}
	return nil
}

// arenaCode describes stub and shim to the unwinder.
func arenaCode(a *trampoline.Arena) []unwind.Func {
	return []unwind.Func{
		{Name: "shim", Range: a.Shim(), Frames: true, Stops: []guest.Addr{a.Hook()}},
		{Name: "stub", Range: a.Stub(), Frames: true, Stub: true},
	}
}

var (
	_ emu.Patcher       = patcher{}
	_ livepatch.Machine = modelMachine{}
	_ livepatch.Sites   = modelSites{}
	_ livepatch.Symbols = modelSymbols{}
	_ trampoline.Text   = text{}
)

package livepatch_test

import (
	"fmt"

	"patchlab/guest"
	"patchlab/livepatch"
	"patchlab/protocol"
	"patchlab/unwind"
)

// one is a machine with one task on one CPU, a program with one function and a site that
// needs no writing.
type one struct {
	preempt protocol.Var
	writer  protocol.TableID
}

func (o *one) Tasks() []guest.TaskID                    { return []guest.TaskID{1} }
func (o *one) TaskName(guest.TaskID) string             { return "init" }
func (o *one) CPUs() int                                { return 1 }
func (o *one) CPUOf(guest.TaskID) guest.CPUID           { return 0 }
func (o *one) Preempt(guest.CPUID) protocol.Var         { return o.preempt }
func (o *one) Quiescence(guest.TaskID) (uint64, bool)   { return 0, true }
func (o *one) Now() guest.Time                          { return 0 }
func (o *one) Unwind(guest.TaskID, *unwind.Stack) error { return nil }
func (o *one) SetIP(guest.TaskID, guest.Addr) error     { return nil }
func (o *one) Log(_ livepatch.Level, line string)       { fmt.Println(line) }
func (o *one) Kick(guest.TaskID)                        {}
func (o *one) WakeNew(guest.TaskID)                     {}
func (o *one) Fork(guest.TaskID) (guest.TaskID, error)  { return 0, livepatch.EAGAIN }
func (o *one) Find(guest.Addr) (int, bool)              { return 0, true }
func (o *one) Writer() protocol.TableID                 { return o.writer }
func (o *one) Loaded(string) bool                       { return true }
func (o *one) Occurrences(string, string) []guest.Addr  { return []guest.Addr{0x401000} }
func (o *one) Size(guest.Addr) (uint64, bool)           { return 0x40, true }

func (o *one) Online(guest.CPUID) bool { return true }
func (o *one) WakeIdle(guest.CPUID)    {}

func (o *one) Parts(guest.Addr) []guest.Range { return nil }

// Enable a patch of one function, and ask where a call of it goes.
func Example() {
	prog := protocol.NewProgram(protocol.NewStore())
	mach := &one{preempt: prog.Store.Declare("preempt_count[0]", 0)}
	mach.writer = prog.Add(&protocol.Table{Name: "writer", Steps: []protocol.Step{protocol.Fence("T.write")}})
	m, err := livepatch.New(prog, livepatch.Needs{Machine: mach, Sites: mach, Symbols: mach}, livepatch.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := m.TaskBorn(1, 0); err != nil {
		fmt.Println(err)
		return
	}
	id := m.AddPatch(livepatch.Patch{Name: "fix", Objects: []livepatch.Object{{
		Funcs: []livepatch.Func{{OldName: "f", NewFunc: 0x10000000}},
	}}})
	var act protocol.Activation
	prog.Start(&act, 1, m.Tables().Enable, uint64(id))
	for act.Active() {
		prog.Step(&act)
	}
	fmt.Println("f runs", m.Route(1, 0))
	// Output:
	// livepatch: enabling patch 'fix'
	// livepatch: 'fix': initializing patching transition
	// livepatch: 'fix': starting patching transition
	// livepatch: 'fix': completing patching transition
	// livepatch: 'fix': patching complete
	// f runs 0x10000000
}

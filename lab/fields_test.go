package lab

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/emu/kernel"
	"patchlab/emu/mem"
	"patchlab/livepatch"
	"patchlab/protocol"
	"patchlab/trampoline"
)

// fields says of every field of everything that makes up a laboratory what becomes of it
// in a snapshot:
//
//	saved      it is copied to the snapshot and put back
//	fixed      it is set while the laboratory is put together, for good
//	derived    it follows from what is saved, and is derived anew
//	scratch    it means nothing between two steps
//	outside    who looks on, and no part of the run
var fields = []struct {
	of    reflect.Type
	saved reflect.Type // the snapshot's side: each saved field has its like here; nil: itself
	text  string
}{
	{reflect.TypeFor[emu.Machine](), reflect.TypeFor[emu.Snapshot](), `
		saved: run tasks queue preempt output log holds stops kernel
		saved: mem store truth
		fixed: config prog patcher arena jump gates start cpu tracing counting
		derived: list answers registers
		scratch: lastTask
		scratch: ready exit result calls uncounted exact repeating shared remapped accesses
		outside: checkpoint checkAt saves observer tracer inspector interrupt death`},
	{reflect.TypeFor[kernel.Kernel](), reflect.TypeFor[kernel.Snapshot](), `
		saved: state threads files
		scratch: call
		fixed: config host id`},
	{typeOf(reflect.TypeFor[kernel.Kernel](), "state"), nil, `
		saved: brkStart brk random waiters actions pending alarm unknown beyond calls peak ended status killed wrote`},
	{typeOf(reflect.TypeFor[kernel.Kernel](), "threads"), nil, `
		saved: clearTID robust wait key bits turn channel moved deadline timed alive
		saved: mask pending codes suspended saved altStack`},
	{typeOf(reflect.TypeFor[emu.Machine](), "run"), nil, `
		saved: now timer varWaiters steps current needResched stirred digest policy only nextModule outBytes outHash exitCode stats`},
	{typeOf(reflect.TypeFor[emu.Machine](), "tasks"), nil, `
		saved: id name kernel thread started parent state cpu mode where frame waits wakeAt channel waitVar ctx act then
		saved: exiting inGuest decided ran counted heldCPU passes tick kstack ustack`},
	{typeOf(reflect.TypeFor[emu.Machine](), "holds"), nil, `saved: task addr step`},
	{reflect.TypeFor[emu.Truth](), reflect.TypeFor[emu.Snapshot](), `
		saved: watched returns counts live
		scratch: at
		outside: sink tracer`},
	{typeOf(reflect.TypeFor[emu.Truth](), "watched"), nil, `saved: addr after on`},
	{reflect.TypeFor[emu.Activation](), nil, `saved: Fn Slot Body Committed Tail`},
	{reflect.TypeFor[emu.Output](), nil, `saved: Task Text`},
	{reflect.TypeFor[emu.LogLine](), nil, `saved: Time Level Text`},
	{reflect.TypeFor[mem.Space](), reflect.TypeFor[mem.Snapshot](), `
		saved: maps
		derived: last image
		scratch: free
		fixed: reserve host
		fixed: all nextGen lastImage`}, // both only grow
	{reflect.TypeFor[mem.Mapping](), nil, `
		fixed: Name Range Perm loaded source
		saved: Data gen`},
	{reflect.TypeFor[protocol.Store](), reflect.TypeFor[protocol.Snapshot](), `
		saved: words names
		fixed: obs
		scratch: reads`},
	{reflect.TypeFor[protocol.Activation](), nil, `saved: frames depth last`},
	{reflect.TypeFor[protocol.Frame](), nil, `saved: Actor Table Step L Result asks`},
	{reflect.TypeFor[livepatch.Model](), reflect.TypeFor[livepatch.Snapshot](), `
		saved: run
		fixed: prog store machine sites symbols observer options breaks vars tables scripts
		scratch: stack whole`},
	{typeOf(reflect.TypeFor[livepatch.Model](), "run"), nil, `
		saved: patches objects funcs states list ops bySite tasks idles attempt stage warned`},
	{reflect.TypeFor[trampoline.Sites](), reflect.TypeFor[trampoline.SitesSnapshot](), `
		saved: cur
		fixed: store`},
	{reflect.TypeFor[trampoline.Writer](), nil, `fixed: store sites text stub mutex`},
	{reflect.TypeFor[Lab](), reflect.TypeFor[labState](), `
		saved: modules hooked counts witnesses windows
		fixed: lines Operator Worker config process prog arena writer write oneWrite handler wait unwinder
		fixed: Machine Model Sites walker
		scratch: stack
		outside: tracers
		derived: Code`},
	{reflect.TypeFor[module](), nil, `fixed: name linked lines known patch isPatch replaces decl`},
	{reflect.TypeFor[Counts](), nil, `
		fixed: l patched bodies
		saved: state`}, // the maps only grow, and say what a patch would replace
	{reflect.TypeFor[countState](), nil, `saved: nested mixes`},
}

// typeOf returns the type of a field, or of its elements.
func typeOf(t reflect.Type, field string) reflect.Type {
	f, ok := t.FieldByName(field)
	if !ok {
		panic("BUG: no field " + field)
	}
	if f.Type.Kind() == reflect.Slice {
		return f.Type.Elem()
	}
	return f.Type
}

// TestEveryFieldIsAccountedFor fails when a field is added somewhere that nobody has
// decided about: saved, or a reason why not.
func TestEveryFieldIsAccountedFor(t *testing.T) {
	for _, f := range fields {
		var known, saved []string
		for line := range strings.Lines(f.text) {
			what, names, ok := strings.Cut(strings.TrimSpace(line), ": ")
			if !ok && what == "" {
				continue
			}
			if !slices.Contains([]string{"saved", "fixed", "derived", "scratch", "outside"}, what) {
				t.Fatalf("%s: %q is no fate of a field", f.of, what)
			}
			known = append(known, strings.Fields(names)...)
			if what == "saved" {
				saved = append(saved, strings.Fields(names)...)
			}
		}
		var have []string
		for i := range f.of.NumField() {
			have = append(have, f.of.Field(i).Name)
		}
		for _, name := range have {
			if !slices.Contains(known, name) {
				t.Errorf("%s has a field %s that nobody has thought of: does a snapshot have it, and if not, why?", f.of, name)
			}
		}
		for _, name := range known {
			if !slices.Contains(have, name) {
				t.Errorf("%s has no field %s any more", f.of, name)
			}
		}
		checkSaved(t, f.of, f.saved, saved)
	}
}

// checkSaved wants each saved field to have a place in the snapshot, of the same name,
// as part of it, or as a snapshot of its own.
func checkSaved(t *testing.T, of, snapshot reflect.Type, saved []string) {
	t.Helper()
	if snapshot == nil {
		return
	}
	for _, name := range saved {
		_, ok := snapshot.FieldByName(name)
		if !ok && name == "truth" {
			_, ok = snapshot.FieldByName("watched")
		}
		if !ok {
			t.Errorf("%s.%s is said to be saved, and %s has no such field", of, name, snapshot)
		}
	}
}

// TestValuesAreFlat wants what is copied as a value to hold no pointer that a copy would
// share.
func TestValuesAreFlat(t *testing.T) {
	flat(t, typeOf(reflect.TypeFor[emu.Machine](), "run"))
	flat(t, typeOf(reflect.TypeFor[kernel.Kernel](), "state"))
	flat(t, typeOf(reflect.TypeFor[kernel.Kernel](), "threads"))
	flat(t, reflect.TypeFor[protocol.Activation]())
	flat(t, reflect.TypeFor[emu.Activation]())
	flat(t, typeOf(reflect.TypeFor[emu.Machine](), "holds"))
	flat(t, typeOf(reflect.TypeFor[emu.Truth](), "watched"))
	tasks := typeOf(reflect.TypeFor[emu.Machine](), "tasks")
	for i := range tasks.NumField() {
		if f := tasks.Field(i); f.Name != "ctx" { // copied apart
			flat(t, f.Type)
		}
	}
	run := typeOf(reflect.TypeFor[livepatch.Model](), "run")
	for i := range run.NumField() {
		if f := run.Field(i); f.Type.Kind() == reflect.Slice && f.Name != "tasks" && f.Name != "idles" { // a check has an error in it
			flat(t, f.Type.Elem())
		}
	}
}

func flat(t *testing.T, x reflect.Type) {
	t.Helper()
	switch x.Kind() {
	case reflect.Struct:
		for i := range x.NumField() {
			flat(t, x.Field(i).Type)
		}
	case reflect.Array:
		flat(t, x.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		t.Errorf("%s is no flat value", x)
	}
}

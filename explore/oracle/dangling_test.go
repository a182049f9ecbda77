package oracle_test

import (
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
)

// TestDangling takes ranges of the program's text for modules that go while the guest
// sleeps in a service that inner has called, below outer.
func TestDangling(t *testing.T) {
	const text = `
-- program.c --
#include <patchlab.h>

void inner(void)
{
	pl_sleep(SEC);
	pl_print("inner\n");
}

void outer(void)
{
	inner();
	pl_print("outer\n");
}
GATE(0x1000, outer);

__user void guest(void)
{
	gate(0x1000);
	user_exit(0);
}
TASK("guest", guest, 0);
`
	for _, c := range []struct {
		fn   string
		skip guest.Addr // how much of the function's beginning is left out
		size uint64     // of what goes, 0 for the rest of it
		want string
	}{
		{"inner", 0, 0, "m is unloaded while guest is in inner"},
		{"inner", 1, 0, ""},
		{"outer", 0, 1, "m is unloaded while guest is in outer"},
		{"outer", 1, 0, "m is unloaded while guest returns from inner to outer+0x"},
		{"pl_sleep", 0, 0, "m is unloaded while guest stands at pl_sleep+0x"},
		{"pl_print", 0, 0, ""},
		{"pl_wait", 0, 0, ""},
	} {
		b := newBench(t, text, lab.Config{})
		b.until(b.is("guest", emu.Asleep))
		found := b.b.Program.ByName(c.fn)
		if len(found) == 0 {
			continue // inlined everywhere
		}
		f, ok := b.b.Program.FunctionAt(found[0].Addr)
		if !ok {
			t.Fatalf("no function %s", c.fn)
		}
		r := guest.Range{Start: f.Range.Start + c.skip, End: f.Range.End}
		if c.size > 0 {
			r = guest.RangeOf(r.Start, c.size)
		}
		b.o.Unloaded(lab.Module{Name: "m", Range: r})
		got := ""
		for _, v := range b.o.Violations() {
			got += v.Text
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s but for %d: %q, want %q", c.fn, c.skip, got, c.want)
		}
	}
}

// TestDanglingFunction takes the old function away below its new body.
func TestDanglingFunction(t *testing.T) {
	b := newBench(t, visit, lab.Config{})
	b.insmod("visit_new")
	b.settled()
	b.until(func() bool { return len(b.Machine.Truth().Live(b.task("guest"))) > 0 && b.is("guest", emu.Asleep)() })
	outer := b.b.Program.ByName("outer")[0].Addr
	b.o.Unloaded(lab.Module{Name: "m", Range: guest.RangeOf(outer, 1)})
	if got := texts(b.o.Violations()); got != "nothing-dangles: m is unloaded while guest is in outer\n" {
		t.Error(got)
	}
}

// TestGone tells the oracle of code of a module that is gone.
func TestGone(t *testing.T) {
	b := patched(t)
	id := b.task("guest")
	b.o.Unloaded(lab.Module{Name: "one", Range: guest.RangeOf(0x1000, 0x1000)})
	b.o.Unloaded(lab.Module{Name: "two", Range: guest.RangeOf(0x3000, 0x1000)})
	for _, body := range []guest.Addr{0xfff, 0x2000, 0x3000, 0x3fff, 0x4000} {
		b.o.Committed(id, emu.Activation{Fn: body, Body: body, Slot: 0x9000, Committed: true}, nil)
	}
	b.o.Ended(&emu.Fault{Task: id, PC: 0x1fff})
	b.o.Ended(&emu.Fault{Task: id, PC: 0x2fff})
	want := strings.Repeat("nothing-dangles: guest runs code of two, which is unloaded\n", 2) +
		"nothing-dangles: guest runs code of one, which is unloaded\n"
	if got := texts(b.o.Violations()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

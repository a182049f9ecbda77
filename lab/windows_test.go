package lab_test

import (
	"slices"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/unwind"
)

// windowsProgram has functions in every relation to target, which a patch replaces.
const windowsProgram = `
#include <patchlab.h>
u64 noinline leaf(u64 x) { return x + 1; }		/* target's callee's callee */
u64 noinline callee(u64 x) { return leaf(x) + 1; }
u64 noinline tail(u64 x) { return leaf(x) + 2; }	/* where a callee goes by a tail call */
u64 notrace __attribute__((__naked__)) jumps(u64 x) { __asm__("jmp tail"); }
void noinline __attribute__((__cold__)) oops(void) { pl_log("oops"); }
u64 split(u64 x);					/* whose frame is made in its part elsewhere */
__asm__(".text\n .globl split\n .type split,@function\n"
	"split: test %rdi,%rdi\n jne split.cold\n ret\n .size split,.-split\n"
	".type split.cold,@function\n"
	"split.cold: push %rbp\n mov %rsp,%rbp\n call leaf\n pop %rbp\n ret\n .size split.cold,.-split.cold\n");
u64 noinline target(u64 x) { if (x == 7) oops(); return split(x) + callee(x) + jumps(x) + 1; }
u64 noinline caller(u64 x) { return target(x) + 1; }
u64 noinline callers_caller(u64 x) { return caller(x) + 1; }
u64 noinline apart(u64 x) { return leaf(x) + 1; }	/* has to do with none of them */
u64 (*pointer)(u64) = target;
u64 noinline through(u64 x) { return pointer(x) + 1; }
u64 noinline gate_fn(u64 x) { return callers_caller(x) + apart(x) + through(x); }
GATE(0x1001, gate_fn);
__user void user(void) { gate(0x1001, 1); user_exit(0); }
TASK("t1", user, 0);
`

const windowsPatch = `
#include <livepatch.h>
u64 apart(u64 x);
static u64 noinline own(u64 x) { return apart(x) + 7; }
static u64 new_target(u64 x) { return own(x) + 10; }
KLP_FUNC(target, new_target);
MODULE_INFO(livepatch, "Y");
`

// with lists the functions that have windows, the kernel's own support code left out.
func with(l *lab.Lab) string {
	var names []string
	for _, f := range l.Code.Funcs() {
		has := slices.ContainsFunc(f.Windows, func(w unwind.Window) bool { return l.Window(w.Addr) == w.Kind })
		if has && !strings.HasPrefix(f.Name, "pl_") {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// TestWindowFunctions wants windows in the functions that matter to the check of a stack.
func TestWindowFunctions(t *testing.T) {
	p := buildProgram(t, windowsProgram)
	target := p.ByName("target")[0].Addr
	l := newLab(t, lab.Config{Program: p, Directed: true, Windows: true, Record: []guest.Addr{target}})
	const before = "callee caller gate_fn jumps oops split split.cold tail target target.cold through"
	if got := with(l); got != before {
		t.Errorf("%s\nwant %s", got, before)
	}
	if err := l.Load(buildPatch(t, "windows_new", windowsPatch)); err != nil {
		t.Fatal(err)
	}
	const loaded = "callee caller gate_fn jumps new_target oops own split split.cold tail target target.cold through"
	if got := with(l); got != loaded {
		t.Errorf("loaded: %s\nwant %s", got, loaded)
	}
	// A function that is looked for and calls through a pointer may call any other.
	l = newLab(t, lab.Config{Program: p, Directed: true, Windows: true, Record: []guest.Addr{p.ByName("through")[0].Addr}})
	if got := with(l); !strings.Contains(got, "apart") || !strings.Contains(got, "leaf") {
		t.Errorf("called through a pointer: %s", got)
	}
	// They are found on demand.
	l = newLab(t, lab.Config{Program: p})
	if got := with(l); got != "" {
		t.Errorf("not asked for: %s", got)
	}
}

// TestWindowsAreRestored takes a laboratory back to before a patch was loaded.
func TestWindowsAreRestored(t *testing.T) {
	p := buildProgram(t, windowsProgram)
	l := newLab(t, lab.Config{
		Program: p, Directed: true, Windows: true, Record: []guest.Addr{}, Stops: []unwind.WindowKind{unwind.Call},
	})
	before := with(l)
	var s emu.Snapshot
	l.Machine.Save(&s)
	if err := l.Load(buildPatch(t, "windows_new", windowsPatch)); err != nil {
		t.Fatal(err)
	}
	if with(l) == before {
		t.Fatal("nothing has changed")
	}
	if err := l.Machine.Restore(&s); err != nil {
		t.Fatal(err)
	}
	if got := with(l); got != before {
		t.Errorf("%s\nwant %s", got, before)
	}
}

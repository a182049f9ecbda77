package lab_test

import (
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/unwind"
	"patchlab/unwind/fp"
)

// hookProgram has a task that calls f in the kernel ten times.
const hookProgram = `#include <patchlab.h>
enum { CALL = 0x1000 };
u64 sum;
u64 f(u64 n) { return n; }
u64 other(u64 n) { return 100 + n; }
u64 plain(u64 n) { return f(n); }
void call(u64 n) { sum += plain(n); }
GATE(CALL, call);
__user void user(void)
{
	user_sleep(1 * SEC);
	for (u64 i = 0; i < 10; i++)
		gate(CALL, i);
	user_exit(0);
}
TASK("user", user, 0);
`

// newF replaces f.
const newF = `#include <livepatch.h>
static u64 new_f(u64 n) { return 1000; }
KLP_FUNC(f, new_f);
MODULE_INFO(livepatch, "Y");
`

func entry(t *testing.T, l *lab.Lab, c lab.Config, name string) guest.Addr {
	t.Helper()
	s := c.Program.ByName(name)
	if len(s) != 1 {
		t.Fatalf("%d symbols are called %s", len(s), name)
	}
	return s[0].Addr
}

// TestHook wants a handler to be asked at each call of a hooked function, whole and in
// steps, and the call to go where it says.
func TestHook(t *testing.T) {
	for _, c := range []struct {
		scheduler string
		to        string // every other call goes there; "" for none
		sum       uint64
	}{
		{"rr", "", 45}, {"rr", "other", 545}, {"random", "", 45}, {"random", "other", 545},
	} {
		var calls []lab.Call
		config := lab.Config{Program: buildProgram(t, hookProgram), Scheduler: c.scheduler, CPUs: 2}
		var other guest.Addr
		config.Handler = lab.HandlerFunc(func(call lab.Call) guest.Addr {
			if calls = append(calls, call); other != 0 && len(calls)%2 == 0 {
				return other
			}
			return call.Original
		})
		l := newLab(t, config)
		f := entry(t, l, config, "f")
		if c.to != "" {
			other = entry(t, l, config, c.to)
		}
		if err := l.Hook(f); err != nil {
			t.Fatal(err)
		}
		run(t, l, l.Done)
		if err := l.Result(); err != nil {
			t.Fatal(err)
		}
		if ok, err := l.Run(func() bool { return false }); ok || err != nil {
			t.Fatal(err)
		}
		sum, err := guest.ReadU64(l.Machine.Memory(), entry(t, l, config, "sum"))
		if err != nil || sum != c.sum || len(calls) != 10 {
			t.Errorf("%s, to %q: sum %d, want %d; %d calls; %v", c.scheduler, c.to, sum, c.sum, len(calls), err)
		}
		if len(calls) > 0 && (calls[0].Fn != f || calls[0].Model != calls[0].Original || calls[0].Original <= f || calls[0].Task != 1) {
			t.Errorf("%+v, f is at %s", calls[0], f)
		}
		if log := l.Machine.LogLines(); len(log) > 0 {
			t.Errorf("log %v", log)
		}
	}
}

// TestHandlerOverPatch wants a handler to be told what the model has chosen, and to have
// the last word.
func TestHandlerOverPatch(t *testing.T) {
	for _, scheduler := range []string{"rr", "random"} {
		config := lab.Config{Program: buildProgram(t, hookProgram), Scheduler: scheduler}
		patched, n := 0, 0
		config.Handler = lab.HandlerFunc(func(c lab.Call) guest.Addr {
			if c.Model != c.Original {
				patched++
			}
			if n++; n > 5 {
				return c.Original
			}
			return c.Model
		})
		l := newLab(t, config)
		patch := buildPatch(t, "new", newF)
		if err := l.Load(patch); err != nil {
			t.Fatal(err)
		}
		run(t, l, l.Done)
		if err := l.Loaded("new"); err != nil {
			t.Fatal(err)
		}
		if ok, err := l.Run(func() bool { return false }); ok || err != nil {
			t.Fatal(err)
		}
		sum, err := guest.ReadU64(l.Machine.Memory(), entry(t, l, config, "sum"))
		if err != nil || sum != 5*1000+5+6+7+8+9 || patched != 10 {
			t.Errorf("%s: sum %d, %d calls were sent to the new body by the model; %v", scheduler, sum, patched, err)
		}
		if got := l.Counts().Calls(entry(t, l, config, "f"), lab.SideNew); got != 5 {
			t.Errorf("%s: %d calls are counted as new", scheduler, got)
		}
	}
}

// TestHookRefused wants one clear error for what cannot be hooked.
func TestHookRefused(t *testing.T) {
	config := lab.Config{Program: buildProgram(t, hookProgram)}
	l := newLab(t, config)
	if err := l.Hook(entry(t, l, config, "f")); err == nil || err.Error() != "hook of f: the laboratory has no handler" {
		t.Errorf("%v", err)
	}
	config.Handler = lab.HandlerFunc(func(c lab.Call) guest.Addr { return c.Model })
	l = newLab(t, config)
	if err := l.Hook(entry(t, l, config, "user")); err == nil || !strings.Contains(err.Error(), "site") {
		t.Errorf("%v", err)
	}
}

// TestHookedIsNotPatched wants a patch of a function that is hooked to be refused.
func TestHookedIsNotPatched(t *testing.T) {
	config := lab.Config{Program: buildProgram(t, hookProgram)}
	config.Handler = lab.HandlerFunc(func(c lab.Call) guest.Addr { return c.Model })
	l := newLab(t, config)
	if err := l.Hook(entry(t, l, config, "f")); err != nil {
		t.Fatal(err)
	}
	run(t, l, l.Done)
	patch := buildPatch(t, "new", newF)
	if err := l.Load(patch); err != nil {
		t.Fatal(err)
	}
	run(t, l, l.Done)
	if err := l.Loaded("new"); err == nil {
		t.Error("it is patched")
	} else {
		t.Log(err)
	}
	if ok, err := l.Run(func() bool { return false }); ok || err != nil {
		t.Fatal(err)
	}
}

// TestHookIsSaved wants a restore to take a hook back.
func TestHookIsSaved(t *testing.T) {
	asked := 0
	config := lab.Config{Program: buildProgram(t, hookProgram)}
	config.Handler = lab.HandlerFunc(func(c lab.Call) guest.Addr { asked++; return c.Model })
	l := newLab(t, config)
	var before emu.Snapshot
	l.Machine.Save(&before)
	if err := l.Hook(entry(t, l, config, "f")); err != nil {
		t.Fatal(err)
	}
	run(t, l, l.Done)
	if err := l.Machine.Restore(&before); err != nil {
		t.Fatal(err)
	}
	if err := l.Load(buildPatch(t, "new", newF)); err != nil {
		t.Fatal(err)
	}
	run(t, l, l.Done)
	if err := l.Loaded("new"); err != nil {
		t.Fatal(err)
	}
	if ok, err := l.Run(func() bool { return false }); ok || err != nil || asked != 10 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	if got := l.Counts().Calls(entry(t, l, config, "f"), lab.SideNew); got != 10 {
		t.Errorf("%d calls have run the patch", got)
	}
}

// counting is an unwinder of one's own: the default one, and how often it was asked.
type counting struct {
	unwind.Unwinder
	asked *int
}

func (c counting) Unwind(t *unwind.Target, s *unwind.Stack) error {
	*c.asked++
	return c.Unwinder.Unwind(t, s)
}

// TestOwnUnwinder wants the model to ask the unwinder that it was given.
func TestOwnUnwinder(t *testing.T) {
	asked := 0
	l := newLab(t, lab.Config{Program: buildProgram(t, hookProgram), Unwinder: func(m *unwind.CodeMap) unwind.Unwinder {
		return counting{fp.New(m), &asked}
	}})
	run(t, l, func() bool { d, _ := l.Machine.Task(1); return d.State == emu.Asleep })
	if err := l.Load(buildPatch(t, "new", newF)); err != nil {
		t.Fatal(err)
	}
	run(t, l, l.Done)
	if asked == 0 {
		t.Error("it was never asked")
	}
}

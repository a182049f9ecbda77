package lab_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
	"patchlab/lab/scenario"
	"patchlab/livepatch"
	"patchlab/unwind"
)

// run runs a laboratory until cond holds.
func run(t *testing.T, l *lab.Lab, cond func() bool) {
	t.Helper()
	if ok, err := l.Run(cond); !ok || err != nil {
		t.Fatalf("the run ended at %d ns: %v, log %v", l.Now(), err, l.Machine.LogLines())
	}
}

// TestLoadAndUnload goes through the life of a patch by hand.
func TestLoadAndUnload(t *testing.T) {
	l := newLab(t, lab.Config{Program: buildProgram(t, gameProgram), CPUs: 2})
	patch := buildPatch(t, "game_new", gamePatch)
	if err := l.Load(patch); err != nil {
		t.Fatal(err)
	}
	run(t, l, l.Done)
	if err := errors.Join(l.Result(), l.Loaded("game_new")); err != nil {
		t.Fatal(err)
	}
	if err := l.Load(patch); !isErrno(err, livepatch.EEXIST) {
		t.Errorf("loaded twice: %v", err)
	}
	if len(l.Model.Pending()) == 0 || l.Leaving("game_new") {
		t.Errorf("the transition is over at once, or the patch is leaving: %v", l.Model.Pending())
	}
	if err := l.Unload("game_new"); err != livepatch.EBUSY {
		t.Errorf("unloaded while it is enabled: %v", err)
	}
	run(t, l, func() bool { return len(l.Model.Pending()) == 0 })
	for _, c := range []struct{ path, value string }{
		{"game_new/enabled", "1"}, {"nothing/enabled", "0"}, {"game_new/nothing", "0"},
	} {
		err := l.Write(c.path, c.value)
		if err == nil {
			run(t, l, l.Done)
			err = l.Result()
		}
		if err == nil {
			t.Errorf("write of %s to %s succeeded", c.value, c.path)
		}
	}
	run(t, l, func() bool { _, busy := l.Model.NextAttempt(); return !busy })
	if err := l.Write("game_new/enabled", "0"); err != nil {
		t.Fatal(err)
	}
	run(t, l, l.Done)
	if err := l.Result(); err != nil || !l.Leaving("game_new") {
		t.Fatalf("disabled: %v, leaving %v", err, l.Leaving("game_new"))
	}
	run(t, l, func() bool { return !l.Leaving("game_new") })
	was := l.Symbol(emu.ModuleBase)
	if err := l.Unload("game_new"); err != nil || was == "" || l.Symbol(emu.ModuleBase) != "" {
		t.Errorf("unloaded: %v, symbol %q, then %q", err, was, l.Symbol(emu.ModuleBase))
	}
	if err := l.Unload("game_new"); err != livepatch.ENOENT {
		t.Errorf("unloaded twice: %v", err)
	}
}

func isErrno(err error, want livepatch.Errno) bool {
	var e *lab.LoadError
	return errors.As(err, &e) && e.Errno == want
}

// TestRefusedPatches wants a patch that cannot be enabled to leave nothing behind.
func TestRefusedPatches(t *testing.T) {
	program := buildProgram(t, gameProgram)
	for _, c := range []struct {
		name, text string
		errno      livepatch.Errno
		want       string
	}{
		{"missing", `static void f(void) {} KLP_FUNC(no_such, f); MODULE_INFO(livepatch, "Y");`, livepatch.EINVAL, "symbol 'no_such' not found in symbol table"},
		{"unmarked", `static void f(void) {} KLP_FUNC(ping, f);`, livepatch.EINVAL, "is not marked as a livepatch module"},
		{"unlinked", `void other(void); static void f(void) { other(); } KLP_FUNC(ping, f); MODULE_INFO(livepatch, "Y");`, livepatch.ENOENT, ""},
	} {
		l := newLab(t, lab.Config{Program: program})
		next := l.Machine.NextModule()
		err := l.Load(buildPatch(t, c.name, "#include <livepatch.h>\n"+c.text))
		if err == nil {
			run(t, l, l.Done)
			err = l.Loaded(c.name)
		}
		if !isErrno(err, c.errno) || !strings.HasPrefix(err.Error(), "insmod: ERROR: could not insert module test_modules/"+c.name+".ko: ") {
			t.Errorf("%s: %v", c.name, err)
		}
		if log := fmt.Sprint(l.Machine.LogLines()); !strings.Contains(log, c.want) {
			t.Errorf("%s: log %s, want %q", c.name, log, c.want)
		}
		if l.Symbol(next) != "" || l.Machine.ReadAt(next, make([]byte, 1)) == nil || len(l.Model.Patches()) != 0 {
			t.Errorf("%s: something is left: %q, %v", c.name, l.Symbol(next), l.Model.Patches())
		}
		if ok, err := l.Run(func() bool { return false }); ok || err != nil || l.Counts().Nested(0)+l.Counts().Nested(1) != 0 {
			t.Errorf("%s: afterwards: %v", c.name, err)
		}
	}
}

// TestUnwind wants the stack of a task that sleeps in a function that sleeps.
func TestUnwind(t *testing.T) {
	l := newLab(t, lab.Config{Program: buildProgram(t, gameProgram)})
	id, ok := l.Machine.TaskByName("player-1")
	if !ok {
		t.Fatal("no player")
	}
	run(t, l, func() bool {
		d, _ := l.Machine.Task(id)
		return d.State == emu.Asleep && len(l.Machine.Truth().Live(id)) == 4
	})
	var s unwind.Stack
	if err := l.Unwind(id, &s); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range s.Frames() {
		name, _, _ := strings.Cut(l.Symbol(f.Lookup()), "+")
		names = append(names, name)
	}
	if got, want := strings.Join(names, " < "), "pl_sleep < ping < pong < ping < play"; !strings.HasPrefix(got, want) {
		t.Errorf("the stack is %s, want %s", got, want)
	}
}

func TestPoints(t *testing.T) {
	program := buildProgram(t, gameProgram)
	l := newLab(t, lab.Config{Program: program})
	for _, c := range []struct {
		p    scenario.Point
		step string
		at   string
		err  string
	}{
		{p: scenario.Point{Function: "ping"}, at: "ping"},
		{p: scenario.Point{Function: "ping", Offset: 5}, at: "ping+0x5"},
		{p: scenario.Point{Function: "play", Label: "middle"}},
		{p: scenario.Point{Step: "H.pick"}, step: "H.pick"},
		{p: scenario.Point{Step: "stub.ret"}, at: "stub.ret"},
		{p: scenario.Point{Function: "no_such"}, err: `no function or label "no_such": none is called anything like it`},
		{p: scenario.Point{Function: "pin"}, err: `no function or label "pin": did you mean "ping"?`},
		{p: scenario.Point{Function: "ping", Offset: 3}, err: "ping+0x3 lies inside of an instruction: they begin at ping+0x0 and ping+0x5"},
		{p: scenario.Point{Function: "ping", Offset: 0x999}, err: "ping+0x999 lies outside of ping, which has "},
		{p: scenario.Point{Function: "ping", Label: "middle"}, err: `ping has no label "middle": there are none`},
		{p: scenario.Point{Function: "play", Label: "midle"}, err: `play has no label "midle": did you mean "middle"?`},
		{p: scenario.Point{Function: "games"}, err: "games is not code"},
		{p: scenario.Point{Step: "H.nothing"}, err: `no step or place of the stub is called "H.nothing": none is called anything like it`},
		{p: scenario.Point{Step: "H.pik"}, err: `no step or place of the stub is called "H.pik": did you mean "H.pick"?`},
	} {
		addr, step, err := l.Point(c.p)
		if step != c.step || c.err == "" && err != nil || c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)) {
			t.Errorf("%+v: %s, %q, %v", c.p, addr, step, err)
		}
		if c.err == "" && c.p.Label != "" && addr != program.ByName(c.p.Label)[0].Addr {
			t.Errorf("%+v is at %s", c.p, addr)
		}
		if c.at != "" && l.Machine.Symbol(addr) != c.at {
			t.Errorf("%+v is %s, want %s", c.p, l.Machine.Symbol(addr), c.at)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	program := buildProgram(t, gameProgram)
	for _, c := range []struct {
		c    lab.Config
		want string
	}{
		{lab.Config{}, "lab: no program"},
		{lab.Config{Program: program, Scheduler: "fifo"}, `no scheduler "fifo": there are random, rr`},
		{lab.Config{Program: program, CPUs: 65}, "65 CPUs: a machine has 1 to 64"},
		{lab.Config{Program: program, Model: livepatch.Options{Breaks: []string{"no-such"}}}, "no-such"},
	} {
		l, err := lab.New(c.c)
		if l != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %v, want %s", l, err, c.want)
		}
	}
}

// TestSleepAndLimits wants the operator's sleep to take its time, and a run to end at
// its bound.
func TestSleepAndLimits(t *testing.T) {
	l := newLab(t, lab.Config{Program: buildProgram(t, gameProgram), MaxTime: 20 * guest.Second})
	l.Sleep(7 * guest.Second)
	run(t, l, l.Done)
	if l.Now() < 7*guest.Second || l.Now() > 7*guest.Second+guest.Second/100 {
		t.Errorf("a sleep until 7 s ends at %d ns", l.Now())
	}
	l.Sleep(100 * guest.Second)
	var limit *emu.LimitError
	if ok, err := l.Run(l.Done); ok || !errors.As(err, &limit) {
		t.Errorf("a sleep beyond the bound: %v, %v", ok, err)
	}
	l = newLab(t, lab.Config{Program: buildProgram(t, gameProgram)})
	l.Interrupt()
	if ok, err := l.Run(func() bool { return false }); ok || !errors.Is(err, emu.ErrInterrupted) {
		t.Errorf("interrupted: %v, %v", ok, err)
	}
}

package labtest

import (
	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/guest"
	"patchlab/lab"
)

// TB is what a laboratory needs of a test; [testing.TB] has it.
type TB interface {
	Helper()
	Name() string
	Failed() bool
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Lab is a laboratory of a test. Its methods fail the test when something goes wrong.
type Lab struct {
	*lab.Lab
	// Oracle judges what happens. The test fails at its end when it has found anything,
	// unless Allow has said which rules may be broken.
	Oracle *oracle.Oracle

	t       TB
	config  lab.Config
	allowed []string
}

// New opens a laboratory with a program. It is closed when the test ends. The program of c
// does not count.
func New(t TB, program Source, c lab.Config) *Lab {
	t.Helper()
	c.Program = program.program(t)
	inner, err := lab.New(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	l := &Lab{Lab: inner, Oracle: oracle.Attach(inner), t: t, config: c}
	t.Cleanup(l.end)
	return l
}

// Allow lets the rules of the oracle with these names be broken.
func (l *Lab) Allow(rules ...string) { l.allowed = append(l.allowed, rules...) }

// end closes the laboratory and judges what has happened there.
func (l *Lab) end() {
	l.t.Helper()
	for _, v := range l.Oracle.Violations() {
		if !l.allows(v) {
			l.t.Errorf("%s\n%s", v, l.Report())
			break
		}
	}
	if err := l.Close(); err != nil {
		l.t.Errorf("%v", err)
	}
}

func (l *Lab) allows(v oracle.Violation) bool {
	for _, rule := range l.allowed {
		if v.Rule.String() == rule {
			return true
		}
	}
	return false
}

// Until steps the machine until cond holds, which is asked before each step; what says in
// words what is waited for.
func (l *Lab) Until(what string, cond func() bool) {
	l.t.Helper()
	if ok, err := l.Run(cond); err != nil {
		l.Fatalf("waiting until %s: %v", what, err)
	} else if !ok {
		l.Oracle.Ended(nil)
		l.Fatalf("waiting until %s: nothing moves any more", what)
	}
}

// Finish runs until all tasks of the program have exited.
func (l *Lab) Finish() {
	l.t.Helper()
	if _, err := l.Run(func() bool { return false }); err != nil {
		l.Fatalf("running to the end: %v", err)
	}
	for _, t := range l.config.Program.Tasks {
		if d := l.Task(t.Name); d.State != emu.Exited && !d.Kernel {
			l.Fatalf("running to the end: nothing moves any more, and %s has not exited", t.Name)
		}
	}
}

// RunFor lets virtual time pass.
func (l *Lab) RunFor(d guest.Time) {
	l.t.Helper()
	end := l.Now() + d
	l.Sleep(end)
	l.Until("time has passed", func() bool { return l.Now() >= end && l.Done() })
}

// Insmod loads a patch and enables it. It returns when the first attempt was made, like
// insmod; the transition may go on: see Settled.
func (l *Lab) Insmod(name string, patch Source) {
	l.t.Helper()
	err := l.Load(patch.patch(l.t, name))
	if err == nil {
		l.Until(name+" is loaded", l.Done)
		err = l.Loaded(name)
	}
	if err != nil {
		l.Fatalf("%v", err)
	}
}

// Echo writes to a file of a patch, such as "fix/enabled".
func (l *Lab) Echo(value, path string) {
	l.t.Helper()
	err := l.Write(path, value)
	if err == nil {
		l.Until("the write to "+path+" is over", l.Done)
		err = l.Result()
	}
	if err != nil {
		l.Fatalf("echo %s > %s: %v", value, path, err)
	}
}

// HookAt switches on the site of a function, for the handler of the configuration.
func (l *Lab) HookAt(function string) {
	l.t.Helper()
	err := l.Hook(l.Addr(function))
	if err == nil {
		l.Until("the site of "+function+" is on", l.Done)
		err = l.Result()
	}
	if err != nil {
		l.Fatalf("hook of %s: %v", function, err)
	}
}

// Settled reports whether no transition runs.
func (l *Lab) Settled() bool {
	_, armed := l.Model.NextAttempt()
	return !armed && len(l.Model.Pending()) == 0
}

// Asleep returns a condition: the task sleeps.
func (l *Lab) Asleep(task string) func() bool {
	l.t.Helper()
	id := l.Task(task).ID
	return func() bool { d, _ := l.Machine.Task(id); return d.State == emu.Asleep }
}

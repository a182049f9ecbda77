package emu

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchlab/emu/cpu"
	"patchlab/emu/cpu/unicorn"
	"patchlab/emu/sched"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab/build"
	"patchlab/lab/scenario"
	"patchlab/protocol"
	"patchlab/trampoline"
)

// rig is a machine with a program that a test has written, and a patcher that does what
// the test tells it.
type rig struct {
	*Machine
	t     testing.TB
	image *image.Image
	p     *fakePatcher
}

// setup says what rig to make.
type setup struct {
	source string   // see compile
	tasks  []string // entry functions, each with an argument behind a colon or 0
	cpus   int
	policy sched.Policy
	open   func(cpu.Options) (cpu.CPU, error)
	quiet  bool // without the truth recorder
	limit  func(*Config)
}

// compile builds a kernel-style program: C, or assembler when it begins with "// asm";
// behind a line "// user asm" stands a user part in assembler.
func compile(t testing.TB, source string, flags ...string) *image.Image {
	t.Helper()
	kernel, user, both := strings.Cut(source, "// user asm\n")
	name := "program.c"
	if strings.HasPrefix(kernel, "// asm") {
		name = "program.S"
	}
	file := func(name, text string) scenario.Source {
		return scenario.Source{Name: name, File: t.Name(), Line: 1, Text: "#include <patchlab.h>\n" + text, Flags: flags}
	}
	sources := []scenario.Source{file(name, kernel)}
	if both {
		sources = append(sources, file("user.S", user))
	}
	elf, err := new(build.Builder).Program(sources)
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.Parse("program", elf)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func newRig(t testing.TB, s setup) *rig {
	t.Helper()
	return newRigOf(t, s, compile(t, s.source))
}

// newRigOf makes a rig with a program that was built before.
func newRigOf(t testing.TB, s setup, img *image.Image) *rig {
	t.Helper()
	own := *img
	r := &rig{t: t, image: &own}
	own.Tasks = nil
	for i, task := range s.tasks {
		entry, arg, _ := strings.Cut(task, ":")
		d := image.TaskDecl{Name: fmt.Sprintf("%s-%d", entry, i+1), Entry: r.addr(entry)}
		if arg != "" {
			if _, err := fmt.Sscan(arg, &d.Arg); err != nil {
				t.Fatal(err)
			}
		}
		own.Tasks = append(own.Tasks, d)
	}
	store := protocol.NewStore()
	c := Config{
		Image: &own, CPUs: s.cpus, Policy: s.policy, Open: s.open, Program: protocol.NewProgram(store),
		Arena: trampoline.NewArena(ArenaBase),
	}
	if c.Open == nil {
		c.Open = unicorn.New
	}
	if s.limit != nil {
		s.limit(&c)
	}
	r.p = newFakePatcher(r, c.Program)
	c.Patcher = r.p
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	r.Machine = m
	r.p.prepare(!s.quiet)
	if err := m.Boot(); err != nil {
		t.Fatal(err)
	}
	return r
}

// addr returns the address of a symbol of the program.
func (r *rig) addr(name string) guest.Addr {
	r.t.Helper()
	s := r.image.ByName(name)
	if len(s) != 1 {
		r.t.Fatalf("%d symbols are called %s", len(s), name)
	}
	return s[0].Addr
}

// word returns the word of the program's memory at a symbol, or behind it.
func (r *rig) word(name string, i ...int) uint64 {
	r.t.Helper()
	a := r.addr(name)
	if len(i) > 0 {
		a += guest.Addr(8 * i[0])
	}
	v, err := guest.ReadU64(r.Memory(), a)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// maxTestSteps is far more than any of these programs needs.
const maxTestSteps = 3_000_000

// until steps until cond holds, or the machine rests or fails.
func (r *rig) until(cond func() bool) (Status, error) {
	r.t.Helper()
	for range maxTestSteps {
		if cond() {
			return Running, nil
		}
		if s, err := r.Step(); s != Running || err != nil {
			return s, err
		}
	}
	r.t.Fatalf("no end after %d steps: %s", maxTestSteps, r.dump())
	return 0, nil
}

// finish runs until all tasks have exited.
func (r *rig) finish() {
	r.t.Helper()
	if s, err := r.until(func() bool { return false }); s != Finished || err != nil {
		r.t.Fatalf("the run ended with status %d, %v: %s", s, err, r.dump())
	}
}

// fails runs until the guest does what it must not, and returns that.
func (r *rig) fails() *Fault {
	r.t.Helper()
	s, err := r.until(func() bool { return false })
	var f *Fault
	if !errors.As(err, &f) || !errors.Is(err, ErrGuest) {
		r.t.Fatalf("the run ended with status %d, %v: %s", s, err, r.dump())
	}
	return f
}

// hold holds a task at an address or step, and runs until it is there.
func (r *rig) hold(id guest.TaskID, addr guest.Addr, step string) {
	r.t.Helper()
	r.Hold(id, addr, step)
	if s, err := r.until(func() bool { return r.state(id) == Held }); s != Running || err != nil {
		r.t.Fatalf("task %d does not come to %s%s: %v; %s", id, r.Symbol(addr), step, err, r.dump())
	}
}

func (r *rig) state(id guest.TaskID) TaskState { return r.task(id).state }

func (r *rig) text() string {
	var b strings.Builder
	for _, o := range r.Output() {
		b.WriteString(o.Text)
	}
	return b.String()
}

// dump says where everybody is.
func (r *rig) dump() string {
	var b strings.Builder
	fmt.Fprintf(&b, "time %d, step %d", r.Now(), r.Steps())
	for i := range r.tasks {
		t := &r.tasks[i]
		fmt.Fprintf(&b, "; %s %s in %s mode at %s %s", t.name, t.state, t.mode, r.Symbol(t.ctx.PC), r.Point(t.id))
	}
	return b.String()
}

// outcome is all that a run shows.
func (r *rig) outcome(err error) string {
	return fmt.Sprintf("%s %d %d %q %v %v", r.Digest(), r.Steps(), r.Now(), r.text(), r.LogLines(), err)
}

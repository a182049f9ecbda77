package testprogs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/image"
	"patchlab/lab/scenario"
)

// TestScenarios builds every scenario, links its patches against its program, and wants
// the script to name only functions and tasks that are there.
func TestScenarios(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			if s.Title == "" {
				t.Error("it has no title")
			}
			program, err := image.Parse(name, Build(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if program.Style != image.KernelStyle || len(program.Gates) == 0 || len(program.Tasks) == 0 {
				t.Errorf("style %v, %d gates, %d tasks", program.Style, len(program.Gates), len(program.Tasks))
			}
			patched := map[string]bool{}
			for i, p := range s.Patches {
				for _, old := range checkPatch(t, program, BuildPatch(t, name, p.Name), p.Name, i) {
					patched[old] = true
				}
			}
			for _, c := range s.Script {
				checkNames(t, s, c, program, patched)
			}
		})
	}
}

// checkPatch links the n-th patch and returns the names of what it replaces.
func checkPatch(t *testing.T, program *image.Image, elf []byte, name string, n int) []string {
	t.Helper()
	object, err := image.ParseObject(name, elf)
	if err != nil {
		t.Fatal(err)
	}
	linked, err := object.Link(0x10000000, program)
	if err != nil {
		t.Fatal(err)
	}
	decl, ok, err := linked.Patch()
	if err != nil || !ok || !decl.Marked {
		t.Fatalf("patch %d, %s: %+v, %v, %v", n, name, decl, ok, err)
	}
	var old []string
	for _, o := range decl.Objects {
		for _, f := range o.Funcs {
			old = append(old, f.OldName)
		}
	}
	return old
}

// checkNames wants what a command names to be there.
func checkNames(t *testing.T, s *scenario.Scenario, c scenario.Command, program *image.Image, patched map[string]bool) {
	t.Helper()
	at := fmt.Sprintf("%s:%d: %s", s.File, c.Line, c.Verb)
	for _, f := range []string{c.Function, c.Point.Function} {
		if f != "" && len(program.ByName(f)) != 1 {
			t.Errorf("%s: %d functions are called %s", at, len(program.ByName(f)), f)
		}
	}
	if c.Verb == scenario.ExpectCalls && !patched[c.Function] {
		t.Errorf("%s: no patch replaces %s", at, c.Function)
	}
	for _, task := range []string{c.Task, c.Path.Task} {
		is := func(d image.TaskDecl) bool { return d.Name == task }
		if task != "" && !strings.HasPrefix(task, "swapper/") && !slices.ContainsFunc(program.Tasks, is) {
			t.Errorf("%s: no task is called %s", at, task)
		}
	}
}

// TestFunctionsAreCalled wants the functions that a scenario patches to be called: a patch
// does not reach an inlined copy.
func TestFunctionsAreCalled(t *testing.T) {
	for _, name := range Names() {
		s, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		program, err := image.Parse(name, Build(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Script {
			if c.Verb != scenario.ExpectCalls {
				continue
			}
			if f := program.ByName(c.Function); len(f) == 1 && !called(program, uint64(f[0].Addr)) {
				t.Errorf("%s: nothing calls %s", name, c.Function)
			}
		}
	}
}

// called tells whether a gate or a call instruction of the program names a function.
func called(program *image.Image, fn uint64) bool {
	for _, g := range program.Gates {
		if uint64(g.Fn) == fn {
			return true
		}
	}
	for _, s := range program.Segments {
		for i := 0; i+5 <= len(s.Data); i++ {
			if s.Data[i] != 0xe8 {
				continue
			}
			rel := int32(uint32(s.Data[i+1]) | uint32(s.Data[i+2])<<8 | uint32(s.Data[i+3])<<16 | uint32(s.Data[i+4])<<24)
			if uint64(s.Range.Start)+uint64(i)+5+uint64(int64(rel)) == fn {
				return true
			}
		}
	}
	return false
}

// failing is a test that only notes that it failed.
type failing struct{ message string }

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) { f.message = fmt.Sprintf(format, args...) }

func TestNoSuch(t *testing.T) {
	if s, err := Open("nothing"); s != nil || err == nil || !strings.HasPrefix(err.Error(), `no scenario is called "nothing"; there are demo, asleep-in-caller`) {
		t.Errorf("%v, %v", s, err)
	}
	var f failing
	if elf := Build(&f, "nothing"); elf != nil || f.message == "" {
		t.Errorf("%d bytes, %q", len(elf), f.message)
	}
	f.message = ""
	if elf := BuildPatch(&f, demo, "nothing"); elf != nil || f.message != `demo: no patch is called "nothing"` {
		t.Errorf("%d bytes, %q", len(elf), f.message)
	}
}

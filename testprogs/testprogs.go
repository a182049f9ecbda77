package testprogs

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"patchlab/lab/build"
	"patchlab/lab/scenario"
)

//go:embed demo/*.txtar scenarios/*.txtar seed/*.txtar
var files embed.FS

// Names returns the names of all scenarios: the demonstration, "demo", then the others in
// alphabetical order.
func Names() []string {
	names := []string{demo}
	for _, file := range scenarios() {
		names = append(names, strings.TrimSuffix(path.Base(file), ".txtar"))
	}
	return names
}

const (
	demo = "demo"
	seed = "seed/" // begins the names of what is to be searched
)

// SeedNames returns the names of the scenarios that are made for a search over their
// schedules, "seed/enable" for one, in alphabetical order. They are not among Names.
func SeedNames() []string {
	found, err := fs.Glob(files, seed+"*.txtar")
	if err != nil {
		panic("BUG: testprogs: " + err.Error())
	}
	var names []string
	for _, file := range found {
		names = append(names, strings.TrimSuffix(file, ".txtar"))
	}
	slices.Sort(names)
	return names
}

// scenarios returns the files in scenarios/.
func scenarios() []string {
	found, err := fs.Glob(files, "scenarios/*.txtar")
	if err != nil {
		panic("BUG: testprogs: " + err.Error())
	}
	slices.Sort(found)
	return found
}

// File returns the path of a scenario in this folder, and its content.
func File(name string) (string, []byte, error) {
	file := "scenarios/" + name + ".txtar"
	switch {
	case name == demo:
		file = "demo/demo.txtar"
	case strings.HasPrefix(name, seed):
		file = name + ".txtar"
	}
	data, err := files.ReadFile(file)
	if err != nil {
		return "", nil, fmt.Errorf("no scenario is called %q; there are %s", name, strings.Join(slices.Concat(Names(), SeedNames()), ", "))
	}
	return file, data, nil
}

// Open reads a scenario. Its file is named as seen from the root of the module.
func Open(name string) (*scenario.Scenario, error) {
	file, data, err := File(name)
	if err != nil {
		return nil, err
	}
	return scenario.Parse("testprogs/"+file, data)
}

// TB is what the builders need of a test; [testing.T] has it.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Build returns a scenario's program, an ELF executable. It fails the test when there is
// no such scenario or it does not build.
func Build(t TB, name string) []byte {
	t.Helper()
	s, err := Open(name)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	elf, err := new(build.Builder).Program(s.Program)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return elf
}

// BuildPatch returns a scenario's patch, a relocatable ELF object. It fails the test when
// there is no such scenario or patch, or it does not build.
func BuildPatch(t TB, name, patch string) []byte {
	t.Helper()
	s, err := Open(name)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	p := s.PatchNamed(patch)
	if p == nil {
		t.Fatalf("%s: no patch is called %q", name, patch)
		return nil
	}
	object, err := new(build.Builder).Patch(patch, p.Sources)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return object
}

// RedBy returns the breaks that a scenario's comment says turn it red.
func RedBy(t TB, name string) []string {
	t.Helper()
	s, err := Open(name)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	var names []string
	for _, r := range s.Red() {
		if r.Break != "" {
			names = append(names, r.Break)
		}
	}
	return names
}

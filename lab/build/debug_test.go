package build

import (
	"bytes"
	"debug/elf"
	"slices"
	"strings"
	"testing"

	"patchlab/lab/scenario"
)

// TestDebugChangesNothing wants programs and patches to have the same code and data with
// source lines as without.
func TestDebugChangesNothing(t *testing.T) {
	program := &job{what: "program", program: true, link: linkFlags, sources: []scenario.Source{src("program.c", kernelPart), src("user.c", userPart)}}
	patch := &job{what: "patch p", link: joinFlags, sources: []scenario.Source{src("p.c", "#include <livepatch.h>\nu64 g(u64 a);\nu64 f(u64 a) { return g(a) + 1; }\nKLP_FUNC(greet, f);\n")}}
	for _, with := range []*job{program, patch} {
		without := *with
		without.sources = slices.Clone(with.sources)
		for i := range without.sources {
			without.sources[i].Flags = []string{"-g0"}
		}
		a, b := loaded(t, with), loaded(t, &without)
		if len(a) == 0 || len(a) != len(b) {
			t.Errorf("%s: %d sections with lines, %d without", with.what, len(a), len(b))
		}
		for name := range a {
			if !bytes.Equal(a[name], b[name]) {
				t.Errorf("%s: section %s differs", with.what, name)
			}
		}
	}
}

// loaded returns the sections of a job's result that are in memory when it runs.
func loaded(t *testing.T, j *job) map[string][]byte {
	t.Helper()
	b, err := j.compile("gcc")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string][]byte{}
	for _, s := range parse(t, b).Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS {
			if sections[s.Name], err = s.Data(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return sections
}

// TestSameBytes wants the result of the same sources to be the same to the byte, wherever it is
// built.
func TestSameBytes(t *testing.T) {
	j := &job{what: "program", program: true, link: linkFlags, sources: []scenario.Source{src("program.c", kernelPart), src("user.c", userPart)}}
	first, err := j.compile("gcc")
	if err != nil {
		t.Fatal(err)
	}
	second, err := j.compile("gcc") // in another folder
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two results of %d and %d bytes, %v", len(first), len(second), err)
	}
	if strings.Contains(string(first), "patchlab-build-") {
		t.Error("the folder of the build is in the result")
	}
	if !strings.Contains(string(first), "demo.txtar") {
		t.Error("no source lines in the result")
	}
}

package labtest

import (
	"fmt"
	"path/filepath"
	"runtime"

	"patchlab/image"
	"patchlab/lab/build"
	"patchlab/lab/scenario"
	"patchlab/testprogs"
)

// Source is the source of a program or of a patch.
type Source struct {
	language string // "c" or "S"
	text     string
	user     bool   // of user style
	scenario string // in place of a text: of this scenario of testprogs
	at       string // where it stands in the test: file:line
}

// C is a source in C. A program includes <patchlab.h>, a patch <livepatch.h>; what they
// have is told in docs/machine.md.
func C(text string) Source { return source("c", text) }

// Asm is a source in assembly, for the C preprocessor and the GNU assembler. The headers
// of [C] go for it too.
func Asm(text string) Source { return source("S", text) }

// Testprog is the program, or the patch of the given name, of a scenario of testprogs.
func Testprog(scenario string) Source { return Source{scenario: scenario} }

// User is the source, in C, of an ordinary Linux program or of a patch for one. It is linked
// with the host's C library; docs/patches.md says what of it a patch can use.
func User(text string) Source {
	s := source("c", text)
	s.user = true
	return s
}

func source(language, text string) Source {
	_, file, line, _ := runtime.Caller(2)
	return Source{language: language, text: text, at: fmt.Sprintf("%s:%d", filepath.Base(file), line)}
}

// sources returns s as a builder takes it. Messages of the compiler count the lines of the
// text from 1, and name the place of the test.
func (s Source) sources(name string) []scenario.Source {
	return []scenario.Source{{Name: name + "." + s.language, File: s.at, Line: 1, Text: s.text}}
}

// program builds s as a program.
func (s Source) program(t TB) *image.Image {
	t.Helper()
	name, elf, err := s.scenario, []byte(nil), error(nil)
	if s.scenario != "" {
		elf = testprogs.Build(t, s.scenario)
	} else if name = "program"; s.user {
		elf, err = new(build.Builder).Process(s.sources(name))
	} else {
		elf, err = new(build.Builder).Program(s.sources(name))
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	img, err := image.Parse(name, elf)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return img
}

// patch builds s as the patch of that name.
func (s Source) patch(t TB, name string) *image.Object {
	t.Helper()
	elf, err := []byte(nil), error(nil)
	if s.scenario != "" {
		elf = testprogs.BuildPatch(t, s.scenario, name)
	} else if s.user {
		elf, err = new(build.Builder).ProcessPatch(name, s.sources(name))
	} else {
		elf, err = new(build.Builder).Patch(name, s.sources(name))
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	object, err := image.ParseObject(name, elf)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return object
}

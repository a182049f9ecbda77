package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/lab/scenario"
)

// counting returns a builder whose compiler is a script that writes a line to a log
// before it does what it is told, and a function that counts the lines.
func counting(t *testing.T, script string) (*Builder, func() int) {
	t.Helper()
	dir := t.TempDir()
	cc, log := filepath.Join(dir, "cc"), filepath.Join(dir, "log")
	if err := os.WriteFile(cc, []byte("#!/bin/sh\necho >>"+log+"\n"+script), 0o777); err != nil {
		t.Fatal(err)
	}
	b := builder(t)
	b.CC = cc
	return b, func() int {
		lines, _ := os.ReadFile(log)
		return len(lines)
	}
}

func TestNoCompiler(t *testing.T) {
	arm, _ := counting(t, "echo; echo Target: aarch64-linux-gnu")
	broken, _ := counting(t, "echo wrong >&2; exit 3")
	missing := builder(t)
	missing.CC = "no-such-compiler"
	for _, c := range []struct {
		b    *Builder
		want string
	}{
		{missing, `no C compiler for x86-64: exec: "no-such-compiler": executable file not found in $PATH; 'make deps' installs one`},
		{arm, "does not build for it (its target is aarch64-linux-gnu)"},
		{broken, "exit status 3: wrong"},
	} {
		b, err := c.b.Program([]scenario.Source{src("program.c", kernelPart)})
		if !errors.Is(err, ErrNoCompiler) || !strings.Contains(err.Error(), c.want) || b != nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %d bytes, %v", c.b.CC, len(b), err)
		}
	}
}

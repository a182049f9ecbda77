package image

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/testprogs/include"
)

// compile writes the sources into a folder, with the headers of the laboratory beside
// them, runs gcc there with the arguments, and returns the file that it makes.
func compile(t testing.TB, sources map[string]string, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	names, err := fs.Glob(include.Files(), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := fs.ReadFile(include.Files(), n)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, n, b)
	}
	for n, text := range sources {
		write(t, dir, n, []byte(text))
	}
	cmd := exec.Command("gcc", append(strings.Fields("-I. -ffreestanding -nostdlib -fno-asynchronous-unwind-tables -o out"), args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// userProgram assembles a user-style program from the text.
func userProgram(t testing.TB, text string, args ...string) []byte {
	t.Helper()
	return compile(t, map[string]string{"a.S": text}, append([]string{"-static", "-no-pie", "a.S"}, args...)...)
}

// hostedProgram compiles an ordinary program of the C library from the text.
func hostedProgram(t testing.TB, text string, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "a.c", []byte(text))
	out := filepath.Join(dir, "out")
	args = append(args, "-o", out, filepath.Join(dir, "a.c"))
	if msg, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc %s: %v\n%s", strings.Join(args, " "), err, msg)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// kernelProgram assembles a kernel-style program from the text with the laboratory's
// support code.
func kernelProgram(t testing.TB, text string) []byte {
	t.Helper()
	return compile(t, map[string]string{"a.S": "#include <patchlab.h>\n" + text},
		"-static", "-no-pie", "-Wl,-T,"+include.LinkerScript, "a.S", include.Support)
}

// object assembles a module from the text.
func object(t testing.TB, text string) []byte {
	t.Helper()
	return compile(t, map[string]string{"a.S": "#include <livepatch.h>\n" + text}, "-c", "a.S")
}

// parse parses a program that must be sound.
func parse(t testing.TB, b []byte) *Image {
	t.Helper()
	m, err := Parse("prog", b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// link links a module that must be sound.
func link(t testing.TB, b []byte, r Resolver) *Linked {
	t.Helper()
	o, err := ParseObject("mod", b)
	if err != nil {
		t.Fatal(err)
	}
	m, err := o.Link(ModuleArea.Start, r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

package build

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"patchlab/lab/scenario"
)

// builder returns a builder with a cache of its own, of which t sees every file.
func builder(t *testing.T) *Builder { return &Builder{CacheDir: t.TempDir()} }

func src(name, text string) scenario.Source {
	return scenario.Source{Name: name, File: "demo.txtar", Line: 10, Text: text}
}

const kernelPart = `#include <patchlab.h>
static u64 calls;
u64 callee(u64 a) { return a + 1; }
u64 greet(u64 a) { calls++; pl_sleep(5); return callee(a) * 2; }
notrace u64 quiet(u64 a) { return a; }
GATE(0x1001, greet);
GATE(0x1002, callee);
`

const userPart = `#include <patchlab.h>
static u64 rounds;
void worker(u64 me)
{
	gate(0x1001, me);
	user_write("hello\n", 6);
	rounds++;
	user_exit(0);
}
TASK("one", worker, 1);
TASK("two", worker, 2);
`

// parse reads a result back.
func parse(t *testing.T, b []byte) *elf.File {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// symbols returns the symbols by name.
func symbols(t *testing.T, f *elf.File) map[string]elf.Symbol {
	t.Helper()
	list, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]elf.Symbol{}
	for _, s := range list {
		m[s.Name] = s
	}
	return m
}

// words returns the content of a section as 64-bit words.
func words(t *testing.T, f *elf.File, section string) []uint64 {
	t.Helper()
	s := f.Section(section)
	if s == nil {
		t.Fatalf("no section %s", section)
	}
	b, err := s.Data()
	if err != nil || len(b)%8 != 0 {
		t.Fatalf("%s: %d bytes, %v", section, len(b), err)
	}
	var w []uint64
	for ; len(b) > 0; b = b[8:] {
		w = append(w, binary.LittleEndian.Uint64(b))
	}
	return w
}

// code returns n bytes of f's memory at an address.
func code(t *testing.T, f *elf.File, at uint64, n int) []byte {
	t.Helper()
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Vaddr <= at && at+uint64(n) <= p.Vaddr+p.Filesz {
			b := make([]byte, n)
			if _, err := p.ReadAt(b, int64(at-p.Vaddr)); err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Fatalf("nothing at %#x", at)
	return nil
}

func equal[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

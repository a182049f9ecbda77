package build

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"patchlab/lab/scenario"
)

func TestCache(t *testing.T) {
	b, runs := counting(t, `exec gcc "$@"`)
	sources := []scenario.Source{src("program.c", kernelPart), src("user.c", userPart)}
	first, err := b.Program(sources)
	if err != nil {
		t.Fatal(err)
	}
	n := runs()
	again := func(what string, sources []scenario.Source, built bool) {
		t.Helper()
		got, err := b.Program(sources)
		if err != nil || (runs() > n) != built {
			t.Errorf("%s: %v, compiler ran: %v, want %v", what, err, runs() > n, built)
		}
		if !built && !bytes.Equal(got, first) {
			t.Errorf("%s: another result", what)
		}
		n = runs()
	}
	again("same", sources, false)
	for what, change := range map[string]func(*scenario.Source){
		"text": func(s *scenario.Source) { s.Text += "int more;\n" },
		"flag": func(s *scenario.Source) { s.Flags = []string{"-O1"} },
		"line": func(s *scenario.Source) { s.Line++ },
		"file": func(s *scenario.Source) { s.File = "other.txtar" },
		"name": func(s *scenario.Source) { s.Name = "program_1.c" },
	} {
		other := append([]scenario.Source{}, sources...)
		change(&other[0])
		again(what, other, true)
	}
	again("same after others", sources, false)

	// An entry that was cut off, or is not one, does not count.
	entries, _ := filepath.Glob(filepath.Join(b.CacheDir, "*"))
	for _, e := range entries {
		if err := os.Truncate(e, 100); err != nil {
			t.Fatal(err)
		}
	}
	again("cut off", sources, true)
	again("mended", sources, false)
}

// TestNoCache builds where nothing can be kept.
func TestNoCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	sources := []scenario.Source{src("program.c", kernelPart)}
	one, err1 := (&Builder{CacheDir: filepath.Join(file, "cache")}).Program(sources)
	two, err2 := builder(t).Program(sources)
	if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Errorf("%v, %v, same result: %v", err1, err2, bytes.Equal(one, two))
	}
}

func TestConcurrentBuilds(t *testing.T) {
	b := builder(t)
	var wg sync.WaitGroup
	results := make([][]byte, 4)
	for i := range results {
		wg.Go(func() {
			var err error
			if results[i], err = b.Program([]scenario.Source{src("program.c", kernelPart)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, r := range results {
		if !bytes.Equal(r, results[0]) {
			t.Error("results differ")
		}
	}
	if entries, err := os.ReadDir(b.CacheDir); err != nil || len(entries) != 1 {
		t.Errorf("the cache holds %v, %v", entries, err)
	}
}

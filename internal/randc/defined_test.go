package randc_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/internal/judge"
	"patchlab/internal/randc"
)

// warnings are all that -Wall and -Wextra find, but for what is odd without being wrong:
// it is what nobody would write by hand.
const warnings = `-Wall -Wextra -Werror -Wno-unused -Wno-unused-parameter -Wno-tautological-compare
	-Wno-type-limits -Wno-int-in-bool-context -Wno-overflow -Wno-bool-operation -Wno-bool-compare
	-Wno-sign-compare -Wno-memset-transposed-args -Wno-stringop-truncation`

// compilers must agree on each program. The last two look for what C leaves undefined.
func compilers() []judge.Compiler {
	var list []judge.Compiler
	for _, flags := range []string{
		"-O2 " + warnings,
		"-O0 -w",
		"-O1 -w -fsanitize=undefined,address -fno-sanitize-recover=all",
	} {
		list = append(list, judge.Compiler{Command: "gcc", Flags: strings.Fields("-std=gnu11 " + flags)})
	}
	if _, err := exec.LookPath("clang"); err == nil {
		list = append(list, judge.Compiler{Command: "clang", Flags: []string{"-std=gnu11", "-O2", "-w"}})
	}
	return list
}

// checkDefined wants the same output and status from a program, whoever compiles it.
func checkDefined(t *testing.T, seed uint64, features randc.Features) {
	t.Helper()
	dir := t.TempDir()
	source, prog := filepath.Join(dir, "program.c"), filepath.Join(dir, "program")
	if err := os.WriteFile(source, []byte(randc.Write(seed, features)), 0o666); err != nil {
		t.Fatal(err)
	}
	var want []byte
	var wantStatus int
	for i, c := range compilers() {
		if err := c.Build(source, prog); err != nil {
			t.Fatalf("seed %d with %s: %v", seed, features, err)
		}
		out, status, err := judge.Native(prog, nil)
		if err != nil {
			t.Fatalf("seed %d with %s: %s: %v", seed, features, c, err)
		}
		if i == 0 {
			want, wantStatus = out, status
		}
		if status != wantStatus || !bytes.Equal(out, want) {
			said, _ := exec.Command(prog).CombinedOutput() // a sanitizer speaks on standard error
			t.Fatalf("seed %d with %s: %s: status %d, was %d; now\n%swas\n%s", seed, features, c, status, wantStatus, said, want)
		}
	}
}

// TestDefined tries every feature once. FuzzDefined tries more.
func TestDefined(t *testing.T) {
	const programs = 3
	for k := range uint64(programs) {
		var features randc.Features
		for i, one := range randc.All().Each() {
			if i%programs == int(k) {
				features |= one
			}
		}
		t.Run(features.String(), func(t *testing.T) {
			t.Parallel()
			checkDefined(t, k, features)
		})
	}
}

func FuzzDefined(f *testing.F) {
	f.Fuzz(func(t *testing.T, seed uint64) { checkDefined(t, seed, randc.Swarm(seed)) })
}

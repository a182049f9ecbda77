package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// script returns the script for a shell.
func script(t *testing.T, shell string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if s := command(t.Context(), []string{"completion", shell}, &out, &errs); s != asExpected || errs.Len() > 0 {
		t.Fatalf("%s: status %d, %s", shell, s, errs.String())
	}
	return out.String()
}

// TestBash has bash complete command lines, of which the last word is the one that is being written.
func TestBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	complete := func(line string) []string {
		t.Helper()
		words := strings.Split(line, " ")
		cmd := exec.Command(bash, append([]string{"--norc", "-c", script(t, "bash") + `
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
			_patchlab; printf '%s\n' "${COMPREPLY[@]}"`, "bash"}, words...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return strings.Fields(string(out))
	}
	for line, want := range map[string]string{
		"patchlab ru":                 "run",
		"patchlab ex":                 "explore explain",
		"patchlab run -tra":           "-trace",
		"patchlab run -ti":            "-timeout",
		"patchlab run -break skip-st": "skip-stack-check",
		"patchlab run -model ":        "klp-6.12 closed",
		"patchlab run -seed ":         "", // a number: nothing to offer
		"patchlab run -v ":            "", // files: bash's own
		"patchlab sites -":            "-json -h",
		"patchlab completion ":        "bash zsh fish",
		"patchlab help scr":           "script",
		"patchlab nothing -":          "",
	} {
		if got := complete(line); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// TestShells wants each shell's script to have every command and flag, and shells that are there to read it.
func TestShells(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		text := script(t, shell)
		for _, word := range []string{"run", "explore", "disasm", "version", "trace", "max-schedules"} {
			if !strings.Contains(text, word) {
				t.Errorf("%s: no %s", shell, word)
			}
		}
		if strings.Contains(text, "@") || strings.Contains(text, "${default}") {
			t.Errorf("%s: something was not filled in:\n%s", shell, text)
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		cmd := exec.Command(path, "-n")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
}

package signal

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hostProgram compiles a program of testdata for the host.
func hostProgram(t testing.TB, name string) string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc")
	}
	exe := filepath.Join(t.TempDir(), name)
	out, err := exec.Command(gcc, "-O1", "-Wall", "-o", exe, filepath.Join("testdata", name+".c")).CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return exe
}

// onHost runs a program and returns what it writes, and how it ends: an exit status or a
// signal.
func onHost(t testing.TB, exe, input string, args ...string) (out, end string) {
	t.Helper()
	c := exec.Command(exe, args...)
	c.Stdin = strings.NewReader(input)
	var b, complaints bytes.Buffer
	c.Stdout, c.Stderr = &b, &complaints
	if err := c.Run(); c.ProcessState == nil || complaints.Len() > 0 {
		t.Fatalf("%v\n%s", err, &complaints)
	}
	return b.String(), c.ProcessState.String()
}

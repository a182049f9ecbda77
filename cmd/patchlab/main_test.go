package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"patchlab": main})
}

// TestScripts runs the scripts in testdata. They find the scenarios of
// testdata/scenarios in their own folder, the project's own in $TESTPROGS, and step
// programs in $COUNT.
func TestScripts(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	testprogs, err := filepath.Abs("../../testprogs")
	if err != nil {
		t.Fatal(err)
	}
	counts, err := filepath.Abs("../../explore/count/testdata")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := exec.LookPath("patchlab")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("TESTPROGS", testprogs)
			e.Setenv("COUNT", counts)
			e.Setenv("BIN", filepath.Dir(binary))
			return os.CopyFS(e.WorkDir, os.DirFS("testdata/scenarios"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":       cmdStatus,
			"one-line":     cmdOneLine,
			"nothing-left": cmdNothingLeft,
			"narrow":       cmdNarrow,
		},
	})
}

// cmdStatus runs a command that must end with a status: status N COMMAND ARG...
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg {
		ts.Fatalf("usage: status N COMMAND ARG...")
	}
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// cmdOneLine wants the last command to have printed one line on standard error and
// nothing else.
func cmdOneLine(ts *testscript.TestScript, _ bool, _ []string) {
	if errs := ts.ReadFile("stderr"); strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "patchlab: ") {
		ts.Fatalf("no line of ours on standard error: %q", errs)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("standard output: %q", out)
	}
}

// cmdNothingLeft wants the folder for temporary files to be empty.
func cmdNothingLeft(ts *testscript.TestScript, _ bool, _ []string) {
	left, err := os.ReadDir(ts.Getenv("TMPDIR"))
	ts.Check(err)
	for _, f := range left {
		ts.Fatalf("%s was left in the folder for temporary files", f.Name())
	}
}

// cmdNarrow wants the last command to have printed fewer than 100 columns.
func cmdNarrow(ts *testscript.TestScript, _ bool, _ []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if n := len([]rune(line)); n > 100 {
			ts.Fatalf("%d columns: %s", n-1, line)
		}
	}
}

// canceler cancels once it has been written what it waits for.
type canceler struct {
	written strings.Builder
	text    string
	cancel  func()
}

func (c *canceler) Write(p []byte) (int, error) {
	if c.written.Write(p); strings.Contains(c.String(), c.text) {
		c.cancel()
	}
	return len(p), nil
}

func (c *canceler) String() string { return c.written.String() }

// TestInterrupt wants Ctrl-C to end a run, and what is known by then to be reported.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	out := &canceler{text: "looping", cancel: cancel}
	var errs bytes.Buffer
	s := command(ctx, []string{"run", "-v", "testdata/scenarios/loops.txtar"}, out, &errs)
	if s != interrupted || errs.Len() > 0 {
		t.Errorf("status %d, %q", s, errs.String())
	}
	for _, want := range []string{
		"STOPPED testdata/scenarios/loops.txtar:3: interrupted while waiting until all tasks have exited\n",
		"\n  worker    ", // on its CPU, or waiting for it between two turns
		"\ndigest ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
}

func TestInterruptRange(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	out := &canceler{text: "seed 1: ", cancel: cancel}
	s := command(ctx, []string{"run", "-seed", "1-1000000", "testdata/scenarios/sleeps.txtar"}, out, out)
	if s != interrupted || !strings.Contains(out.String(), "interrupted: the rest of the seeds was not run\n") {
		t.Errorf("status %d:\n%s", s, out.String())
	}
}

func TestInterruptedBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	s := command(ctx, []string{"run", "testdata/scenarios/hello.txtar"}, &out, &errs)
	if s != interrupted || out.Len() > 0 || errs.String() != "patchlab: interrupted before the run began\n" {
		t.Errorf("status %d, %q, %q", s, out.String(), errs.String())
	}
}

func TestSeeds(t *testing.T) {
	for _, c := range []struct {
		text string
		want seeds
		bad  bool
	}{
		{text: "3", want: seeds{3, 3, true}},
		{text: "1-200", want: seeds{1, 200, true}},
		{text: "7-7", want: seeds{7, 7, true}},
		{text: "0x10-0x20", want: seeds{16, 32, true}},
		{text: "18446744073709551615", want: seeds{1<<64 - 1, 1<<64 - 1, true}},
		{text: "18446744073709551616", bad: true},
		{text: "", bad: true},
		{text: "-", bad: true},
		{text: "1-", bad: true},
		{text: "-3", bad: true},
		{text: "3-1", bad: true},
		{text: "1-2-3", bad: true},
		{text: "x", bad: true},
	} {
		var s seeds
		err := s.UnmarshalText([]byte(c.text))
		if s != c.want || (err != nil) != c.bad {
			t.Errorf("%q: %+v, %v", c.text, s, err)
		}
	}
}

func TestLongFlags(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"run -seed 3 f.txtar", "run --seed 3 f.txtar"},
		{"run --seed 3 f.txtar", "run --seed 3 f.txtar"},
		{"run -max-time=3s f.txtar", "run --max-time=3s f.txtar"},
		{"run -v -h f.txtar", "run --v -h f.txtar"},
		{"run -stats f -seed", "run --stats -- f -seed"},
		{"run -seed 3 f -h", "run --seed 3 -- f -h"},
		{"run -- -seed", "run -- -seed"},
		{"run -3 - -", "run -3 - -"},
	} {
		if got := strings.Join(longFlags(strings.Fields(c.args)), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.args, got, c.want)
		}
	}
}

// TestStatusesAreExplained wants the help to name each exit status.
func TestStatusesAreExplained(t *testing.T) {
	_, text, _ := strings.Cut(helpText, "\nExit status\n")
	for _, s := range []status{asExpected, unexpected, badInput, notConverged, inconclusive, interrupted} {
		if !strings.Contains("\n"+text, fmt.Sprintf("\n%5d   ", s)) {
			t.Errorf("exit status %d is not explained", s)
		}
	}
}

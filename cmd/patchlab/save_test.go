package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/explore"
	"patchlab/explore/search"
)

// TestWriteNew wants a file to be whole or not there, and one that is there to stay.
func TestWriteNew(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "new.txtar")
	if err := writeNew(name, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := writeNew(name, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	if text, err := os.ReadFile(name); string(text) != "first" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if left, err := os.ReadDir(dir); len(left) != 1 || err != nil {
		t.Errorf("%v, %v", left, err)
	}
	if err := canSave(name); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("%v", err)
	}
	if err := canSave(filepath.Join(dir, "other")); err != nil {
		t.Error(err)
	}
}

func TestShellWord(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"a/b-c_1.txtar", "a/b-c_1.txtar"},
		{"", "''"},
		{"my file", "'my file'"},
		{"it's", `'it'\''s'`},
		{"$x", "'$x'"},
	} {
		if got := shellWord(c.word); got != c.want {
			t.Errorf("%q: %s, want %s", c.word, got, c.want)
		}
	}
}

// TestDefect wants a schedule that has run in two ways to be patchlab's fault, told in one
// line with what shows it.
func TestDefect(t *testing.T) {
	c := &exploreCommand{File: "my file.txtar"}
	s := &explore.Subject{}
	steps := search.Schedule{{Actor: "t1", Point: "H.state", Digest: 7}}
	err := c.defect(s, &search.TwiceError{Err: &search.Difference{Want: steps[0], Reason: "another digest"}, Schedule: steps})
	want := "this is a defect of patchlab, not of the scenario: a schedule was run twice: step 1, t1 H.state: another digest; up to there: patchlab explore -replay 's1."
	if !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), " 'my file.txtar'") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	if other := errors.New("other"); c.defect(s, other) != other {
		t.Error("another error is changed")
	}
}

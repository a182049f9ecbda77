package fp

import (
	"errors"
	"os"
	"testing"

	"patchlab/unwind"
	"patchlab/unwind/unwindtest"
)

func TestUnwinder(t *testing.T) {
	unwindtest.Run(t, func(code *unwind.CodeMap) unwind.Unwinder { return New(code) })
}

// The deviation does what it is there for: it calls a stack complete on which read,
// the caller of the function that has no frame yet, is missing.
func TestTrustingMisses(t *testing.T) {
	text, err := os.ReadFile("../testdata/not-at-stop.txt")
	if err != nil {
		t.Fatal(err)
	}
	c, err := unwindtest.Parse("not-at-stop.txt", string(text))
	if err != nil {
		t.Fatal(err)
	}
	var s unwind.Stack
	var why *unwind.Error
	if err := New(c.Code).Unwind(&c.Target, &s); !errors.As(err, &why) || why.Reason != unwind.NotAtStop {
		t.Errorf("fp: %v", err)
	}
	if err := NewTrusting(c.Code).Unwind(&c.Target, &s); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range s.Frames() {
		got += f.Kind.String() + " " + c.Code.Text(f) + "\n"
	}
	if want := "pc fill+0x1\nreturn gate\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

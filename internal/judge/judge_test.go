package judge

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchlab/internal/randc"
)

// build compiles a program for the host.
func build(t *testing.T, text string) string {
	t.Helper()
	prog := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(prog+".c", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Static()[0].Build(prog+".c", prog); err != nil {
		t.Fatal(err)
	}
	return prog
}

// TestNative reads the statuses of programs that end in each way.
func TestNative(t *testing.T) {
	prog := build(t, `
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	printf("%d %s\n", argc, argv[argc - 1]);
	fflush(stdout);
	if (argc > 2)
		abort();
	return argc > 1 ? 200 : 0;
}
`)
	for _, c := range []struct {
		args   []string
		out    string
		status int
	}{
		{nil, "1 " + prog + "\n", 0},
		{[]string{"a"}, "2 a\n", 200},
		{[]string{"a", "b c"}, "3 b c\n", 128 + 6},
	} {
		out, status, err := Native(prog, c.args)
		if string(out) != c.out || status != c.status || err != nil {
			t.Errorf("%q: %q, %d, %v, want %q, %d", c.args, out, status, err, c.out, c.status)
		}
		if err := Compare(prog, c.args, Native); err != nil {
			t.Errorf("the host differs from itself: %v", err)
		}
	}
	if _, _, err := Native(prog+".c", nil); err == nil {
		t.Error("a file that is no program ran")
	}
}

// TestCompare is told of machines that are wrong.
func TestCompare(t *testing.T) {
	prog := build(t, "#include <stdio.h>\nint main(void) { puts(\"one\\ntwo\"); return 3; }\n")
	refused := errors.New("no such instruction")
	for want, machine := range map[string]Runner{
		"status: host 3, machine 4":                       answer("one\ntwo\n", 4, nil),
		`line 2: host "two", machine "too"`:               answer("one\ntoo\n", 3, nil),
		`line 3: host "", machine has none`:               answer("one\ntwo", 3, nil),
		`line 4: host has none, machine ""`:               answer("one\ntwo\n\n", 3, nil),
		"does not run it to its end: no such instruction": answer("one\ntwo\n", 3, refused),
	} {
		err := Compare(prog, nil, machine)
		if !errors.As(err, new(*Difference)) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := Compare(prog, nil, answer("", 0, refused)); !errors.Is(err, refused) {
		t.Errorf("the machine's error is lost: %v", err)
	}
}

// answer returns a machine that says the same for all programs.
func answer(out string, status int, err error) Runner {
	return func(string, []string) ([]byte, int, error) { return []byte(out), status, err }
}

// TestRandom gives the judge a machine that is wrong about one feature, and expects that it
// finds out which.
func TestRandom(t *testing.T) {
	features, err := randc.Parse("ints,control,unions,jumps,strings")
	if err != nil {
		t.Fatal(err)
	}
	gcc := Static()[0]
	if err := Random(1, features, gcc, Native); err != nil {
		t.Fatalf("the host differs from itself: %v", err)
	}
	err = Random(1, features, gcc, func(prog string, args []string) ([]byte, int, error) {
		out, status, err := Native(prog, args)
		return bytes.Replace(out, []byte("unions 1"), []byte("unions 2"), 1), status, err
	})
	var d *Difference
	if !errors.As(err, &d) {
		t.Fatalf("the machine is wrong, and the judge says: %v", err)
	}
	defer os.RemoveAll(filepath.Dir(d.Prog))
	for _, want := range []string{"seed 1 with ints,control,unions,strings,jumps", gcc.String(), "\nunions is enough", "patchlab run " + d.Prog + "."} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	unions, _ := randc.Parse("unions")
	if text, err := os.ReadFile(source(filepath.Dir(d.Prog))); string(text) != randc.Write(1, unions) {
		t.Errorf("the source is not that of the smaller program: %v", err)
	}
}

// TestRandomCompilerFails wants no difference where there was nothing to compare.
func TestRandomCompilerFails(t *testing.T) {
	err := Random(1, randc.Swarm(1), Compiler{"gcc", []string{"-no-such-flag"}}, Native)
	if err == nil || errors.As(err, new(*Difference)) || !strings.Contains(err.Error(), "no-such-flag") {
		t.Errorf("got %v", err)
	}
}

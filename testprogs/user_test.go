package testprogs_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"patchlab/emu/kernel"
	"patchlab/image"
	builder "patchlab/lab/build"
	"patchlab/lab/process"
)

// outcome is what can be seen of a run of a program.
type outcome struct {
	stdout, stderr string
	status         int
}

const userInput = "first line\nsecond\n\nlast, without an end"

// userArgs and userEnv are what every program is given.
var (
	userArgs = []string{"one", "-two", "three and four"}
	userEnv  = []string{"COLOUR=blue"}
)

// waysToLink are compilers and flags that make a static program.
var waysToLink = []struct {
	name, cc string
	flags    []string
}{
	{"glibc", "gcc", []string{"-static", "-no-pie"}},
	{"glibc pie", "gcc", []string{"-static-pie", "-fPIE"}},
	{"musl", "musl-gcc", []string{"-static"}},
}

// TestUserPrograms runs each program of user/ on the host and in the machine: both must
// print the same and end alike.
func TestUserPrograms(t *testing.T) {
	sources, err := filepath.Glob("user/*/*.c*")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	for _, source := range sources {
		for _, way := range waysToLink {
			t.Run(filepath.Base(filepath.Dir(source))+"/"+way.name, func(t *testing.T) {
				t.Parallel()
				elf := buildUser(t, source, way.cc, way.flags)
				want := native(t, elf)
				got := emulated(t, elf)
				if got != want {
					t.Errorf("in the machine:\n%s\non the host:\n%s", got, want)
				}
			})
		}
	}
}

func (o outcome) String() string {
	return o.stdout + "--- standard error:\n" + o.stderr + "--- status " + strconv.Itoa(o.status)
}

func buildUser(t *testing.T, source, cc string, flags []string) []byte {
	t.Helper()
	if strings.HasSuffix(source, ".cpp") {
		if cc != "gcc" {
			t.Skip("C++ is built by g++ only")
		}
		cc = "g++"
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	all := append([]string{"-O2", "-mno-avx"}, flags...)
	elf, err := new(builder.Builder).Executable(cc, filepath.Base(source), string(text), append(all, "-lm", "-pthread")...)
	if errors.Is(err, builder.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return elf
}

// native runs a program on the host.
func native(t *testing.T, elf []byte) outcome {
	t.Helper()
	file := filepath.Join(t.TempDir(), "prog")
	if err := os.WriteFile(file, elf, 0o777); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(file, userArgs...)
	cmd.Args[0], cmd.Env = "prog", userEnv
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(userInput), &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status := cmd.ProcessState.ExitCode()
	if w := cmd.ProcessState.Sys().(syscall.WaitStatus); w.Signaled() {
		status = 128 + int(w.Signal())
	}
	return outcome{stdout.String(), stderr.String(), status}
}

// emulated runs a program in the machine, and fails the test when a second run has another
// digest.
func emulated(t *testing.T, elf []byte) outcome {
	t.Helper()
	o, first := emulatedOnce(t, elf)
	if again, second := emulatedOnce(t, elf); again != o || second != first {
		t.Errorf("a second run: digest %s after %s", second, first)
	}
	return o
}

func emulatedOnce(t *testing.T, elf []byte) (outcome, string) {
	t.Helper()
	img, err := image.Parse("prog", elf)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	p, err := process.New(process.Config{Program: img, Kernel: kernel.Config{
		Args: append([]string{"prog"}, userArgs...), Env: userEnv, Exe: "/bin/prog",
		Stdin: strings.NewReader(userInput), Stdout: &stdout, Stderr: &stderr,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	status, err := p.Run()
	if err != nil {
		t.Errorf("%v\n%s", err, stdout.String())
	}
	return outcome{stdout.String(), stderr.String(), status}, p.Digest().String()
}

package testprogs_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"patchlab/emu"
	"patchlab/emu/kernel"
	"patchlab/guest"
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

// TestThreadsInManyOrders runs the threads under other schedules and with more CPUs: their
// order is another one, what they print is the same.
func TestThreadsInManyOrders(t *testing.T) {
	elf := buildUser(t, "user/threads/threads.c", "gcc", waysToLink[0].flags)
	want := native(t, elf).stdout
	seen := map[string]bool{}
	for seed := range uint64(4) {
		p, stdout := newProcess(t, elf, func(c *process.Config) {
			c.Scheduler, c.CPUs, c.Kernel.Seed = "random", 1+int(seed), seed
		})
		if status, err := p.Run(); err != nil || status != 0 || stdout.String() != want {
			t.Errorf("seed %d: status %d, %v\n%s", seed, status, err, stdout)
		}
		seen[p.Digest().String()] = true
		p.Close()
	}
	if len(seen) != 4 {
		t.Errorf("%d digests of 4 schedules", len(seen))
	}
}

// TestRestoreAProcess goes back to random moments of a run, and wants the same end of it.
func TestRestoreAProcess(t *testing.T) {
	for _, source := range []string{"user/threads/threads.c", "user/maps/maps.c", "user/heap/heap.c", "user/files/files.c"} {
		elf := buildUser(t, source, "gcc", waysToLink[0].flags)
		p, _ := newProcess(t, elf, nil)
		if _, err := p.Run(); err != nil {
			t.Fatal(err)
		}
		want, steps := p.Digest(), p.Machine.Steps()
		p.Close()
		p, _ = newProcess(t, elf, nil)
		random := rand.New(rand.NewPCG(1, steps))
		var back emu.Snapshot
		for range 3 {
			for p.Machine.Steps() < steps/4+random.Uint64N(steps/2) {
				if _, err := p.Machine.Step(); err != nil {
					t.Fatal(err)
				}
			}
			p.Machine.Save(&back)
			if _, err := p.Run(); err != nil || p.Digest() != want {
				t.Fatalf("%s: digest %s, %v, want %s", source, p.Digest(), err, want)
			}
			if err := p.Machine.Restore(&back); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Run(); err != nil || p.Digest() != want {
			t.Errorf("%s: digest %s after a restore, %v, want %s", source, p.Digest(), err, want)
		}
		p.Close()
	}
}

// newProcess makes a process of a program, and returns where it prints.
func newProcess(t *testing.T, elf []byte, change func(*process.Config)) (*process.Process, *bytes.Buffer) {
	t.Helper()
	img, err := image.Parse("prog", elf)
	if err != nil {
		t.Fatal(err)
	}
	stdout := &bytes.Buffer{}
	c := process.Config{Program: img, Kernel: kernel.Config{Args: []string{"prog"}, Exe: "/bin/prog", Stdout: stdout}}
	if change != nil {
		change(&c)
	}
	p, err := process.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p, stdout
}

// TestWildCalls has programs make system calls at random: each ends, by itself, by a signal
// or because it waits for what cannot come, and a second run ends the same.
func TestWildCalls(t *testing.T) {
	elf := buildUser(t, "wild/calls.c", "gcc", waysToLink[0].flags)
	for seed := range 6 {
		var ends [2]string
		for i := range ends {
			p, _ := newProcess(t, elf, func(c *process.Config) {
				c.Kernel.Args = append(c.Kernel.Args, strconv.Itoa(seed))
				c.Kernel.Memory, c.MaxTime = 64<<20, 60*guest.Second
			})
			status, err := p.Run()
			var limit *emu.LimitError
			if err != nil && !errors.Is(err, process.ErrDeadlock) && !errors.Is(err, emu.ErrGuest) && !errors.As(err, &limit) {
				t.Errorf("seed %d: %v", seed, err)
			}
			ends[i] = fmt.Sprintf("%d, %v, %s after %d steps", status, err, p.Digest(), p.Machine.Steps())
			p.Close()
		}
		if ends[0] != ends[1] {
			t.Errorf("seed %d: %s\nand then %s", seed, ends[0], ends[1])
		}
		t.Log(ends[0])
	}
}

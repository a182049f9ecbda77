package judge_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchlab/emu/kernel"
	"patchlab/image"
	"patchlab/internal/judge"
	"patchlab/internal/randc"
	"patchlab/lab/process"
	"patchlab/testprogs"
)

// machine is patchlab's machine as a [judge.Runner].
func machine(prog string, args []string) ([]byte, int, error) {
	data, err := os.ReadFile(prog)
	if err != nil {
		return nil, 0, err
	}
	img, err := image.Parse(prog, data)
	if err != nil {
		return nil, 0, err
	}
	var out bytes.Buffer
	p, err := process.New(process.Config{Program: img, MaxTime: 1 << 62, Kernel: kernel.Config{
		Args: append([]string{prog}, args...), Exe: prog, Stdout: &out,
	}})
	if err != nil {
		return nil, 0, err
	}
	defer p.Close()
	// For programs that never end; those here take less than a second.
	defer time.AfterFunc(time.Minute, p.Machine.Interrupt).Stop()
	status, err := p.Run()
	return out.Bytes(), status, err
}

// lacks are the programs for system calls that the machine fails, and why. One that passes
// has to leave the list.
var lacks = map[string]string{
	"signals/wait": "no rt_sigtimedwait",
	"time/timers":  "a sleep that is cut short does not tell what remained of it",
}

// TestCalls holds the machine against the host on the programs for system calls.
func TestCalls(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, testprogs.CallFiles()); err != nil {
		t.Fatal(err)
	}
	gcc := judge.Compiler{Command: "gcc", Flags: strings.Fields("-static -mno-avx -O1")}
	for _, p := range testprogs.CallPrograms() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			prog := filepath.Join(dir, p.Name)
			if err := gcc.Build(filepath.Join(dir, p.File), prog); err != nil {
				t.Fatal(err)
			}
			err := judge.Compare(prog, p.Args, machine)
			if why, fails := lacks[p.Name]; err == nil && fails {
				t.Errorf("it passes, so this is not so: %s", why)
			} else if err != nil && !fails {
				t.Error(err)
			}
		})
	}
}

// TestFullCalls wants a program for each system call that the machine claims to answer in
// full. That the program notices when the call is missing is tried in testprogs.
func TestFullCalls(t *testing.T) {
	named := map[string]bool{}
	for _, p := range testprogs.CallPrograms() {
		for _, call := range p.Calls {
			named[call] = true
		}
	}
	for _, row := range kernel.Table() {
		if row.Support == kernel.Full && !named[row.Name] {
			t.Errorf("no program needs %s", row.Name)
		}
	}
}

// answered are the features that the machine must get right: not the flags of
// floating-point exceptions, which the engine does not raise for SSE.
func answered(t *testing.T) randc.Features {
	t.Helper()
	flags, err := randc.Parse("fpflags")
	if err != nil {
		t.Fatal(err)
	}
	return randc.All() &^ flags
}

// TestRandomPrograms tries all features once, and some seeds. FuzzMachine tries more.
func TestRandomPrograms(t *testing.T) {
	compilers, all := judge.Static(), answered(t)
	for seed := range uint64(5) {
		features := randc.Swarm(seed) & all
		if seed == 0 {
			features = all
		}
		c := compilers[(2+int(seed))%len(compilers)]
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			if err := judge.Random(seed, features, c, machine); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzMachine(f *testing.F) {
	f.Fuzz(func(t *testing.T, seed uint64, compiler uint8) {
		compilers := judge.Static()
		c := compilers[int(compiler)%len(compilers)]
		if err := judge.Random(seed, randc.Swarm(seed)&answered(t), c, machine); err != nil {
			t.Fatal(err)
		}
	})
}

package process

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"patchlab/emu/kernel"
	"patchlab/image"
)

// childEnv has the test's binary run a program and exit: to see how much memory that takes.
const childEnv = "PATCHLAB_BENCH_PROGRAM"

func TestMain(m *testing.M) {
	if file := os.Getenv(childEnv); file != "" {
		if _, err := emulate(file, os.Args[1:]); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// emulate runs a program in the machine from its file to its end, and returns what it printed.
func emulate(file string, args []string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	img, err := image.Parse(file, data)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	p, err := New(Config{Program: img, MaxTime: 1 << 62, Kernel: kernel.Config{
		Args: append([]string{file}, args...), Exe: "/bin/prog", Stdout: &out,
	}})
	if err != nil {
		return "", err
	}
	defer p.Close()
	_, err = p.Run()
	return out.String(), err
}

// compile makes a static program of testdata/NAME.c.
func compile(tb testing.TB, name string) string {
	tb.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		tb.Skip("no gcc here")
	}
	file := filepath.Join(tb.TempDir(), name)
	out, err := exec.Command("gcc", "-static", "-O2", "-mno-avx", "-pthread", "-o", file, "testdata/"+name+".c").CombinedOutput()
	if err != nil {
		tb.Fatalf("%v\n%s", err, out)
	}
	return file
}

// yardsticks run a program by other means, each in a process of its own.
func yardsticks(b *testing.B) map[string][]string {
	sticks := map[string][]string{"native": nil}
	if qemu, err := exec.LookPath("qemu-x86_64"); err == nil {
		sticks["qemu"] = []string{qemu}
	} else {
		b.Log("qemu-x86_64 is not installed: compared with native runs only")
	}
	return sticks
}

// compare measures a program from start to exit, in the machine and by other means in turn,
// which must print the same.
func compare(b *testing.B, file string, args ...string) {
	sticks, took := yardsticks(b), map[string]time.Duration{}
	for b.Loop() {
		start := time.Now()
		got, err := emulate(file, args)
		if err != nil {
			b.Fatal(err)
		}
		took["patchlab"] += time.Since(start)
		for name, by := range sticks {
			line := append(append(append([]string{}, by...), file), args...)
			start := time.Now()
			want, err := exec.Command(line[0], line[1:]...).Output()
			if err != nil || got != string(want) {
				b.Fatalf("%s prints %q (%v), patchlab %q", name, want, err, got)
			}
			took[name] += time.Since(start)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took["patchlab"].Microseconds())/1000/float64(b.N), "ms")
	for name := range sticks {
		b.ReportMetric(took["patchlab"].Seconds()/took[name].Seconds(), "x-"+name)
	}
}

// BenchmarkHello measures a static glibc program from its file to its exit. Bound: 15 ms.
func BenchmarkHello(b *testing.B) { compare(b, compile(b, "hello")) }

// BenchmarkShapes measures programs that compute, alone. Bound: 1.3 x qemu.
func BenchmarkShapes(b *testing.B) {
	file := compile(b, "shapes")
	for _, s := range [][2]string{
		{"sieve", "300"}, {"matrix", "300"}, {"strings", "1000000"}, {"recursion", "32"}, {"states", "20000000"},
	} {
		b.Run(s[0], func(b *testing.B) { compare(b, file, s[0], s[1]) })
	}
}

// BenchmarkCalls measures getppid, and write and read on a pipe. Bound: 1.5 x qemu.
func BenchmarkCalls(b *testing.B) { compare(b, compile(b, "shapes"), "calls", "100000") }

// BenchmarkPingPong measures two threads that hand a mutex to and fro. Bound: 1 x qemu.
func BenchmarkPingPong(b *testing.B) { compare(b, compile(b, "shapes"), "pingpong", "50000") }

// BenchmarkMemory measures how much more memory a run takes at most than the program by
// itself. Bound: 64 MiB.
func BenchmarkMemory(b *testing.B) {
	file := compile(b, "shapes")
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	peak := func(program string) float64 {
		cmd := exec.Command(program, "memory", "64")
		cmd.Env = append(os.Environ(), childEnv+"="+file)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", program, err, out)
		}
		return float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024
	}
	above := 0.0
	for b.Loop() {
		above = max(above, peak(self)-peak(file))
	}
	b.ReportMetric(above, "MiB-above")
}

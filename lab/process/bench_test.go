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

// cost is time on the clock, and on the host's CPUs: the clock is what counts, but on a busy
// host it tells little.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(wall, cpu time.Duration) {
	c.wall += wall
	c.cpu += cpu
}

// ownCPU returns the CPU time of this process.
func ownCPU(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// compare measures a program from start to exit, in the machine and by other means in turn,
// which must print the same.
func compare(b *testing.B, file string, args ...string) {
	sticks, own, others := yardsticks(b), cost{}, map[string]*cost{}
	for b.Loop() {
		start, cpu := time.Now(), ownCPU(b)
		got, err := emulate(file, args)
		if err != nil {
			b.Fatal(err)
		}
		own.add(time.Since(start), ownCPU(b)-cpu)
		for name, by := range sticks {
			cmd := exec.Command(file, args...)
			if by != nil {
				cmd = exec.Command(by[0], append([]string{file}, args...)...)
			}
			start := time.Now()
			want, err := cmd.Output()
			if err != nil || got != string(want) {
				b.Fatalf("%s prints %q (%v), patchlab %q", name, want, err, got)
			}
			if others[name] == nil {
				others[name] = &cost{}
			}
			others[name].add(time.Since(start), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(own.wall.Microseconds())/1000/float64(b.N), "ms")
	b.ReportMetric(float64(own.cpu.Microseconds())/1000/float64(b.N), "cpu-ms")
	for name, c := range others {
		b.ReportMetric(own.wall.Seconds()/c.wall.Seconds(), "x-"+name)
		b.ReportMetric(own.cpu.Seconds()/c.cpu.Seconds(), "cpu-x-"+name)
	}
}

// BenchmarkHello measures a static glibc program from its file to its exit. Bound: 15 ms.
func BenchmarkHello(b *testing.B) { compare(b, compile(b, "hello")) }

// BenchmarkShapes measures programs that compute, alone. Bound: 1.3 x qemu.
func BenchmarkShapes(b *testing.B) {
	file := compile(b, "shapes")
	for _, s := range [][2]string{
		{"sieve", "300"}, {"matrix", "300"}, {"strings", "1000000"}, {"recursion", "36"}, {"states", "20000000"},
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

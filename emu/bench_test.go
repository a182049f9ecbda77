package emu

import (
	"fmt"
	"testing"

	uc "github.com/unicorn-engine/unicorn/bindings/go/unicorn"

	"patchlab/emu/cpu"
	"patchlab/emu/sched"
	"patchlab/guest"
	"patchlab/image"
)

// fixedTurn is round robin with turns of a given length, and no preemption.
type fixedTurn struct {
	sched.RoundRobin
	n uint64
}

func (p *fixedTurn) Turn(guest.CPUID) uint64 { return p.n }
func (*fixedTurn) Preempt(uint64) bool       { return false }

const benchProgram = `
static volatile u64 sum;
u64 rounds;
notrace noinline u64 f(u64 n) { return n * 3; }
/* branchy: blocks of a few instructions, and calls */
notrace void branchy(u64 n)
{
	for (u64 i = 0; i < n; i++)
		sum += i & 3 ? f(i) : i;
}
notrace void forever(void) { for (;;) branchy(1000); }
GATE(0x1001, branchy);
GATE(0x1002, forever);
__user void user(u64 n)
{
	gate(0x1001, n);
	user_exit(0);
}
__user void endless(void) { gate(0x1002); }
__user void leave(void) { user_exit(0); }
`

// BenchmarkTurn measures a turn of the scheduler, which ends with an exact stop, among
// four tasks on four CPUs.
func BenchmarkTurn(b *testing.B) {
	img := compile(b, benchProgram)
	for _, n := range []uint64{1, 10, 100} {
		b.Run(fmt.Sprintf("instructions=%d", n), func(b *testing.B) {
			r := newRigOf(b, setup{
				tasks: []string{"endless", "endless", "endless", "endless"}, cpus: 4, policy: &fixedTurn{n: n},
				limit: func(c *Config) { c.MaxTime = 1 << 62 },
			}, img)
			for range 1000 {
				if _, err := r.Step(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Step(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTurnOfCPU is the yardstick: the CPU alone, without scheduler, tasks and
// digest.
func BenchmarkTurnOfCPU(b *testing.B) {
	img := compile(b, benchProgram)
	for _, n := range []uint64{1, 10, 100} {
		b.Run(fmt.Sprintf("instructions=%d", n), func(b *testing.B) {
			r := newRigOf(b, setup{tasks: []string{"endless", "endless"}, cpus: 2, policy: &fixedTurn{n: 100}}, img)
			for range 1000 {
				if _, err := r.Step(); err != nil {
					b.Fatal(err)
				}
			}
			t := r.task(1)
			req := cpu.Request{Task: 1, Mode: t.mode, Budget: n}
			b.ReportAllocs()
			for b.Loop() {
				if err := r.cpu.Run(&t.ctx, req, &r.exit); err != nil || r.exit.Reason != cpu.Budget {
					b.Fatal(err, r.exit.Reason)
				}
			}
		})
	}
}

// plainRounds is how long the plain runs are: several ten milliseconds.
const plainRounds = 5_000_000

// BenchmarkPlainRun runs a program that computes in one task, from its gate to its exit:
// not counted, with and without the recorder, and counted.
func BenchmarkPlainRun(b *testing.B) {
	img := compile(b, benchProgram)
	for _, c := range []struct {
		name  string
		quiet bool
		tasks []string
	}{
		{"plain", true, nil},
		{"recorded", false, nil},
		{"counted", true, []string{"endless"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := setup{tasks: append([]string{fmt.Sprintf("user:%d", plainRounds)}, c.tasks...), quiet: c.quiet}
			if c.tasks != nil { // on the same CPU, and never there
				s.policy = &fixedTurn{n: maxTurn}
			}
			r := newRigOf(b, s, img)
			if !c.quiet {
				r.Watch(r.addr("f"), 0)
			}
			var start Snapshot
			r.Save(&start)
			for b.Loop() {
				if err := r.Restore(&start); err != nil {
					b.Fatal(err)
				}
				if _, err := r.until(func() bool { return r.state(1) == Exited }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/plainRounds, "ns/round")
		})
	}
}

// BenchmarkBareEngine is the yardstick of the plain run: the same function on an engine
// without a hook.
func BenchmarkBareEngine(b *testing.B) {
	img := compile(b, benchProgram)
	u, err := uc.NewUnicorn(uc.ARCH_X86, uc.MODE_64)
	if err != nil {
		b.Fatal(err)
	}
	defer u.Close()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, s := range img.Segments {
		mapBare(must, u, s)
	}
	const stack, until = 0x30000000, 0x7ffff000
	must(u.MemMap(stack, 8192))
	fn := img.ByName("branchy")[0].Addr
	for b.Loop() {
		must(u.RegWrite(uc.X86_REG_RSP, stack+8184))
		must(u.MemWrite(stack+8184, []byte{0, 0xf0, 0xff, 0x7f, 0, 0, 0, 0}))
		must(u.RegWrite(uc.X86_REG_RDI, plainRounds))
		must(u.Start(uint64(fn), until))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/plainRounds, "ns/round")
}

// mapBare maps a segment.
func mapBare(must func(error), u uc.Unicorn, s image.Segment) {
	start, end := guest.PageDown(s.Range.Start), guest.PageUp(s.Range.End)
	must(u.MemMap(uint64(start), uint64(end-start)))
	must(u.MemWrite(uint64(s.Range.Start), s.Data))
}

// BenchmarkRestore puts a machine with four tasks back.
func BenchmarkRestore(b *testing.B) {
	img := compile(b, benchProgram)
	r := newRigOf(b, setup{tasks: []string{"endless", "endless", "endless", "endless"}, cpus: 2}, img)
	for range 100 {
		if _, err := r.Step(); err != nil {
			b.Fatal(err)
		}
	}
	var s Snapshot
	r.Save(&s)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Restore(&s); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSave saves it.
func BenchmarkSave(b *testing.B) {
	img := compile(b, benchProgram)
	r := newRigOf(b, setup{tasks: []string{"endless", "endless", "endless", "endless"}, cpus: 2}, img)
	var s Snapshot
	b.ReportAllocs()
	for b.Loop() {
		r.Save(&s)
	}
}

// BenchmarkNew makes a machine with one task, and runs it to its end.
func BenchmarkNew(b *testing.B) {
	img := compile(b, benchProgram)
	for b.Loop() {
		r := newRigOf(b, setup{tasks: []string{"leave"}}, img)
		r.finish()
		r.Close()
	}
}

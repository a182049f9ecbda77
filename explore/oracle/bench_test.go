package oracle_test

import (
	"fmt"
	"testing"

	"patchlab/emu"
	"patchlab/explore/oracle"
	"patchlab/lab"
)

// BenchmarkCommitted is what one call of a patched function costs the oracle, by how many
// are live.
func BenchmarkCommitted(b *testing.B) {
	for _, depth := range []int{0, 1, 4, 16} {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			l := patched(b)
			id := l.task("guest")
			live, inner := deep(l, depth, old)
			b.ReportAllocs()
			for b.Loop() {
				l.o.Committed(id, inner, live)
			}
			if l.o.Found() > 0 {
				b.Fatal(texts(l.o.Violations()))
			}
		})
	}
}

// BenchmarkSave is what the oracle adds to a snapshot and its restore.
func BenchmarkSave(b *testing.B) {
	l := patched(b)
	saved := l.o.Save(nil)
	b.ReportAllocs()
	for b.Loop() {
		saved = l.o.Save(saved)
		if err := l.o.Restore(saved); err != nil {
			b.Fatal(err)
		}
	}
}

// calls has a task that calls two patched functions, one from inside of the other.
const calls = `
-- program.c --
#include <patchlab.h>

u64 inner(u64 x)
{
	return x + 1;
}

u64 outer(u64 x)
{
	return inner(x) + 1;
}

void loop(u64 n)
{
	for (u64 x = 0; x < n; x++)
		outer(x);
}
GATE(0x1000, loop);

__user void task(void)
{
	gate(0x1000, 20000);
	user_exit(0);
}
TASK("task", task, 0);

-- patches/new.c --
#include <livepatch.h>
u64 inner(u64 x);
static u64 new_inner(u64 x) { return x + 2; }
static u64 new_outer(u64 x) { return inner(x) + 2; }
KLP_FUNC(inner, new_inner);
KLP_FUNC(outer, new_outer);
MODULE_INFO(livepatch, "Y");
`

// BenchmarkCalls is a call of a patched function in a running laboratory, without an
// oracle and with one.
func BenchmarkCalls(b *testing.B) {
	built := parse(b, calls)
	for _, judged := range []bool{false, true} {
		b.Run(fmt.Sprintf("oracle=%v", judged), func(b *testing.B) {
			l, err := lab.New(lab.Config{Program: built.Program})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			t := &bench{Lab: l, t: b, b: built}
			if judged {
				t.o = oracle.Attach(l)
			}
			t.insmod("new")
			var start emu.Snapshot
			l.Machine.Save(&start)
			for b.Loop() {
				if err := l.Machine.Restore(&start); err != nil {
					b.Fatal(err)
				}
				for status := emu.Running; status == emu.Running; {
					if status, err = l.Machine.Step(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/40000, "ns/call")
		})
	}
}

package emu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"patchlab/emu/sched"
	"patchlab/emu/trace"
	"patchlab/guest"
)

// scratchProgram has tasks that leave some registers and some memory alone.
const scratchProgram = `
u64 scratch[512];
static volatile u64 sum;
void work(u64 n)
{
	for (u64 i = 0; i < n; i++)
		sum += i;
	pl_cond_resched();
	if (n == 20)
		pl_sleep(100 * MSEC);
}
GATE(0x1001, work);
// user asm
	.text
	SYM_FUNC_START(user)
	mov	%rdi, %rbx
1:	mov	%rbx, %rdi
	mov	$0x1001, %eax
	syscall
	dec	%rbx
	jnz	1b
	mov	$60, %eax
	syscall
	SYM_FUNC_END(user)
	.data
	.globl	user_scratch
user_scratch: .skip 4096
`

// scratchRun is a run of that program with snapshots at random steps.
type scratchRun struct {
	*rig
	rnd   *rand.Rand
	stops []Snapshot
	want  trace.Digest
}

func newScratchRun(t *testing.T, policy func() sched.Policy, stops int) *scratchRun {
	t.Helper()
	img := compile(t, scratchProgram)
	s := setup{tasks: []string{"user:30", "user:40", "user:25"}, cpus: 2, policy: policy()}
	first := newRigOf(t, s, img)
	first.finish()
	steps := first.Steps()
	s.policy = policy()
	x := &scratchRun{rig: newRigOf(t, s, img), rnd: rand.New(rand.NewPCG(7, steps)), want: first.Digest()}
	at := map[uint64]bool{}
	for len(at) < stops {
		at[x.rnd.Uint64N(steps*9/10)] = true
	}
	_, err := x.until(func() bool {
		if at[x.Steps()] && len(x.stops) < stops {
			x.stops = append(x.stops, Snapshot{})
			x.Save(&x.stops[len(x.stops)-1])
			delete(at, x.Steps())
		}
		return false
	})
	if err != nil || x.Digest() != x.want {
		t.Fatalf("a second machine ends with %s, %v, the first with %s", x.Digest(), err, x.want)
	}
	return x
}

// from restores a stop, changes something, and runs to the end.
func (x *scratchRun) from(i int, change func()) trace.Digest {
	x.t.Helper()
	if err := x.Restore(&x.stops[i]); err != nil {
		x.t.Fatal(err)
	}
	change()
	x.finish()
	return x.Digest()
}

// vectorBytes returns where in a context the registers are that a hash covers.
func (x *scratchRun) vectorBytes() []int {
	var at []int
	c := x.cpu.NewContext()
	was := x.cpu.VectorHash(&c)
	for i := range c.State {
		c.State[i] ^= 1
		if x.cpu.VectorHash(&c) != was {
			at = append(at, i)
		}
		c.State[i] ^= 1
	}
	return at
}

// TestEveryRegisterCounts changes a bit of one register of one task at a random stop, of
// a register that the program neither reads nor writes, and wants another digest.
func TestEveryRegisterCounts(t *testing.T) {
	for _, policy := range testPolicies(1) {
		x := newScratchRun(t, policy, 30)
		vector := x.vectorBytes()
		if len(vector) < 16*16 {
			t.Fatalf("only %d bytes of vector registers count", len(vector))
		}
		tried := map[string]int{}
		for i := range x.stops {
			if got := x.from(i, func() {}); got != x.want {
				t.Fatalf("stop %d, nothing changed: %s, want %s", i, got, x.want)
			}
			for range 8 {
				what := ""
				if got := x.from(i, func() { what = x.changeRegister(vector) }); what != "" && got == x.want {
					t.Errorf("stop %d: the digest does not show %s", i, what)
				}
				kind, _, _ := cut(what)
				tried[kind]++
			}
		}
		if tried["gpr"] < 5 || tried["vector"] < 20 || tried["flags"] < 3 || tried["base"] < 5 {
			t.Errorf("tried %v", tried)
		}
	}
}

func cut(what string) (kind, rest string, ok bool) {
	_, err := fmt.Sscanf(what, "%s %s", &kind, &rest)
	return kind, rest, err == nil
}

// changeRegister changes a bit of a register of a task, and says which.
func (x *scratchRun) changeRegister(vector []int) string {
	var live, inUser []*task
	for i := range x.tasks {
		if x.tasks[i].state == Exited {
			continue
		}
		live = append(live, &x.tasks[i])
		if x.tasks[i].mode == guest.UserMode {
			inUser = append(inUser, &x.tasks[i])
		}
	}
	n := x.rnd.IntN(6)
	if n < 3 && len(inUser) > 0 { // where the program's user part has all to itself
		live = inUser
	}
	u := live[x.rnd.IntN(len(live))]
	regs := x.cpu.Registers(&u.ctx)
	switch {
	case n < 2 && u.mode == guest.UserMode:
		r := []guest.Reg{guest.RBP, guest.R12, guest.R13, guest.R14, guest.R15}[x.rnd.IntN(5)]
		regs.GPR[r] ^= 1 << x.rnd.IntN(64)
		x.cpu.SetRegisters(&u.ctx, &regs)
		return fmt.Sprintf("gpr %s of task %d", r, u.id)
	case n == 2 && u.mode == guest.UserMode:
		regs.RFLAGS ^= 1 << 21 // ID, which nothing touches
		x.cpu.SetRegisters(&u.ctx, &regs)
		return fmt.Sprintf("flags of task %d", u.id)
	case n == 3:
		fs, gs := x.cpu.Bases(&u.ctx)
		x.cpu.SetBases(&u.ctx, fs^1<<x.rnd.IntN(31), gs)
		return fmt.Sprintf("base fs of task %d", u.id)
	}
	at := vector[x.rnd.IntN(len(vector))]
	u.ctx.State[at] ^= 1
	return fmt.Sprintf("vector byte %d of task %d", at, u.id)
}

// TestEveryByteCounts changes a bit of a byte that can change, and that the program
// neither reads nor writes.
func TestEveryByteCounts(t *testing.T) {
	x := newScratchRun(t, testPolicies(4)[5], 30)
	places := []guest.Range{
		guest.RangeOf(x.addr("scratch"), 4096), guest.RangeOf(x.addr("user_scratch"), 4096),
		guest.RangeOf(kernelStack(2).Start, 1024), guest.RangeOf(userStack(3).Start, 1024),
	}
	for i := range x.stops {
		for _, r := range places {
			at := r.Start + guest.Addr(x.rnd.Uint64N(r.Size()))
			got := x.from(i, func() {
				var b [1]byte
				if err := x.ReadAt(at, b[:]); err != nil {
					t.Fatal(err)
				}
				b[0] ^= 1 << x.rnd.IntN(8)
				if err := x.mem.WriteAt(at, b[:]); err != nil {
					t.Fatal(err)
				}
			})
			if got == x.want {
				t.Errorf("stop %d: the digest does not show the byte at %s", i, at)
			}
		}
	}
}

// TestWritesOfVariablesCount wants a write to a protocol variable to be an event, also
// one that is taken back.
func TestWritesOfVariablesCount(t *testing.T) {
	x := newScratchRun(t, testPolicies(0)[0], 10)
	for i := range x.stops {
		got := x.from(i, func() {
			v := x.p.bodies[0]
			x.store.Write(v, 0, 1)
			x.store.Write(v, 0, 0)
		})
		if got == x.want {
			t.Errorf("stop %d: the digest does not show a write to a variable", i)
		}
	}
}

// TestPassingChangesCount wants a byte that is another one for a while to show.
func TestPassingChangesCount(t *testing.T) {
	x := newScratchRun(t, func() sched.Policy { return &fixedTurn{n: 2} }, 20) // the first stop is early
	flip := func() {
		if err := x.mem.WriteAt(x.addr("scratch"), []byte{byte(x.word("scratch")) ^ 1}); err != nil {
			t.Fatal(err)
		}
	}
	got := x.from(0, func() {
		flip()
		for x.Steps() == 0 || x.Steps()%memoryEvery != 0 {
			if s, err := x.Step(); s != Running || err != nil {
				t.Fatalf("%d, %v: the run is too short", s, err)
			}
		}
		flip()
	})
	if got == x.want {
		t.Error("the digest does not show a byte that was changed for a while")
	}
}

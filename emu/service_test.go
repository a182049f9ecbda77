package emu

import (
	"slices"
	"testing"

	"patchlab/guest"
)

// servicesProgram makes each service, and each system call of user mode, and keeps what
// came back in results.
const servicesProgram = `
u64 results[16];
static char line[] = "a line of the log";

void services(u64 n)
{
	results[0] = pl_current();
	results[1] = pl_patch_state();
	results[2] = pl_cpu();
	results[3] = pl_time();
	pl_sleep(5 * MSEC);
	results[4] = pl_time();
	pl_log(line);
	pl_out("out\0put", 7);
	pl_preempt_disable();
	pl_preempt_disable();
	pl_preempt_enable();
	results[5] = pl_wake(results);
	pl_preempt_enable();
	pl_cond_resched();
	pl_schedule();
	results[6] = n;
}
GATE(0x1001, services);

__user_data char text[] = "from user mode";
__user_data u64 user_results[32];
__user_data u64 times[2] = { 1, 2000 };
__user_data u64 bad_times[2] = { 0, 1000000000 };
__user_data u64 negative[2] = { -1, 0 };

__user void user(void)
{
	u64 *r = user_results;

	gate(0x1001, 42);
	*r++ = user_write(text, sizeof(text) - 1);
	*r++ = user_write(text, 0);
	*r++ = pl_syscall(PL_USER_WRITE, 1, 0x400000, 1, 0, 0);			/* kernel text */
	*r++ = pl_syscall(PL_USER_WRITE, 1, 0x30002000, 8, 0, 0);		/* a kernel stack */
	*r++ = pl_syscall(PL_USER_WRITE, 1, 0x20000000, 8, 0, 0);		/* the arena */
	*r++ = pl_syscall(PL_USER_WRITE, 1, 0, 8, 0, 0);				/* nothing */
	*r++ = pl_syscall(PL_USER_WRITE, 1, 0x08000000, 1ul << 40, 0, 0);	/* runs off */
	*r++ = pl_syscall(PL_USER_WRITE, 1, -8ul, 16, 0, 0);			/* wraps */
	*r++ = pl_syscall(PL_USER_NANOSLEEP, (u64)times, 0, 0, 0, 0);
	*r++ = pl_syscall(PL_USER_NANOSLEEP, (u64)bad_times, 0, 0, 0, 0);
	*r++ = pl_syscall(PL_USER_NANOSLEEP, (u64)negative, 0, 0, 0, 0);
	*r++ = pl_syscall(PL_USER_NANOSLEEP, 0x30002000, 0, 0, 0, 0);
	*r++ = pl_syscall(PL_USER_NANOSLEEP, 0, 0, 0, 0, 0);
	*r++ = user_gettid();
	*r++ = pl_syscall(PL_USER_YIELD, 0, 0, 0, 0, 0);
	*r++ = pl_syscall(39, 0, 0, 0, 0, 0);					/* getpid: not here */
	*r++ = pl_syscall(0x2000, 0, 0, 0, 0, 0);				/* a service: the kernel's */
	user_exit(3);
}
`

func TestServices(t *testing.T) {
	r := newRig(t, setup{source: servicesProgram, tasks: []string{"user"}})
	r.finish()
	for i, want := range map[int]uint64{0: 1, 1: ^uint64(0), 2: 0, 5: 0, 6: 42} {
		if got := r.word("results", i); got != want {
			t.Errorf("result %d is %#x, want %#x", i, got, want)
		}
	}
	// Alone, a system call takes one InstructionTime, and a sleep its time.
	if slept := r.word("results", 4) - r.word("results", 3); slept != 5_000_000+uint64(2*InstructionTime) {
		t.Errorf("a sleep of 5 ms took %d ns", slept)
	}
	want := []LogLine{{Time: guest.Time(r.word("results", 4)) + InstructionTime, Level: "info", Text: "a line of the log"}}
	if !slices.Equal(r.LogLines(), want) {
		t.Errorf("log: %+v, want %+v", r.LogLines(), want)
	}
	if got := r.text(); got != "out\x00putfrom user mode" {
		t.Errorf("output %q", got)
	}
	if r.ExitCode() != 3 {
		t.Errorf("exit code %d", r.ExitCode())
	}
}

func TestUserCalls(t *testing.T) {
	r := newRig(t, setup{source: servicesProgram, tasks: []string{"user"}})
	r.finish()
	fault, inval, nosys := int64(-14), int64(-22), int64(-38)
	for i, want := range []int64{
		14, 0, fault, fault, fault, fault, fault, fault,
		0, inval, inval, fault, fault, 1, 0, nosys, nosys,
	} {
		if got := int64(r.word("user_results", i)); got != want {
			t.Errorf("result %d is %d, want %d", i, got, want)
		}
	}
	if now := r.Now(); now < guest.Second+5_000_000 || now > guest.Second+6_000_000 {
		t.Errorf("a sleep of 1 s and 2 us, and one of 5 ms, end at %d ns", now)
	}
}

// wakeProgram has one task wait on a channel until another one wakes it, again and
// again, and a third one that waits on another channel.
const wakeProgram = `
u64 woken, count;
static u64 other;

void waiter(void *channel) { pl_wait(channel); count++; }
void waker(void *channel) { woken = woken * 10 + pl_wake(channel); }
GATE(0x1001, waiter);
GATE(0x1002, waker);

__user void wait_user(u64 times)
{
	while (times--)
		gate(0x1001, 0x77);
	user_exit(0);
}
__user void other_user(void)
{
	gate(0x1001, 0x78);
	user_exit(0);
}
__user void null_user(void)
{
	gate(0x1002, 0);
	user_exit(0);
}
__user void wake_user(void)
{
	gate(0x1002, 0x77);		/* wakes both */
	user_sleep(MSEC);
	gate(0x1002, 0x77);		/* the first once more */
	user_sleep(MSEC);
	gate(0x1002, 0x77);		/* nobody */
	gate(0x1002, 0x78);
	user_exit(0);
}
`

func TestWaitAndWake(t *testing.T) {
	r := newRig(t, setup{
		source: wakeProgram, tasks: []string{"wait_user:2", "wait_user:1", "other_user", "wake_user"},
	})
	r.finish()
	if r.word("woken") != 2101 || r.word("count") != 4 {
		t.Errorf("woken %d, %d times", r.word("woken"), r.word("count"))
	}
}

// TestNobodyWakesKernelTasks wants a task of the machine's own, which has nothing to
// do, to sleep on no channel that a program could name.
func TestNobodyWakesKernelTasks(t *testing.T) {
	r := newRig(t, setup{source: wakeProgram, tasks: []string{"null_user"}})
	id, err := r.NewKernelTask("worker")
	if err != nil {
		t.Fatal(err)
	}
	r.finish()
	r.Kick(id)
	if s, err := r.Step(); s != Finished || err != nil || r.word("woken") != 0 || r.state(id) != Asleep {
		t.Errorf("status %d, %v, woken %d, %s", s, err, r.word("woken"), r.dump())
	}
	r.Start(id, r.p.wait, uint64(r.Now()+guest.Second))
	if r.state(id) != Runnable {
		t.Errorf("the worker is %s when it was given something to do", r.state(id))
	}
	r.finish()
	if _, running := r.Result(id); running || r.state(id) != Asleep {
		t.Errorf("afterwards: %s", r.dump())
	}
}

func TestBirthAndExit(t *testing.T) {
	r := newRig(t, setup{source: wakeProgram, tasks: []string{"null_user", "other_user", "null_user"}})
	r.Hold(1, r.addr("null_user"), "")
	r.Hold(3, UserBase, "") // never reached
	s, err := r.until(func() bool { return false })
	if s != Stuck || err != nil {
		t.Errorf("with one task held and one asleep for ever: %d, %v", s, err)
	}
	if !slices.Equal(r.p.born, []guest.TaskID{1, 2, 3}) || !slices.Equal(r.p.gone, []guest.TaskID{3}) {
		t.Errorf("born %v, gone %v", r.p.born, r.p.gone)
	}
	if !slices.Equal(r.Tasks(), []guest.TaskID{1, 2}) || len(r.holds) != 0 {
		t.Errorf("tasks %v, holds %v", r.Tasks(), r.holds)
	}
	if d, ok := r.Task(3); !ok || d.State != Exited || d.Name != "null_user-3" {
		t.Errorf("the task that has exited: %+v", d)
	}
	if id, ok := r.TaskByName("other_user-2"); id != 2 || !ok || r.TaskName(9) != "" || r.CPUOf(9) != guest.NoCPU {
		t.Error("names")
	}
}

// TestUserCallsPassTheExitGate wants the way back from every system call to be an exit
// gate, also where no timer comes and nobody else wants the CPU.
func TestUserCallsPassTheExitGate(t *testing.T) {
	r := newRig(t, setup{source: `
	__user_data u64 calls;
	__user void user(void)
	{
		for (int i = 0; i < 10; i++) {
			user_gettid();
			calls++;
		}
		user_exit(0);
	}`, tasks: []string{"user"}})
	if _, err := r.until(func() bool { return r.word("calls") == 3 }); err != nil {
		t.Fatal(err)
	}
	r.p.store.Write(r.p.flags[1], 0, 1)
	if _, err := r.until(func() bool { return len(r.p.exits) == 1 }); err != nil || r.word("calls") != 4 {
		t.Errorf("%v, after %d calls, %s", err, r.word("calls"), r.dump())
	}
	r.finish()
}

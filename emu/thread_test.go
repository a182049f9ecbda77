package emu

import (
	"strings"
	"testing"

	"patchlab/emu/sched"
	"patchlab/guest"
	"patchlab/image"
)

// threadProgram has a kernel function that is run by a kernel thread.
const threadProgram = `
u64 counted, forked;
void thread(u64 n)
{
	for (u64 i = 0; i < n; i++) {
		counted++;
		pl_cond_resched();
		pl_sleep(10 * MSEC);
	}
}
void forks(void) { forked = pl_fork(); }

__user void user(void)
{
	user_sleep(1 * SEC);
	user_exit(7);
}
`

// threads makes a rig in which the program's first task is a kernel thread.
func threads(t *testing.T, policy sched.Policy, fn string, arg uint64) *rig {
	t.Helper()
	img := compile(t, threadProgram)
	add := func(c *Config) {
		d := image.TaskDecl{Name: "thread", Entry: img.ByName(fn)[0].Addr, Arg: arg, Kernel: true}
		c.Image.Tasks = append([]image.TaskDecl{d}, c.Image.Tasks...)
	}
	return newRigOf(t, setup{tasks: []string{"user"}, cpus: 2, policy: policy, limit: add}, img)
}

// TestKernelThread wants a kernel thread to run in the kernel only, to sleep and go on
// there, and to end when its function returns.
func TestKernelThread(t *testing.T) {
	for _, policy := range testPolicies(4) {
		r := threads(t, policy(), "thread", 5)
		d, _ := r.Task(1)
		if !d.Kernel || !d.Thread || d.Mode != guest.KernelMode || !r.task(1).stackEmpty() {
			t.Errorf("before it begins: %+v", d)
		}
		var before Snapshot
		r.Save(&before)
		r.p.store.Write(r.p.flags[1], 0, 1)
		slept := false
		_, err := r.until(func() bool {
			if r.state(1) == Asleep && !slept {
				slept = true
				if target := r.UnwindTarget(1, false); target.InUser || target.Top != r.task(1).kstack.End {
					t.Errorf("asleep: %+v", target)
				}
			}
			return r.state(1) == Exited
		})
		if err != nil || r.word("counted") != 5 || !slept {
			t.Fatalf("%v; it has counted to %d", err, r.word("counted"))
		}
		if len(r.p.exits) != 0 || r.ExitCode() != 0 {
			t.Errorf("exit gates of %v, exit code %d", r.p.exits, r.ExitCode())
		}
		r.finish()
		if r.ExitCode() != 7 {
			t.Errorf("exit code %d", r.ExitCode())
		}
		want := r.Digest()
		if err := r.Restore(&before); err != nil {
			t.Fatal(err)
		}
		r.p.store.Write(r.p.flags[1], 0, 1)
		if r.finish(); r.Digest() != want {
			t.Errorf("again it ends with %s, the first time with %s", r.Digest(), want)
		}
	}
}

// TestKernelThreadForks wants a fork to be refused that would have nowhere to return to.
func TestKernelThreadForks(t *testing.T) {
	r := threads(t, nil, "forks", 0)
	if f := r.fails(); !strings.HasSuffix(f.Error(), "pl_fork by a task without user mode") {
		t.Error(f)
	}
}

package emu

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"patchlab/emu/sched"
	"patchlab/image"
)

const endlessProgram = `
void logs(void) { for (;;) pl_log("again and again and again"); }
void loops(void) { for (;;) __asm__ volatile(""); }
u64 flag;
void waits(void) { pl_wait(&flag); flag = 1; }
void wakes(void) { while (!pl_wake(&flag)) ; while (!*(volatile u64 *)&flag) ; }
void asks(void) { for (;;) pl_cpu(); }
GATE(0x1001, logs);
GATE(0x1002, loops);
GATE(0x1003, waits);
GATE(0x1004, wakes);
GATE(0x1005, asks);
__user void user(u64 nr)
{
	gate(nr);
	user_exit(0);
}
__user_data char text[] = "0123456789";
__user void writes(void) { for (;;) user_write(text, 10); }
__user void computes(void) { for (;;) __asm__ volatile(""); }
`

// TestBounds wants guests that go on for ever to come to an end that says why.
func TestBounds(t *testing.T) {
	img := compile(t, endlessProgram)
	limit := func(c *Config) { c.MaxTime, c.MaxOutput = 200_000_000, 5000 }
	const text, clock = "more than 5000 bytes of output", "the bound on virtual time is reached"
	for _, c := range []struct {
		tasks []string
		want  string
	}{
		{[]string{"user:0x1001"}, text},
		{[]string{"user:0x1001", "user:0x1001"}, text},
		{[]string{"writes"}, text},
		{[]string{"user:0x1002", "computes"}, clock},
		{[]string{"user:0x1005"}, clock},
	} {
		r := newRigOf(t, setup{tasks: c.tasks, limit: limit}, img)
		_, err := r.until(func() bool { return false })
		var l *LimitError
		if !errors.As(err, &l) || l.What != c.want || l.At != r.Now() ||
			err.Error() != fmt.Sprintf("stopped at %.6f s of virtual time: %s", float64(r.Now())/1e9, c.want) {
			t.Errorf("%v: %v, want %s", c.tasks, err, c.want)
		}
		if n := r.outBytes; n > 5000+25 || c.want == text && n <= 5000 {
			t.Errorf("%v: %d bytes of output", c.tasks, n)
		}
	}
}

// TestAloneNoMore wants a task that runs alone, uncounted, to share again once it has
// woken another one.
func TestAloneNoMore(t *testing.T) {
	r := newRig(t, setup{source: endlessProgram, tasks: []string{"user:0x1003", "user:0x1004"}})
	r.finish()
	if r.word("flag") != 1 {
		t.Error("the woken task has not run")
	}
}

// TestInterrupt ends a run from another goroutine that would never end: counted, and
// in an uncounted run that comes back to nobody.
func TestInterrupt(t *testing.T) {
	img := compile(t, endlessProgram)
	for _, tasks := range [][]string{{"computes"}, {"user:0x1002"}, {"computes", "user:0x1002"}, {"user:0x1005"}} {
		for delay := range 4 {
			r := newRigOf(t, setup{tasks: tasks, limit: func(c *Config) { c.MaxTime = 1 << 60 }}, img)
			go func() {
				time.Sleep(time.Duration(delay) * time.Millisecond)
				r.Interrupt()
			}()
			for {
				s, err := r.Step()
				if errors.Is(err, ErrInterrupted) {
					break
				}
				if s != Running || err != nil {
					t.Fatalf("%v: %d, %v", tasks, s, err)
				}
			}
			if _, err := r.Step(); !errors.Is(err, ErrInterrupted) {
				t.Errorf("%v: afterwards: %v", tasks, err)
			}
			r.Close()
		}
	}
}

func TestConfigErrors(t *testing.T) {
	img := compile(t, endlessProgram)
	r := newRigOf(t, setup{tasks: []string{"computes"}}, img)
	for _, c := range []struct {
		change func(c *Config)
		want   string
	}{
		{func(c *Config) { c.CPUs = 65 }, "65 CPUs: a machine has 1 to 64"},
		{func(c *Config) { c.CPUs = -1 }, "-1 CPUs: a machine has 1 to 64"},
		{func(c *Config) { c.Image = nil }, "a machine needs an image"},
		{func(c *Config) {
			own := *img
			own.Tasks = append(own.Tasks, make([]image.TaskDecl, 1025)...)
			c.Image = &own
		}, "program: 1025 tasks: a machine has at most 1024"},
	} {
		config := r.config
		config.Policy = sched.NewRoundRobin()
		c.change(&config)
		if m, err := New(config); m != nil || err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, %v, want %s", m, err, c.want)
		}
	}
}

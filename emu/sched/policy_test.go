package sched

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchlab/guest"
)

// scene asks a policy what a machine would ask it, in situations that follow from n
// alone, and returns the answers. It fails the test when an answer is none.
func scene(t *testing.T, p Policy, n int) []string {
	t.Helper()
	var answers []string
	for i := range n {
		ready := []guest.CPUID{0, 1, 2, 3, 4, 5, 6, 7}
		ready = slices.DeleteFunc(ready, func(c guest.CPUID) bool { return (i*7+int(c)*5)%11 < 4 })
		if len(ready) == 0 {
			ready = append(ready, guest.CPUID(i%8))
		}
		queue := []guest.TaskID{9, 4, 7, 1, 12}[:1+i*3%5]
		c := p.CPU(ready)
		if !slices.Contains(ready, c) {
			t.Fatalf("question %d: CPU %d cannot move, only %v", i, c, ready)
		}
		task := p.Task(queue)
		if task < 0 || task >= len(queue) {
			t.Fatalf("question %d: no task has the index %d in %v", i, task, queue)
		}
		turn := p.Turn(c)
		if turn < 1 {
			t.Fatalf("question %d: a turn of %d instructions", i, turn)
		}
		answers = append(answers, fmt.Sprint(c, task, turn, p.Preempt(uint64(i*97%2000)), p.Stepped()))
	}
	return answers
}

// eachPolicy runs a test on every policy there is.
func eachPolicy(t *testing.T, test func(t *testing.T, open func(seed uint64) Policy)) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			test(t, func(seed uint64) Policy {
				p, err := ByName(name, seed)
				if err != nil || p.Name() != name {
					t.Fatalf("%v, %v", p, err)
				}
				return p
			})
		})
	}
}

func TestSameSeedSameChoices(t *testing.T) {
	eachPolicy(t, func(t *testing.T, open func(uint64) Policy) {
		for seed := range uint64(20) {
			if a, b := scene(t, open(seed), 300), scene(t, open(seed), 300); !slices.Equal(a, b) {
				t.Fatalf("seed %d: %v, then %v", seed, a, b)
			}
		}
	})
}

// TestStateIsAll stops a policy at every question, and has another instance of it,
// with another seed and another past, go on from its state.
func TestStateIsAll(t *testing.T) {
	eachPolicy(t, func(t *testing.T, open func(uint64) Policy) {
		p, other := open(1), open(2)
		scene(t, other, 17)
		for i := range 100 {
			scene(t, p, i)
			s := p.State()
			want := scene(t, p, 50)
			other.SetState(s)
			if other.State() != s {
				t.Fatalf("the state %v comes back as %v", s, other.State())
			}
			if got := scene(t, other, 50); !slices.Equal(got, want) {
				t.Fatalf("from the state %v: %v, want %v", s, got, want)
			}
			p.SetState(s)
			if got := scene(t, p, 50); !slices.Equal(got, want) {
				t.Fatalf("back to the state %v: %v, want %v", s, got, want)
			}
		}
	})
}

func TestSeedsDiffer(t *testing.T) {
	seen := map[string]uint64{}
	for seed := range uint64(200) {
		s := strings.Join(scene(t, NewRandom(seed), 50), ";")
		if other, ok := seen[s]; ok {
			t.Errorf("seeds %d and %d choose alike", other, seed)
		}
		seen[s] = seed
	}
}

// TestRandomIsEven wants every choice to come up about as often as it should.
func TestRandomIsEven(t *testing.T) {
	p := NewRandom(3)
	const n = 40000
	cpus, tasks, short, preempts := map[guest.CPUID]int{}, map[int]int{}, 0, 0
	for range n {
		cpus[p.CPU([]guest.CPUID{0, 2, 5})]++
		tasks[p.Task([]guest.TaskID{1, 2, 3, 4})]++
		if turn := p.Turn(0); turn > 256 {
			t.Fatalf("a turn of %d instructions", turn)
		} else if turn <= 16 {
			short++
		}
		if p.Preempt(1) {
			preempts++
		}
	}
	near := func(what string, got, want int) {
		t.Helper()
		if got < want*9/10 || got > want*11/10 {
			t.Errorf("%s: %d times of %d, want about %d", what, got, n, want)
		}
	}
	for _, c := range []guest.CPUID{0, 2, 5} {
		near(fmt.Sprint("CPU ", c), cpus[c], n/3)
	}
	for i := range 4 {
		near(fmt.Sprint("task ", i), tasks[i], n/4)
	}
	// Of the eight bounds, 2 to 256, four are at most 16; under the others a turn is
	// short in a half, a quarter, ... of the cases.
	near("short turns", short, n*79/128)
	near("preemptions", preempts, n/8)
}

// TestRoundRobinIsFair wants CPUs to take turns of one length, and a task to go after
// its slice.
func TestRoundRobinIsFair(t *testing.T) {
	p := NewRoundRobin()
	var order []guest.CPUID
	for range 9 {
		order = append(order, p.CPU([]guest.CPUID{0, 1, 2}))
	}
	if want := []guest.CPUID{0, 1, 2, 0, 1, 2, 0, 1, 2}; !slices.Equal(order, want) {
		t.Errorf("CPUs move in the order %v", order)
	}
	if c := p.CPU([]guest.CPUID{0, 1}); c != 0 {
		t.Errorf("after CPU 2 comes %d", c)
	}
	if c := p.CPU([]guest.CPUID{0, 3}); c != 3 {
		t.Errorf("after CPU 0, which was alone with 3, comes %d", c)
	}
	if i := p.Task([]guest.TaskID{5, 1, 9}); i != 0 {
		t.Errorf("the task with index %d of the queue is taken first", i)
	}
	ran := uint64(0)
	for !p.Preempt(ran) {
		ran += p.Turn(0)
	}
	if ran != 1000 || p.Turn(0) != p.Turn(5) {
		t.Errorf("a slice is %d instructions; turns are %d and %d", ran, p.Turn(0), p.Turn(5))
	}
}

func TestByName(t *testing.T) {
	p, err := ByName("fifo", 0)
	if p != nil || err == nil || err.Error() != `no scheduler "fifo": there are random, rr` {
		t.Errorf("%v, %v", p, err)
	}
}

// TestGenerator holds the generator against the published one, so that a seed means the
// same schedule on every machine and in every version.
func TestGenerator(t *testing.T) {
	p := NewRandom(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431} {
		if got := p.below(^uint64(0)); got != want-1 {
			t.Errorf("number %d is %d, want %d", i, got, want-1)
		}
	}
}

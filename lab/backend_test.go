package lab_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"patchlab/emu/cpu/unicorn"
	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/testprogs"
)

// buildScenario compiles one of the scenarios that come with patchlab.
func buildScenario(t testing.TB, name string) *experiment.Built {
	t.Helper()
	s, err := testprogs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// endOf runs a scenario and returns all that it leaves behind, whether it was as the
// scenario expects or not.
func endOf(t testing.TB, b *experiment.Built, o experiment.Options) string {
	t.Helper()
	o.MaxWall = time.Hour // the reference is slow, and the host may be busy
	r, err := b.Run(o)
	if r == nil {
		t.Fatal(err)
	}
	defer r.Lab.Close()
	e := endingOf(r.Lab)
	return fmt.Sprintf("%s %d steps, %d ns\n%s\n%s\n%v\n%v", e.digest, e.steps, e.now, e.output, e.rest, r.Failures, err)
}

// schedule changes the scheduler of a scenario.
func schedule(b *experiment.Built, scheduler string) *experiment.Built {
	s, c := *b.Scenario, *b
	s.Settings.Scheduler = scheduler
	c.Scenario = &s
	return &c
}

// seeds is how many schedules of a scenario are compared. Those that compute a lot take
// the reference long.
func seeds(name, scheduler string) uint64 {
	switch {
	case scheduler == "rr", name == "cpu-bound":
		return 1
	}
	return 20
}

// TestBackendsAgree runs every scenario on the fast backend and on the one that
// single-steps everything, under both schedulers.
func TestBackendsAgree(t *testing.T) {
	for _, name := range testprogs.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := buildScenario(t, name)
			for _, scheduler := range []string{"rr", "random"} {
				b := schedule(b, scheduler)
				ends := map[string]bool{}
				for seed := range seeds(name, scheduler) {
					fast := endOf(t, b, experiment.Options{Seed: &seed, Open: unicorn.New})
					reference := endOf(t, b, experiment.Options{Seed: &seed, Open: unicorn.NewReference})
					if fast != reference {
						t.Errorf("%s, seed %d: fast\n%.600s\nreference\n%.600s", scheduler, seed, fast, reference)
					}
					ends[fast] = true
				}
				if n := int(seeds(name, scheduler)); len(ends) < (n+1)/2 {
					t.Errorf("%s: %d seeds have only %d ends", scheduler, n, len(ends))
				}
			}
		})
	}
}

// TestWholeAndStepped takes the handler, the exit gate and cond_resched whole, and in
// steps. On one CPU nobody comes in between, so what happens must be the same but for
// the time it takes: the same log, the same output, the same calls.
func TestWholeAndStepped(t *testing.T) {
	var told []string
	for _, inSteps := range []bool{false, true} {
		s := newStoryOn(t, 1, "rr", 0)
		if inSteps {
			for _, id := range s.Machine.Tasks() {
				s.Machine.Hold(id, 0, "a step that no protocol has")
			}
		}
		s.finish(t)
		var b strings.Builder
		for _, l := range s.Machine.LogLines() {
			fmt.Fprintln(&b, l.Level, l.Text)
		}
		for _, o := range s.Machine.Output() {
			fmt.Fprint(&b, o.Task, o.Text)
		}
		for _, fn := range []string{"ping", "pong"} {
			at := symbol(t, s, fn)
			fmt.Fprintln(&b, fn, s.Counts().Calls(at, lab.SideOld), s.Counts().Calls(at, lab.SideNew))
		}
		told = append(told, b.String())
	}
	if told[0] != told[1] {
		t.Errorf("whole:\n%s\nin steps:\n%s", told[0], told[1])
	}
}

// digestsVariable has the test binary print digests instead of running tests.
const digestsVariable = "PATCHLAB_TEST_DIGESTS"

// printDigests runs some scenarios and the story of the snapshot tests.
func printDigests(t *testing.T) {
	for _, name := range []string{"demo", "calls-each-other", "interrupted-inside", "asleep-in-patched"} {
		for seed := range uint64(3) {
			fmt.Printf("digest of %s %d: %.32s\n", name, seed, endOf(t, buildScenario(t, name), experiment.Options{Seed: &seed}))
		}
	}
	for seed := range uint64(3) {
		fmt.Printf("digest of story %d: %s\n", seed, newStory(t, "random", seed).finish(t).digest)
	}
}

// TestProcessesAgree runs the same in other processes, with one and with many threads,
// and with a garbage collector that runs all the time.
func TestProcessesAgree(t *testing.T) {
	if os.Getenv(digestsVariable) != "" {
		printDigests(t)
		return
	}
	digests := func(env ...string) string {
		t.Helper()
		c := exec.Command(os.Args[0], "-test.run=^TestProcessesAgree$")
		c.Env = append(os.Environ(), append(env, digestsVariable+"=1")...)
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", env, err, out)
		}
		var lines []string
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "digest of ") {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	one, many := digests("GOMAXPROCS=1"), digests("GOMAXPROCS=8", "GOGC=1")
	if one != many || strings.Count(one, "\n") != 15 {
		t.Errorf("one thread:\n%s\nmany:\n%s", one, many)
	}
}

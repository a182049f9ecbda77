package explore

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"patchlab/explore/search"
	"patchlab/guest"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
	"patchlab/testprogs"
	"patchlab/unwind"
)

// builtSeed builds a scenario of testprogs/seed.
func builtSeed(t testing.TB, name string) *experiment.Built {
	t.Helper()
	file := "../testprogs/seed/" + name + ".txtar"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return builtOf(t, s)
}

func builtOf(t testing.TB, s *scenario.Scenario) *experiment.Built {
	t.Helper()
	b, err := experiment.Build(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func systemOf(t testing.TB, b *experiment.Built, bounds Bounds) *System {
	t.Helper()
	s, err := NewSystem(b, bounds, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// first runs one schedule, that in which nobody interferes.
func first(t testing.TB, s *System) search.Status {
	t.Helper()
	status, err := s.Reset()
	for err == nil && status == search.Going {
		status, err = s.Do(s.Choices(nil)[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// TestEveryWindowIsNeeded takes single windows away, and wants the check to notice
// those behind which the stack shows another set of functions.
func TestEveryWindowIsNeeded(t *testing.T) {
	s := systemOf(t, builtSeed(t, "enable"), Bounds{Paranoid: true})
	if status := first(t, s); status != search.Done {
		t.Fatalf("%s: %+v", status, s.Failure())
	}
	var tripped []string
	for a, kind := range windowsOf(s) {
		s.paranoid.window = func(at guest.Addr) unwind.WindowKind {
			if at == a {
				return 0
			}
			return s.lab.Window(at)
		}
		if first(t, s) != search.Failed {
			continue
		}
		f := s.Failure()
		if f.Rule != RuleWindow || !strings.Contains(f.Text, a.String()+" ("+s.lab.Symbol(a)+")") {
			t.Errorf("without %s: %+v", a, f)
		}
		name, _, _ := strings.Cut(s.lab.Symbol(a), "+")
		tripped = append(tripped, name+":"+kind.String())
	}
	slices.Sort(tripped)
	// The frame of f ends the stack, and that of g shows f. The others, such as the push
	// before, change what is to be saved, and not what is seen.
	const want = "f:call f:epilogue f:prologue g:epilogue g:prologue g:return"
	if got := strings.Join(tripped, " "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestParanoidChangesNothing wants a run that is checked to be the same to the digest.
func TestParanoidChangesNothing(t *testing.T) {
	for _, points := range []Points{Protocol, Windows} {
		b := builtSeed(t, "enable")
		plain, checked := systemOf(t, b, Bounds{Points: points}), systemOf(t, b, Bounds{Points: points, Paranoid: true})
		if a, b := first(t, plain), first(t, checked); a != search.Done || a != b || plain.Digest() != checked.Digest() {
			t.Errorf("%s: %s, %s, %x, %x", points, a, b, plain.Digest(), checked.Digest())
		}
	}
}

func windowsOf(s *System) map[guest.Addr]unwind.WindowKind {
	all := map[guest.Addr]unwind.WindowKind{}
	for _, f := range s.lab.Code.Funcs() {
		for _, w := range f.Windows {
			if k := s.lab.Window(w.Addr); k != 0 {
				all[w.Addr] = k
			}
		}
	}
	return all
}

// TestParanoidScenarios runs the scenarios in some orders: none has an instruction that
// changes what a check finds and is no window, and no redirected call shows.
func TestParanoidScenarios(t *testing.T) {
	for _, name := range testprogs.Names() {
		if name == "cpu-bound" {
			continue // a million instructions between two points
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc, err := testprogs.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			sc.Script = slices.DeleteFunc(sc.Script, func(c scenario.Command) bool {
				return c.Verb == scenario.Hold || c.Verb == scenario.Release || c.Verb >= scenario.ExpectLog
			})
			strategy, err := search.ByName("random", search.Params{Seeds: search.Seeds{First: 1, Last: 5}})
			if err != nil {
				t.Fatal(err)
			}
			sub, err := NewSubject(builtOf(t, sc), Bounds{Paranoid: true, Points: Protocol | Windows}, experiment.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := search.Search(context.Background(), func() (search.System, error) { return sub.open() },
				search.Options{Strategy: strategy, All: true, MaxSteps: 3000})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Found {
				if f.Failure.Rule == RuleWindow || f.Failure.Rule == RuleTransparent {
					t.Error(f.Failure.Text)
				}
			}
		})
	}
}

// frameless has a function that calls another without a frame: on whichever stack it is,
// that is unreliable from the moment on in which the walk comes to it.
const frameless = `# A function without a frame

explore
insmod new
wait exit

-- program.c --
#include <patchlab.h>

u64 leaf(u64 x) { return x + 1; }
u64 f(u64 x) { return x + 2; }
u64 notrace __attribute__((__naked__)) bare(u64 x)
{
	__asm__("sub $8, %rsp\n call leaf\n add $8, %rsp\n ret");
}
u64 enter(u64 x) { return bare(x) + f(x); }
GATE(0x1000, enter);
__user void task(u64 n) { gate(0x1000, n); user_exit(0); }
TASK("t1", task, 1);

-- patches/new.c --
#include <livepatch.h>
static u64 new_f(u64 x) { return x + 10; }
KLP_FUNC(f, new_f);
MODULE_INFO(livepatch, "Y");
`

func TestFrameless(t *testing.T) {
	sc, err := scenario.Parse("frameless.txtar", []byte(frameless))
	if err != nil {
		t.Fatal(err)
	}
	s := systemOf(t, builtOf(t, sc), Bounds{Paranoid: true})
	if status := first(t, s); status != search.Done {
		t.Errorf("%s: %+v", status, s.Failure())
	}
}

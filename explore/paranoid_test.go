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
		tripped = append(tripped, s.lab.Symbol(a)+" "+kind.String())
		t.Log(f.Text)
	}
	slices.Sort(tripped)
	t.Log(tripped)
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

// TestParanoidScenarios runs every scenario in some orders: none has an instruction that
// changes what a check finds and is no window.
func TestParanoidScenarios(t *testing.T) {
	for _, name := range testprogs.Names() {
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
			t.Log(r.Sentence(), r.Counts)
			for _, f := range r.Found {
				if f.Failure.Rule == RuleWindow {
					t.Error(f.Failure.Text)
				}
			}
		})
	}
}

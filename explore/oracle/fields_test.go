package oracle

import (
	"reflect"
	"testing"

	"patchlab/guest"
	"patchlab/lab"
	"patchlab/livepatch"
)

// TestEveryFieldIsCopied fills all that an oracle keeps of a run, and wants a copy to have
// it, in memory of its own.
func TestEveryFieldIsCopied(t *testing.T) {
	full := func() run {
		return run{
			patches: []patch{{name: "p", id: 1, at: guest.RangeOf(1, 2), replaces: true, left: with, covered: true, replaced: true, covers: true, forced: true}},
			funcs:   []function{{patch: 1, Sides: livepatch.Sides{Fn: 1, Without: 2, With: 3}}},
			tasks:   []task{{unwound: true, outside: 1, late: 2, asked: 3, passed: true, cause: KnownLimit}},
			names:   []name{{patch: 1, Name: lab.Name{Name: "f", Sympos: 1, At: []guest.Addr{2}, New: 3}}},
			gone:    []module{{name: "m", at: guest.RangeOf(3, 4)}},
			current: 1, found: []Violation{{Rule: Quiet}}, more: 2, tails: 3,
		}
	}
	want := full()
	nonZero(t, reflect.ValueOf(want))
	from := full()
	var r run
	r.copy(&from)
	if !reflect.DeepEqual(r, want) {
		t.Errorf("copied %+v, want %+v", r, want)
	}
	from.patches[0], from.funcs[0], from.tasks[0], from.gone[0], from.found[0] = patch{}, function{}, task{}, module{}, Violation{}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("the copy changes with the original: %+v", r)
	}
}

// nonZero wants every field of a struct, and of those in its slices, to be filled, so that
// a new one is not forgotten here. What a violation says is a plain value.
func nonZero(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().String()+"."+v.Type().Field(i).Name
		if f.IsZero() {
			t.Errorf("%s is not tested", name)
		}
		if f.Kind() == reflect.Slice && f.Type().Elem() != reflect.TypeFor[Violation]() {
			nonZero(t, f.Index(0))
		}
	}
}

func TestIsPart(t *testing.T) {
	for _, c := range []struct {
		name, of string
		want     bool
	}{{"f.cold", "f", true}, {"f.cold.12", "f", true}, {"fg.cold", "f", false}, {"f.cold", "fg", false}, {"f", "f", false}, {"f.part.0.cold", "f", false}} {
		if isPart(c.name, c.of) != c.want {
			t.Errorf("%s is part of %s: %v", c.name, c.of, !c.want)
		}
	}
}

func TestNames(t *testing.T) {
	if got := []string{Rule(0).String(), Rule(99).String(), Progress.String(), Model.String(), KnownLimit.String(), Author.String()}; !reflect.DeepEqual(got,
		[]string{"rule 0", "rule 99", "progress", "model", "known limit of klp", "patch author"}) {
		t.Errorf("%q", got)
	}
	for i, name := range RuleNames() {
		if Rule(i+1).String() != name {
			t.Errorf("rule %d is %s, not %s", i+1, Rule(i+1), name)
		}
	}
}

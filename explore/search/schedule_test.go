package search

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestScheduleText(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       Schedule
	}{
		{"empty", "", nil},
		{"comments", "# one\n\n   \n#two\n", nil},
		{"steps", "looper H.enter\ntimer:1 f+0x4 interrupt\r\n  worker  P.try[T1]  =00000000000000ff", Schedule{
			{Actor: "looper", Point: "H.enter"},
			{Actor: "timer:1", Kind: "interrupt", Point: "f+0x4"},
			{Actor: "worker", Point: "P.try[T1]", Digest: 255},
		}},
		{"kind with digest", "a b c =123456789abcdef0\n", Schedule{{"a", "c", "b", 0x123456789abcdef0}}},
	} {
		got, err := ParseSchedule(tt.text)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
		if again, err := ParseSchedule(got.String()); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: %q, written and read %q, %v", tt.name, got, again, err)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"a b\n\nc\n", "line 3: want ACTOR POINT [KIND] [=DIGEST], got 1 names"},
		{"a b c d", "line 1: want ACTOR POINT [KIND] [=DIGEST], got 4 names"},
		{"=0123456789abcdef", "got 0 names"},
		{"a b =12", `"=12" is no digest`},
		{"a b =0000000000000000", `"=0000000000000000" is no digest`},
		{"a b =xxxxxxxxxxxxxxxx", "is no digest"},
		{"=a b c", `"=a" is no name`},
		{"a b\x00", "is no name"},
		{"a \xff", "is no name"},
	} {
		s, err := ParseSchedule(tt.text)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), tt.want) || s != nil {
			t.Errorf("%q: %q, %v; want %q", tt.text, s, err, tt.want)
		}
	}
}

func TestCompact(t *testing.T) {
	long := Schedule{}
	for i := range 1000 {
		long = append(long, Step{Actor: []string{"looper", "worker"}[i/7%2], Point: []string{"H.enter", "H.stack", "P.try[T1]"}[i%3]})
	}
	long[999].Digest = 77
	word := long.Compact()
	if len(word) > 1500 || strings.ContainsAny(word, " \n'\"$&;|<>*?/+=") {
		t.Errorf("%d characters: %s", len(word), word)
	}
	for _, s := range []Schedule{nil, long, {{"a", "b", "ä+0x1", 0}}, {{"a", "", "a", 3}}} {
		got, err := ParseCompact(" " + s.Compact() + "\n")
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%q comes back as %q, %v", s, got, err)
		}
	}
	for _, bad := range []string{
		"", "x", "s1.", "s2." + word[3:], word[:len(word)-1], word + "A", word[:40] + "x" + word[41:], "s1.AAAA", "s1.AAAAAA",
		(Schedule{{"a b", "", "c", 0}}).Compact(), (Schedule{{"a", "=", "c", 0}}).Compact(), (Schedule{{"", "", "c", 0}}).Compact(),
	} {
		s, err := ParseCompact(bad)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || s != nil {
			t.Errorf("%q: %q, %v", bad, s, err)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("a b\nc d e =123456789abcdef0\n# x\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchedule(text)
		if err != nil {
			if s != nil {
				t.Fatalf("%q and %v", s, err)
			}
			return
		}
		if again, err := ParseSchedule(s.String()); err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%q, written and read %q, %v", s, again, err)
		}
		again, err := ParseCompact(s.Compact())
		for i := range s {
			if i < len(s)-1 {
				s[i].Digest = 0
			}
		}
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%q, pasted %q, %v", s, again, err)
		}
	})
}

func FuzzCompact(f *testing.F) {
	f.Add((Schedule{{"a", "b", "c", 1}}).Compact())
	f.Fuzz(func(t *testing.T, word string) {
		s, err := ParseCompact(word)
		if err != nil {
			if s != nil {
				t.Fatalf("%q and %v", s, err)
			}
			return
		}
		if again, err := ParseCompact(s.Compact()); err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%q comes back as %q, %v", s, again, err)
		}
	})
}

func TestReplay(t *testing.T) {
	c := compile(t, parse(t, repeated(2, "atomic x; atomic y")))
	c.interrupts = 1
	sys := &progSystem{code: c}
	text := "t0 t0+0\nt1 t1+0\nt1 t1+1 interrupt\nt0 t0+1\nt1 t1+1\n"
	s, err := ParseSchedule(text)
	if err != nil {
		t.Fatal(err)
	}
	end, err := Check(sys, s)
	if err != nil || end.Status != Done || end.Steps != 5 || end.Preemptions != 3 || end.Digest == 0 {
		t.Fatalf("%+v, %v", end, err)
	}
	_, path, err := replay(sys, s)
	if err != nil {
		t.Fatal(err)
	}
	recorded, recordedEnd, err := Record(sys, path)
	if err != nil || recordedEnd != end || recorded[4].Digest != end.Digest {
		t.Fatalf("%q, %+v, %v", recorded, recordedEnd, err)
	}
	if _, err := Check(sys, recorded); err != nil {
		t.Errorf("with digests: %v", err)
	}
	if end, err := Replay(sys, recorded[:2]); err != nil || end.Status != Going || end.Steps != 2 {
		t.Errorf("the beginning: %+v, %v", end, err)
	}
	changed := func(i int, change func(*Step)) Schedule {
		n := append(Schedule(nil), recorded...)
		change(&n[i])
		return n
	}
	for _, tt := range []struct {
		name string
		s    Schedule
		want string
	}{
		{"too long", append(recorded[:5:5], recorded[0]), "step 6, t0 t0+0: the run is over: done (after 5 steps)"},
		{"actor", changed(1, func(s *Step) { s.Actor = "t2" }), "step 2, t2 t1+0: not enabled; enabled: t0 t0+1, t1 t1+0, t0 t0+1 interrupt, t1 t1+0 interrupt (after 1 steps, digest "},
		{"point", changed(1, func(s *Step) { s.Point = "t1+5" }), "step 2, t1 t1+5: the actor stands at t1+0; enabled: "},
		{"kind", changed(2, func(s *Step) { s.Kind = "signal" }), "step 3, t1 t1+1 signal: not enabled"},
		{"digest", changed(2, func(s *Step) { s.Digest++ }), "step 3, t1 t1+1 interrupt: the digest after it is "},
		{"last digest", changed(4, func(s *Step) { s.Digest++ }), "step 5, t1 t1+1: the digest after it is "},
		{"already ended", Schedule{s[0], s[3], s[3]}, "step 3, t0 t0+1: not enabled"},
	} {
		end, err := Replay(sys, tt.s)
		var d *Difference
		if !errors.As(err, &d) || !errors.Is(err, ErrDifferent) || !strings.Contains(err.Error(), tt.want) || end != (Ending{}) {
			t.Errorf("%s: %+v, %v; want %q", tt.name, end, err, tt.want)
		}
	}
	if _, _, err := Record(sys, append(path[:5:5], path[0])); !errors.Is(err, ErrInfeasible) {
		t.Errorf("a path that is too long: %v", err)
	}
	if _, _, err := Record(sys, []Choice{{Actor: 9}}); !errors.Is(err, ErrInfeasible) {
		t.Errorf("a path of nobody: %v", err)
	}
}

// restless is a system with a digest that tells runs apart that are the same.
type restless struct{ fickle }

func (r *restless) Do(c Choice) (Status, error) { return r.progSystem.Do(c) }
func (r *restless) Digest() uint64              { return uint64(r.resets) }

func TestCheckNotices(t *testing.T) {
	c := compile(t, parse(t, threads("atomic x", "read x into r")))
	sys := &fickle{progSystem: &progSystem{code: c}}
	_, err := Check(sys, Schedule{{Actor: "t1", Point: "t1+0"}, {Actor: "t0", Point: "t0+0"}})
	if !errors.Is(err, ErrDifferent) {
		t.Errorf("two runs that differ: %v", err)
	}
	restless := &restless{fickle{progSystem: &progSystem{code: c}}}
	if _, err := Check(restless, Schedule{{Actor: "t1", Point: "t1+0"}}); !errors.Is(err, ErrDifferent) {
		t.Errorf("two digests: %v", err)
	}
}

// misnamed gives choices names that are none.
type misnamed struct {
	*progSystem
	name string
}

func (m misnamed) Describe(Choice) (actor, kind, point string) { return m.name, "", "p" }

func TestNames(t *testing.T) {
	c := compile(t, parse(t, repeated(2, "atomic x")))
	for _, tt := range []struct{ name, want string }{
		{"", "is no name"},
		{"a b", "is no name"},
		{"=", "is no name"},
		{"a", "two choices have the name"},
	} {
		m := misnamed{&progSystem{code: c}, tt.name}
		if _, err := Replay(m, Schedule{{Actor: "a", Point: "p"}}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v", tt.name, err)
		}
	}
}

package search

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"
)

// written returns what a checkpoint is after it was written and read.
func written(t testing.TB, c *Checkpoint) *Checkpoint {
	t.Helper()
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	c, err := ReadCheckpoint(&b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// same wants two results that differ at most in how often runs were done twice, and in
// when a failure came up: a limit changes the order in which runs are done.
func same(t *testing.T, what string, got, want *Result) {
	t.Helper()
	g, w := *got, *want
	g.Counts.Checked, w.Counts.Checked = 0, 0
	g.Levels, w.Levels = append([]Level(nil), g.Levels...), append([]Level(nil), w.Levels...)
	for i := range g.Levels {
		g.Levels[i].Counts.Checked = 0
	}
	for i := range w.Levels {
		w.Levels[i].Counts.Checked = 0
	}
	g.Found, w.Found = append([]Found(nil), g.Found...), append([]Found(nil), w.Found...)
	for i := range g.Found {
		g.Found[i].Runs = 0
	}
	for i := range w.Found {
		w.Found[i].Runs = 0
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("%s: %+v\nwant %+v", what, g, w)
	}
}

// lateRule breaks a rule in few of the runs.
func lateRule(p *progSystem) string {
	if p.pc[0] == 2 && p.pc[1] == 1 && p.last == 0 {
		return "late"
	}
	return ""
}

// TestResumeAnywhere stops a search after every run, and goes on in another one, from
// what was written down; and it does so with steps of several runs.
func TestResumeAnywhere(t *testing.T) {
	c := compile(t, parse(t, repeated(3, "atomic x; atomic y")))
	c.judge = lateRule
	for _, s := range []Strategy{Exhaustive(), Reexecution(), Preemptions(2), Preemptions(-1), Delays(3), Random(Seeds{1, 90}), PCT(2, Seeds{5, 95})} {
		want := search(t, c, Options{Strategy: s, All: true})
		for _, step := range []uint64{1, 7, 64} {
			o := Options{Strategy: s, All: true, Subject: "x"}
			var r *Result
			for n := 0; ; n++ {
				o.MaxRuns = step * uint64(n+1)
				r = search(t, c, o)
				if r.Rest == nil {
					break
				}
				if r.Complete || !strings.Contains(r.Sentence(), "inconclusive") || n > 1000 {
					t.Fatalf("%s: stopped after %d runs: %s", s.Name(), r.Counts.Runs, r.Sentence())
				}
				o.From = written(t, r.Rest)
				o.Workers = n%2 + 1
			}
			same(t, s.Name(), r, want)
		}
	}
}

// TestResumeAfterFailure goes on after a failure, and does as many runs as a search that
// does not stop.
func TestResumeAfterFailure(t *testing.T) {
	c := compile(t, parse(t, repeated(3, "atomic x; atomic y")))
	c.judge = lateRule
	for _, s := range []Strategy{Exhaustive(), Preemptions(-1), Random(Seeds{1, 300}), PCT(3, Seeds{7, 300})} {
		want := search(t, c, Options{Strategy: s, All: true})
		first := search(t, c, Options{Strategy: s})
		if first.Rest == nil || !strings.Contains(first.Reason, "first failure") || len(first.Found) != 1 {
			t.Fatalf("%s: %+v", s.Name(), first)
		}
		r := search(t, c, Options{Strategy: s, All: true, From: written(t, first.Rest)})
		same(t, s.Name(), r, want)
		// What was found before is no reason to stop.
		r = search(t, c, Options{Strategy: s, From: written(t, first.Rest)})
		same(t, s.Name(), r, want)
	}
}

// TestResumeCancelled cancels a search in the middle, and goes on.
func TestResumeCancelled(t *testing.T) {
	c := compile(t, parse(t, repeated(4, "atomic x; atomic y")))
	want := search(t, c, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	reports := 0
	r, err := Search(ctx, c.open(nil), Options{Workers: 2, Progress: func(p Progress) {
		if reports++; reports == 3 {
			cancel()
		}
	}})
	if err != nil || r.Rest == nil || r.Complete || !strings.Contains(r.Sentence(), "interrupted") {
		t.Fatalf("cancelled: %+v, %v", r, err)
	}
	before := r.Counts.Runs
	rest := search(t, c, Options{From: written(t, r.Rest), Progress: func(p Progress) {
		if p.Counts.Runs < before {
			t.Errorf("after %d runs, progress says %d", before, p.Counts.Runs)
		}
	}})
	same(t, "resumed", rest, want)
}

// TestCheckpoints takes up every checkpoint that a search offers on its way.
func TestCheckpoints(t *testing.T) {
	c := compile(t, parse(t, repeated(4, "atomic x; atomic y")))
	for _, s := range []Strategy{Exhaustive(), Preemptions(3), Random(Seeds{1, 5000})} {
		var all []*Checkpoint
		want := search(t, c, Options{Strategy: s, Checkpoint: func(c *Checkpoint) error {
			all = append(all, written(t, c))
			return nil
		}})
		if len(all) == 0 {
			t.Errorf("%s: no checkpoint", s.Name())
		}
		for _, c1 := range all {
			same(t, s.Name(), search(t, c, Options{Strategy: s, From: c1}), want)
		}
	}
}

func TestCheckpointRefused(t *testing.T) {
	c := compile(t, parse(t, repeated(3, "atomic x; atomic y")))
	other := compile(t, parse(t, repeated(4, "atomic x; atomic y")))
	rest := search(t, c, Options{Subject: "a", MaxRuns: 20}).Rest
	for _, tt := range []struct {
		name string
		c    *code
		o    Options
		want string
	}{
		{"subject", c, Options{Subject: "b"}, `it is of "a", not of "b"`},
		{"strategy", c, Options{Subject: "a", Strategy: Delays(1)}, "it is of the strategy exhaustive, not of delays"},
		{"merging", c, Options{Subject: "a", Strategy: Merging(-1)}, "it is of the strategy exhaustive, not of merging"},
		{"system", other, Options{Subject: "a"}, "job 1 does not fit"},
	} {
		tt.o.From = written(t, rest)
		r, err := Search(t.Context(), tt.c.open(nil), tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) || r != nil {
			t.Errorf("%s: %v, %v", tt.name, r, err)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"", "EOF"},
		{"{}", "version is 0"},
		{`{"version":2}`, "version is 2; this program reads 1"},
		{`{"version":1}`, "no classes"},
		{`{"version":1,"what":1}`, "unknown field"},
		{`{"version":1,"classes":""}`, "nothing is left to do"},
		{`{"version":1,"classes":"AAAA"}`, "damaged set"},
		{`{"version":1,"classes":"","jobs":[null]}`, "job 1: base out of range"},
		{`{"version":1,"classes":"","jobs":[{"base":1}]}`, "job 1: base out of range"},
		{`{"version":1,"classes":"","jobs":[{"marks":[{"i":1,"c":["0.0.1"]}]}]}`, "job 1, depth 1: choice 1 of 1"},
		{`{"version":1,"classes":"","jobs":[{"marks":[{"i":0,"c":["0.0"]}]}]}`, `"0.0" is no choice`},
		{`{"version":1,"classes":"","jobs":[{"marks":[{"i":0,"c":["0.0.1x"]}]}]}`, `"0.0.1x" is no choice`},
	} {
		c, err := ReadCheckpoint(strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || c != nil {
			t.Errorf("%s: %v, %v; want %q", tt.text, c, err, tt.want)
		}
	}
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte(`{"version":1,"subject":"","strategy":"exhaustive","classes":"","points":[1],"jobs":[{"marks":[{"i":0,"c":["0.0.1"]}],"base":0}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ReadCheckpoint(bytes.NewReader(text))
		if (c == nil) == (err == nil) {
			t.Fatalf("%v, %v", c, err)
		}
		if err != nil {
			return
		}
		// What can be read can be tried, on a system that it may not fit.
		r, err := Search(t.Context(), compile(t, parse(t, repeated(2, "atomic x"))).open(nil), Options{From: c, MaxRuns: 100})
		if (r == nil) == (err == nil) {
			t.Fatalf("%v, %v", r, err)
		}
	})
}

package prove_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"patchlab/explore/prove"
	"patchlab/explore/search"
)

// Of the environment of this program when it is started as a child: its arguments, and the
// run that a child which replays takes another turn in, if any.
const (
	childArgs = "PATCHLAB_PROVE_CHILD"
	otherRun  = "PATCHLAB_PROVE_OTHER"
)

func TestMain(m *testing.M) {
	args, isChild := os.LookupEnv(childArgs)
	if !isChild {
		os.Exit(m.Run())
	}
	var wrap func(search.System) search.System
	if n, err := strconv.Atoi(os.Getenv(otherRun)); err == nil {
		wrap = func(s search.System) search.System { return &swerving{System: s, in: n} }
	}
	if err := prove.Child(strings.Fields(args), os.Stdin, os.Stdout, wrap); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// swerving is a system that in one of its runs, from 1, once takes another choice than it
// is told to take, and says nothing.
type swerving struct {
	search.System
	in, run int
}

func (s *swerving) Reset() (search.Status, error) {
	s.run++
	return s.System.Reset()
}

func (s *swerving) Do(c search.Choice) (search.Status, error) {
	if s.run == s.in {
		for _, other := range s.Choices(nil) {
			if other != c {
				s.in = 0
				return s.System.Do(other)
			}
		}
	}
	return s.System.Do(c)
}

// Digest and Where make it a [search.Witness], as the system inside is.
func (s *swerving) Digest() uint64 { return s.System.(search.Witness).Digest() }

func (s *swerving) Where(actor string) string {
	return s.System.(search.Witness).Where(actor)
}

// child starts this program again.
func child(env ...string) func(context.Context, ...string) *exec.Cmd {
	return func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), append(env, childArgs+"="+strings.Join(args, " "))...)
		return cmd
	}
}

// TestProve replays a sample of what "make prove" replays, and compares with the report
// of that.
func TestProve(t *testing.T) {
	all, err := prove.Suite()
	if err != nil {
		t.Fatal(err)
	}
	r, err := prove.Run(t.Context(), prove.Options{Subjects: all, Replays: prove.SampleSize(all), Child: child()})
	if err != nil {
		t.Fatal(err)
	}
	if r.Different() > 0 {
		t.Errorf("a replay differs:\n%s", r)
	}
	const page = "../../docs/prove.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if !strings.Contains(text, ", 0 differences.**") {
		t.Errorf("%s does not say that nothing differs", page)
	}
	if !strings.Contains(text, r.Compiler) {
		t.Skipf("%s was made with another compiler than %s", page, r.Compiler)
	}
	var old []string
	for _, row := range r.Rows {
		if !agrees(text, row) {
			old = append(old, row.Subject.String())
		}
	}
	if len(old) > 0 {
		t.Errorf("%s is out of date about %s: 'make prove' makes it again (about ten minutes)", page, strings.Join(old, "; "))
	}
}

// agrees reports whether a page has a row with the same sample.
func agrees(page string, row *prove.Row) bool {
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "| "+row.Subject.String()+" |") {
			return strings.Contains(line, "| `"+row.Sample+"` |")
		}
	}
	return false
}

// TestDifference has one replay go another way, and wants that one to be found.
func TestDifference(t *testing.T) {
	r, err := prove.Run(t.Context(), prove.Options{
		Subjects: []prove.Subject{{Scenario: "seed/disable"}}, Replays: 50, Child: child(otherRun + "=18"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Different() != 1 || !strings.Contains(r.String(), "The first difference of seed/disable: schedule 17: recorded ") {
		t.Errorf("%d differences\n%s", r.Different(), r)
	}
}

// TestChildFails wants an error when a process cannot do its work.
func TestChildFails(t *testing.T) {
	for _, c := range []struct {
		subject prove.Subject
		want    string
	}{
		{prove.Subject{Scenario: "nosuch"}, `no scenario is called "nosuch"`},
		{prove.Subject{Scenario: "interrupted-inside"}, " has no place in a search"},
	} {
		_, err := prove.Run(t.Context(), prove.Options{Subjects: []prove.Subject{c.subject}, Child: child()})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.subject, err, c.want)
		}
	}
}

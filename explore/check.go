package explore

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"time"

	"patchlab/explore/search"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

// TB is what [Check] needs of a test; [testing.TB] has it.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// CheckOptions say how [Check] searches. The zero value tries everything.
type CheckOptions struct {
	Bounds Bounds
	// Run has the model and the breaks, if others than the scenario's.
	Run experiment.Options
	// Search is how to search. Default of its strategy: merging, without a bound.
	Search search.Options
	// MaxTime is when to stop, on the host. Default: one minute.
	MaxTime time.Duration
	// AllowInconclusive lets a test pass whose search has found nothing, and has not tried
	// everything. By default it fails: a test that runs out of time proves nothing, and
	// nobody would notice. A sample of the schedules is never everything.
	AllowInconclusive bool
}

// Check searches the schedules of a scenario file, and fails the test when one of them goes
// wrong: with what the oracle says, the smallest schedule found, and the command that shows
// it again. It fails too when a violation that the scenario expects does not come up, when
// the search is inconclusive, and when the file is no scenario to be searched.
func Check(t TB, file string, o CheckOptions) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	check(t, file, text, o)
}

// CheckText is Check for a scenario that stands in the test. When it fails it leaves the
// scenario in a file in the folder for temporary files, for the command that shows the
// schedule again.
func CheckText(t TB, text string, o CheckOptions) {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(text))
	check(t, filepath.Join(os.TempDir(), fmt.Sprintf("patchlab-%016x.txtar", h.Sum64())), []byte(text), o)
}

// check searches the scenario in text, which is the content of a file, or will be when
// there is something to show.
func check(t TB, file string, text []byte, o CheckOptions) {
	t.Helper()
	r, flags, err := searchText(t.Context(), file, text, o)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	inconclusive := !r.Complete && !o.AllowInconclusive
	missing := r.Missing()
	found := r.Unexpected()
	if len(found) > 0 || !inconclusive {
		t.Logf("%s", r.Sentence())
	}
	switch {
	case len(found) > 0:
		if _, err := os.Stat(file); err != nil {
			if err := os.WriteFile(file, text, 0o666); err != nil {
				t.Logf("the scenario cannot be kept: %v", err)
			}
		}
		t.Fatalf("%s", complaint(found, flags, file))
	case inconclusive:
		t.Fatalf("%s", r.Sentence())
	case r.Complete && len(missing) > 0:
		t.Fatalf("no schedule violates %s, which the scenario expects", strings.Join(missing, ", "))
	}
}

// searchText searches a scenario. flags are what a replay needs of the command line.
func searchText(ctx context.Context, file string, text []byte, o CheckOptions) (r *Result, flags string, err error) {
	s, err := scenario.Parse(file, text)
	if err != nil {
		return nil, "", err
	}
	built, err := experiment.Build(s, o.Run.Builder)
	if err != nil {
		return nil, "", err
	}
	subject, err := NewSubject(built, o.Bounds, o.Run)
	if err != nil {
		return nil, "", err
	}
	if o.Search.Strategy == nil {
		o.Search.Strategy = search.Merging(-1)
	}
	if o.MaxTime == 0 {
		o.MaxTime = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, o.MaxTime)
	defer cancel()
	r, err = Explore(ctx, subject, o.Search)
	return r, subject.Flags(), err
}

// complaint tells of failures. flags are what a replay needs.
func complaint(found []search.Shrunk, flags, file string) string {
	if abs, err := filepath.Abs(file); err == nil {
		file = abs // for somebody who stands in another folder than the test
	}
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "VIOLATION %s: %s\n%s, %s:\n\n%s\nsee it again: patchlab explore %s-replay '%s' %s\n",
			f.Failure.Rule, f.Failure.Text, plural(len(f.Schedule), "step"), plural(f.Preemptions, "preemption"), Legs(f.Schedule), flags, f.Schedule.Compact(), file)
	}
	return b.String()
}

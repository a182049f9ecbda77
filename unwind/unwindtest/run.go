package unwindtest

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"patchlab/unwind"
)

// New makes an unwinder over a code map.
type New func(*unwind.CodeMap) unwind.Unwinder

// Run runs the suite. The current folder must be one below unwind, as it is in
// the tests of an unwinder.
func Run(t *testing.T, newUnwinder New) {
	name := newUnwinder(unwind.NewCodeMap(0)).Name()
	t.Run(name+"/stacks", func(t *testing.T) { runStacks(t, newUnwinder) })
	t.Run(name+"/reuse", func(t *testing.T) { runReuse(t, newUnwinder) })
	t.Run(name+"/whole", func(t *testing.T) { runWhole(t, newUnwinder) })
	t.Run(name+"/broken", func(t *testing.T) { runBroken(t, newUnwinder) })
}

// readCases reads the stacks in unwind/testdata, by file name.
func readCases(t *testing.T) (names []string, cases []*Case) {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stacks in ../testdata: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse(file, string(text))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".txt"))
		cases = append(cases, c)
	}
	return names, cases
}

func runStacks(t *testing.T, newUnwinder New) {
	names, cases := readCases(t)
	for i, c := range cases {
		t.Run(names[i], func(t *testing.T) {
			var s unwind.Stack
			got := walk(t, newUnwinder(c.Code), c, &s)
			if !slices.Equal(got, c.Want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.Want, "\n\t"))
			}
		})
	}
}

// runReuse walks all stacks one after the other, forth and back, into one Stack
// and with one unwinder per code map: nothing of a walk may show in the next one.
// A whole stack is had without an allocation, but for one that is nothing but
// registers.
func runReuse(t *testing.T, newUnwinder New) {
	names, cases := readCases(t)
	var s unwind.Stack
	us := make([]unwind.Unwinder, len(cases))
	for i, c := range cases {
		us[i] = newUnwinder(c.Code)
		for j := range i {
			if reflect.DeepEqual(cases[j].Code.Funcs(), c.Code.Funcs()) && cases[j].Code.Gate() == c.Code.Gate() {
				us[i] = us[j]
			}
		}
	}
	order := make([]int, 0, 2*len(cases))
	for i := range cases {
		order = append(order, i)
	}
	for i := range cases {
		order = append(order, len(cases)-1-i)
	}
	for _, i := range order {
		if got := walk(t, us[i], cases[i], &s); !slices.Equal(got, cases[i].Want) {
			t.Errorf("%s after another walk: got %q, want %q", names[i], got, cases[i].Want)
		}
	}
	for i, c := range cases {
		if strings.HasPrefix(names[i], "regs-") || us[i].Unwind(&c.Target, &s) != nil {
			continue
		}
		if n := testing.AllocsPerRun(10, func() { _ = us[i].Unwind(&c.Target, &s) }); n != 0 {
			t.Errorf("%s: %v allocations per walk", names[i], n)
		}
	}
}

// reporter is what tests by example and tests at random have in common.
type reporter interface {
	Helper()
	Error(...any)
	Errorf(string, ...any)
}

// walk returns the result of a walk as a case expects it, and checks what holds
// for every walk.
func walk(t reporter, u unwind.Unwinder, c *Case, s *unwind.Stack) []string {
	t.Helper()
	c.Memory.reads, c.Memory.outside = 0, nil
	target := c.Target
	err := u.Unwind(&target, s)
	if bad := contract(c, s, err); bad != "" {
		t.Errorf("%s\nerror %v, frames %v", bad, err, s.Frames())
	}
	if target != c.Target {
		t.Error("the target was changed")
	}
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, f := range s.Frames() {
		out = append(out, f.Kind.String()+" "+c.Code.Text(f))
	}
	return out
}

// contract returns what is wrong with the result of a walk whatever the stack is,
// "" for nothing.
func contract(c *Case, s *unwind.Stack, err error) string {
	if len(c.Memory.outside) > 0 {
		return "read beyond the stack: " + c.Memory.outside[0].String()
	}
	if c.Memory.reads > 3*unwind.MaxFrames {
		return "read the stack again and again"
	}
	if err != nil {
		var e *unwind.Error
		switch {
		case !errors.As(err, &e) || !errors.Is(err, unwind.ErrUnreliable):
			return "the error is not an unwind.Error"
		case strings.Contains(e.Reason.String()+err.Error(), "?"):
			return "the error has no reason"
		case s.Len() != 0:
			return "both frames and an error"
		case (e.Err != nil) != (e.Reason == unwind.Unreadable):
			return "an error of the memory, or none, with another reason"
		}
		return ""
	}
	return complete(c, s.Frames())
}

// complete returns what shows that a stack was not complete although it was said
// to be, as far as the stack itself can show it.
func complete(c *Case, frames []unwind.Frame) string {
	if c.Target.InUser {
		if len(frames) != 0 || c.Target.Decided != 0 {
			return "user mode has an empty stack, reliably, and no decision pending"
		}
		return ""
	}
	if len(frames) == 0 {
		return "no frames and no error in kernel mode"
	}
	if len(frames) >= unwind.MaxFrames {
		return "a full trace is not reliable"
	}
	decided := 0
	for i, f := range frames {
		if (f.Kind == unwind.ExactPC) != (i == 0) {
			return "the innermost frame, and only that, is where the task stands"
		}
		if f.Kind == unwind.Decided {
			decided++
			if f.Addr != c.Target.Decided {
				return "decided on something else"
			}
		}
		if f.Addr != c.Code.Gate() && c.Code.Find(f.Lookup()) == nil {
			return "an address that is not text"
		}
		if f.Addr == c.Code.Gate() && i != len(frames)-1 {
			return "goes on behind the end"
		}
	}
	if last := frames[len(frames)-1]; last.Addr != c.Code.Gate() {
		return "the end of the stack was not reached"
	}
	if (decided == 1) != (c.Target.Decided != 0) {
		return "a decision that is pending is reported once"
	}
	return ""
}

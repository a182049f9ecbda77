package explore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"patchlab/explore"
	"patchlab/explore/search"
	"patchlab/lab/experiment"
)

// explained searches a scenario for its first failure and explains that.
func explained(t *testing.T, name string, b explore.Bounds, o experiment.Options) (*explore.Subject, *explore.Explanation) {
	t.Helper()
	s := subject(t, name, b, o)
	r, err := explore.Explore(context.Background(), s, search.Options{Strategy: search.Merging(1)})
	if err != nil || len(r.Found) == 0 {
		t.Fatalf("nothing found: %v, %v", r, err)
	}
	e, err := s.Explain(t.Context(), r.Found[0].Schedule)
	if err != nil {
		t.Fatal(err)
	}
	return s, e
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		scenario   string
		breaks     []string
		interrupts int
		attributed string
		place      string   // of the task that it is about
		live       []string // in truth
		read       string
		frames     string // a part of what the unwinder says
		alone      bool   // no schedule passes nearby
	}{
		{
			scenario: "../scenarios/asleep-in-patched", breaks: []string{"skip-stack-check"}, attributed: "model",
			place: "asleep, before pl_wait+0xb, patch_state 1", live: []string{"the old visit"},
			read: "the unwinder would say; the model has not asked", frames: "visit+0x13 (asleep-in-patched.txtar:43) (old)", alone: true,
		},
		{
			scenario: "disable-reschedule", attributed: "known limit of klp",
			place: "runnable, before shim.leave, patch_state 0", live: []string{"the new f (new_f): decided, has not begun"},
			read: "the unwinder told the model in this step", frames: "f+0x5 (disable-reschedule.txtar:23) (old)",
		},
		{
			scenario: "disable", breaks: []string{experiment.TrustInterrupted}, interrupts: 1, attributed: "model",
			place: "runnable, interrupted in the kernel, before shim.leave, patch_state 0", live: []string{"the new f (new_f): decided, has not begun"},
			read: "the unwinder told the model in this step", frames: "new_f, decided; no word of the stack says so (new)",
		},
		{
			scenario: "enable", breaks: []string{"switch-in-handler"}, attributed: "model",
			place: "on its CPU, before H.trylock, patch_state 1", live: []string{"the old f"},
			read: "the model has not asked the unwinder",
		},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			t.Parallel()
			s, e := explained(t, c.scenario, explore.Bounds{Interrupts: c.interrupts}, experiment.Options{Breaks: c.breaks})
			if e.Bad == nil || e.Bad.Rule != "clean-switch" || e.Bad.Statement == "" || !strings.HasSuffix(e.Bad.Text, "("+c.attributed+")") {
				t.Fatalf("%+v", e.Bad)
			}
			if len(e.Moments) != e.Ending.Steps+1 {
				t.Errorf("%d moments of %d steps", len(e.Moments), e.Ending.Steps)
			}
			about := e.Bad.Stacks[0]
			if about.Place != c.place || fmt.Sprint(about.Live) != fmt.Sprint(c.live) || about.Read != c.read {
				t.Errorf("stacks %+v", about)
			}
			if !strings.Contains(strings.Join(about.Frames, "\n"), c.frames) {
				t.Errorf("frames %q", about.Frames)
			}
			again, err := s.Explain(t.Context(), scheduleOf(e))
			if err != nil || again.Text(99) != e.Text(99) {
				t.Errorf("explained again: %v\n%s", err, again.Text(99))
			}
			if c.alone != (e.Near == nil) || e.NearCut {
				t.Fatalf("the nearest that passes: %+v, %v", e.Near, e.NearCut)
			}
			if c.alone {
				return
			}
			passing, err := s.Explain(t.Context(), e.Near.Schedule)
			if err != nil || passing.Bad != nil || passing.Ending.Status != search.Done {
				t.Errorf("the nearest one: %+v, %v", passing.Ending, err)
			}
			for width := 60; width <= 120; width += 5 {
				keepsTo(t, e.Text(width), width)
				keepsTo(t, passing.Text(width), width)
			}
		})
	}
}

// scheduleOf returns the schedule that was explained.
func scheduleOf(e *explore.Explanation) (s search.Schedule) {
	for _, m := range e.Moments[1:] {
		s = append(s, m.Step)
	}
	return s
}

// keepsTo wants no line of a text to be wider, and none to end in a blank.
func keepsTo(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if utf8.RuneCountInString(line) > width || strings.HasSuffix(line, " ") {
			t.Fatalf("width %d: %q", width, line)
		}
	}
}

// TestExplainDifference wants a schedule to be told up to where the run leaves it.
func TestExplainDifference(t *testing.T) {
	s := subject(t, "enable", explore.Bounds{}, experiment.Options{})
	e, err := s.Explain(t.Context(), search.Schedule{{Actor: "t1", Point: "task"}, {Actor: "t1", Point: "nowhere"}})
	if err != nil || e.Difference == nil || e.Difference.Index != 1 || len(e.Moments) != 2 {
		t.Fatalf("%+v, %v", e, err)
	}
	text := e.Text(99)
	if !strings.Contains(text, "1 step, then the run is another one than the schedule") || !strings.Contains(text, "step 2, t1 nowhere: the actor stands at f") {
		t.Error(text)
	}
}

// TestExplainBorn has a task that is not there from the start.
func TestExplainBorn(t *testing.T) {
	e := story(2)
	e.Moments[0].States = e.Moments[0].States[:1]
	text := e.Text(120)
	for _, want := range []string{"\n     none              -                ", "\n   1 patching p, to 1 *0p *-               "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}

// TestExplainStart has a run that goes wrong before anything has moved.
func TestExplainStart(t *testing.T) {
	e := story(2)
	e.Moments = e.Moments[:1]
	e.Ending = search.Ending{Status: search.Failed}
	e.Bad = &explore.Bad{Failure: search.Failure{Rule: explore.Expectation, Text: "file:3: it is not so"}}
	text := e.Text(99)
	for _, want := range []string{"it goes wrong where the search begins", "VIOLATION of expectation before the first step", "it is not so"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}

// story is an explanation made by hand: two tasks of which one is switched.
func story(tasks int) *explore.Explanation {
	e := &explore.Explanation{}
	idle := make([]explore.TaskState, tasks)
	for i := range tasks {
		e.Tasks = append(e.Tasks, explore.TaskName{Name: fmt.Sprintf("t%d", i+1)})
		idle[i].State = -1
	}
	moment := func(actor, point, transition string, first explore.TaskState, notes ...string) {
		states := append([]explore.TaskState{first}, idle[1:]...)
		e.Moments = append(e.Moments, explore.Moment{
			Step: search.Step{Actor: actor, Point: point}, Transition: transition, States: states, Notes: notes,
		})
	}
	moment("", "", "", explore.TaskState{State: -1})
	moment("t2", "P.target", "patching p, to 1", explore.TaskState{Pending: true}, "p: starting")
	for i := range tasks {
		moment(fmt.Sprintf("t%d", i+1), "a_function_with_a_name+0x10", "patching p, to 1", explore.TaskState{State: 1})
	}
	moment("t1", "X.store", "", explore.TaskState{Gone: true})
	e.Ending = search.Ending{Status: search.Done, Steps: len(e.Moments) - 1}
	return e
}

// TestTextWidths has the table with columns for all, with narrow ones, and with one for
// all tasks.
func TestTextWidths(t *testing.T) {
	for _, c := range []struct {
		tasks, width int
		want         string
	}{
		{2, 120, `
step transition        1   2   t1                          t2                          what happens
     none              -   -                                                           the search begins
   1 patching p, to 1 *0p  -                               P.target                    p: starting
   2 |                *1   -   a_function_with_a_name+0x10
   3 |                 1   -                               a_function_with_a_name+0x10
   4 none             *x   -   X.store
`},
		{2, 62, `
step transition        1   2   t1             t2
     none              -   -
                           the search begins
   1 patching p, to 1 *0p  -                  P.target
                           p: starting
   2 |                *1   -   a_function_wit
                               h_a_name+0x10
   3 |                 1   -                  a_function_wit
                                              h_a_name+0x10
   4 none             *x   -   X.store
`},
		{4, 72, `
step transition        1   2   3   4   task: point
     none              -   -   -   -
                                   the search begins
   1 patching p, to 1 *0p  -   -   -   t2: P.target
                                   p: starting
   2 |                *1   -   -   -   t1: a_function_with_a_name+0x10
   3 |                 1   -   -   -   t2: a_function_with_a_name+0x10
   4 |                 1   -   -   -   t3: a_function_with_a_name+0x10
   5 |                 1   -   -   -   t4: a_function_with_a_name+0x10
   6 none             *x   -   -   -   t1: X.store
`},
		{8, 60, `
step transition        1   2   3   4   5   task: point
                       6   7   8
     none              -   -   -   -   -
                       -   -   -
                                       the search begins
`},
	} {
		text := story(c.tasks).Text(c.width)
		keepsTo(t, text, c.width)
		if _, table, _ := strings.Cut(text, "\n\nstep"); !strings.HasPrefix("\nstep"+table, c.want) {
			t.Errorf("%d tasks, width %d:\n%s", c.tasks, c.width, text)
		}
	}
	for tasks := 1; tasks < 30; tasks += 3 {
		for width := 60; width < 130; width++ {
			keepsTo(t, story(tasks).Text(width), width)
		}
	}
}

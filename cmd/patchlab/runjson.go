package main

import (
	"errors"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab/experiment"
)

// runJSON is the report of a run.
type runJSON struct {
	Schema       string           `json:"schema"`
	File         string           `json:"file"`
	Title        string           `json:"title"`
	Status       int              `json:"status"`
	OK           bool             `json:"ok"`
	Error        string           `json:"error"`
	Fault        *faultJSON       `json:"fault"`
	Scheduler    string           `json:"scheduler"`
	Seed         uint64           `json:"seed"`
	CPUs         int              `json:"cpus"`
	Breaks       []string         `json:"breaks"`
	Expectations int              `json:"expectations"`
	Failures     []failureJSON    `json:"failures"`
	Violations   []violationJSON  `json:"violations"`
	Tasks        []taskJSON       `json:"tasks"`
	Rest         []placeJSON      `json:"rest"`
	Transitions  []transitionJSON `json:"transitions"`
	Functions    []functionJSON   `json:"functions"`
	NestedOld    uint64           `json:"nested_old"`
	NestedNew    uint64           `json:"nested_new"`
	Mixed        int              `json:"mixed"`
	TailMixed    int              `json:"tail_mixed"`
	Events       []eventJSON      `json:"events"`
	Steps        uint64           `json:"steps"`
	Time         guest.Time       `json:"time"`
	Stats        statsJSON        `json:"stats"`
	Digest       string           `json:"digest"`
}

type faultJSON struct {
	Task   guest.TaskID `json:"task"`
	Name   string       `json:"name"`
	Time   guest.Time   `json:"time"`
	Mode   string       `json:"mode"`
	PC     string       `json:"pc"`
	Symbol string       `json:"symbol"`
	Line   string       `json:"line"`
	Insn   string       `json:"insn"`
	What   string       `json:"what"`
	Stack  []string     `json:"stack"`
}

type failureJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

type violationJSON struct {
	Rule        string     `json:"rule"`
	Text        string     `json:"text"`
	Time        guest.Time `json:"time"`
	Attribution string     `json:"attribution"`
}

type taskJSON struct {
	ID   guest.TaskID `json:"id"`
	Name string       `json:"name"`
}

type placeJSON struct {
	Name  string   `json:"name"`
	Where string   `json:"where"`
	Stack []string `json:"stack"`
}

type transitionJSON struct {
	Patch     string     `json:"patch"`
	Direction string     `json:"direction"`
	Start     guest.Time `json:"start"`
	End       guest.Time `json:"end"`
	Outcome   string     `json:"outcome"`
	Moves     []moveJSON `json:"moves"`
	Waits     []waitJSON `json:"waits"`
}

type moveJSON struct {
	Task  guest.TaskID `json:"task"`
	Name  string       `json:"name"`
	Time  guest.Time   `json:"time"`
	Rule  string       `json:"rule"`
	Where string       `json:"where"`
}

type waitJSON struct {
	Task   guest.TaskID `json:"task"`
	Name   string       `json:"name"`
	Reason string       `json:"reason"`
	Stack  []string     `json:"stack"`
}

type functionJSON struct {
	Name string `json:"name"`
	Old  uint64 `json:"old"`
	New  uint64 `json:"new"`
}

type eventJSON struct {
	Time guest.Time   `json:"time"`
	Kind string       `json:"kind"`
	Task guest.TaskID `json:"task"`
	Name string       `json:"name"`
	Text string       `json:"text"`
	Rule string       `json:"rule"`
	To   uint64       `json:"to"`
}

type statsJSON struct {
	Turns        uint64 `json:"turns"`
	Instructions uint64 `json:"instructions"`
	Switches     uint64 `json:"switches"`
	Redirected   uint64 `json:"redirected"`
	Decided      uint64 `json:"decided"`
	Snapshots    uint64 `json:"snapshots"`
}

// each makes a list of another one; it is never nil, which JSON would have as null.
func each[A, B any](list []A, of func(A) B) []B {
	out := []B{}
	for _, a := range list {
		out = append(out, of(a))
	}
	return out
}

func same[A any](a A) A { return a }

// newRunJSON makes what -json prints of a report with that status.
func newRunJSON(r *experiment.Report, s status) runJSON {
	j := runJSON{
		Schema: "patchlab/run/1", File: r.Scenario.File, Title: r.Scenario.Title, Status: int(s), OK: r.OK(),
		Scheduler: r.Scheduler, Seed: r.Seed, CPUs: r.CPUs, Breaks: each(r.Breaks, same),
		Expectations: r.Expectations,
		Failures:     each(r.Failures, func(f *experiment.Failure) failureJSON { return failureJSON(*f) }),
		Tasks:        each(r.Tasks, func(t experiment.Task) taskJSON { return taskJSON(t) }),
		Rest: each(r.Rest, func(p experiment.Place) placeJSON {
			return placeJSON{p.Name, p.Where, each(p.Stack, same)}
		}),
		Transitions: each(r.Transitions, newTransitionJSON),
		Functions:   each(r.Functions, func(f experiment.Function) functionJSON { return functionJSON{f.Name, f.Old, f.New} }),
		NestedOld:   r.Nested[0], NestedNew: r.Nested[1], Mixed: r.Mixed, TailMixed: r.TailMixes,
		Events: each(r.Events, newEventJSON),
		Steps:  r.Steps, Time: r.Time, Stats: statsJSON(r.Stats), Digest: r.Digest.String(),
	}
	j.Violations = []violationJSON{}
	for _, v := range r.Violations {
		j.Violations = append(j.Violations, violationJSON{v.Rule.String(), v.String(), v.Time, v.Attribution.String()})
	}
	if r.Err != nil {
		j.Error = r.Err.Error()
	}
	if f := (*emu.Fault)(nil); errors.As(r.Err, &f) {
		j.Fault = &faultJSON{
			Task: f.Task, Name: f.Name, Time: f.Time, Mode: f.Mode.String(), PC: f.PC.String(), Symbol: f.Symbol,
			Line: f.Line, Insn: f.Insn, What: f.What, Stack: each(r.Stack, same),
		}
	}
	return j
}

func newTransitionJSON(t experiment.Transition) transitionJSON {
	return transitionJSON{
		Patch: t.Patch, Direction: t.Direction, Start: t.Start, End: t.End, Outcome: t.Outcome,
		Moves: each(t.Moves, func(m experiment.Move) moveJSON {
			return moveJSON{m.Task, m.Name, m.Time, m.Rule.String(), m.Where}
		}),
		Waits: each(t.Waits, func(w experiment.Wait) waitJSON {
			return waitJSON{w.Task, w.Name, w.Reason, each(w.Stack, same)}
		}),
	}
}

func newEventJSON(e experiment.Event) eventJSON {
	j := eventJSON{Time: e.Time, Kind: e.Kind.String(), Task: e.Task, Name: e.Name, Text: e.Text}
	if e.Kind == experiment.Moved {
		j.Rule, j.To = e.Rule.String(), e.To
	}
	return j
}

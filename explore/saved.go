package explore

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchlab/explore/search"
	"patchlab/lab"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

// NewSavedSubject makes the subject of the schedule in a scenario file, and returns that
// schedule. What is wrong with it, its names included, is a [*scenario.Error].
func NewSavedSubject(b *experiment.Built) (*Subject, search.Schedule, error) {
	of := b.Scenario
	if !of.Schedule.Present {
		return nil, nil, fmt.Errorf("%s: there is no schedule in it: 'patchlab explore -save NEW.txtar %s' writes a file with one, when something goes wrong", of.File, of.File)
	}
	var all search.Schedule
	for _, l := range of.Schedule.Steps {
		steps, err := search.ParseSchedule(l.Text)
		if syntax := (*search.SyntaxError)(nil); errors.As(err, &syntax) {
			return nil, nil, &scenario.Error{File: of.File, Line: l.Number, Text: syntax.What}
		}
		all = append(all, steps...)
	}
	s := &Subject{
		built:   b,
		bounds:  Bounds{Interrupts: of.Schedule.Interrupts, Retries: of.Schedule.Retries, Paranoid: of.Schedule.Paranoid},
		memory:  newMemory(),
		options: experiment.Options{Model: of.Schedule.Model, Breaks: of.Schedule.Breaks},
	}
	if list := of.Schedule.Points; list != "" {
		var err error
		if s.bounds.Points, s.bounds.At, err = ParsePoints(list); err != nil {
			return nil, nil, &scenario.Error{File: of.File, Line: of.Schedule.PointsLine, Text: "-points: " + err.Error()}
		}
	}
	sys, err := s.open()
	if at := (*lab.AddressError)(nil); errors.As(err, &at) {
		return nil, nil, &scenario.Error{File: of.File, Line: of.Schedule.Line, Text: "-points: " + at.Error()}
	}
	if err != nil {
		return nil, nil, err
	}
	for i, step := range all {
		if err := sys.known(step); err != nil {
			err = &scenario.Error{File: of.File, Line: of.Schedule.Steps[i].Number, Text: err.Error()}
			return nil, nil, errors.Join(err, sys.Close())
		}
	}
	return s, all, sys.Close()
}

// bornOf is what stands behind a task's name in those of tasks that it has made.
var bornOf = regexp.MustCompile(`(-[0-9]+)+$`)

// known wants a step to name a task and a kind that there are.
func (s *System) known(step search.Step) error {
	var names []string
	for _, id := range s.lab.Machine.Tasks() {
		names = append(names, s.lab.Machine.TaskName(id))
	}
	parent := bornOf.ReplaceAllString(step.Actor, "")
	if !slices.Contains(names, step.Actor) && !slices.Contains(names, parent) {
		return fmt.Errorf("no task is called %q: %s", step.Actor, scenario.Suggest(step.Actor, names))
	}
	if !slices.Contains(kindNames[:], step.Kind) {
		return fmt.Errorf("nothing that is done to a task is called %q: %s", step.Kind, scenario.Suggest(step.Kind, kindNames[1:]))
	}
	return nil
}

// given is what a schedule of the subject needs to be told besides its steps.
func (s *Subject) given() scenario.Schedule {
	out := scenario.Schedule{
		Interrupts: s.bounds.Interrupts, Retries: s.bounds.Retries, Model: s.options.Model, Breaks: s.options.Breaks,
	}
	if out.Retries == defaultRetries {
		out.Retries = 0
	}
	if p := WritePoints(s.bounds.points(), s.bounds.At); p != Protocol.String() {
		out.Points = p
	}
	out.Paranoid = s.bounds.Paranoid
	return out
}

// Flags returns the flags of the command line that a schedule of the subject is to be
// replayed with, each with a blank behind it.
func (s *Subject) Flags() string {
	var b strings.Builder
	for _, f := range s.given().Flags() {
		b.WriteString(f + " ")
	}
	return b.String()
}

// Save returns the scenario file whose bytes are data, with a schedule of the subject in
// it. comment is lines for its reader.
func (s *Subject) Save(data []byte, of search.Schedule, comment ...string) []byte {
	out := s.given()
	out.Comment = comment
	for i := range of {
		line := strings.TrimSuffix(of[i:i+1].String(), "\n")
		out.Steps = append(out.Steps, scenario.ScheduleLine{Text: line})
	}
	return scenario.WithSchedule(data, out)
}

// Needs returns which tasks of the program have no step in a schedule, and the line of the
// script's last command that is begun in it; 0 when none is.
func (s *Subject) Needs(of search.Schedule) (idle []string, line int) {
	for _, t := range s.built.Program.Tasks {
		if !slices.ContainsFunc(of, func(step search.Step) bool { return step.Actor == t.Name }) {
			idle = append(idle, t.Name)
		}
	}
	for _, step := range of {
		if n, ok := strings.CutPrefix(step.Point, scriptPoint); ok {
			line, _ = strconv.Atoi(n)
		}
	}
	return idle, line
}

package main

import (
	"errors"
	"fmt"

	"patchlab/explore"
	guestbuild "patchlab/lab/build"
	"patchlab/lab/experiment"
	"patchlab/lab/scenario"
)

type vetCommand struct {
	Files []string `arg:"" name:"FILE.txtar..." help:"The scenarios."`
}

// vet carries out "patchlab vet". Problems are what it reports, so they go to standard
// output; an error is why a file could not be looked at.
func (a *app) vet(c *vetCommand) (status, error) {
	end := asExpected
	for _, file := range c.Files {
		problems, err := vetFile(file)
		if err != nil {
			return badInput, err
		}
		for _, p := range problems {
			fmt.Fprintln(a.out, p)
			end = badInput
		}
		if a.ctx.Err() != nil {
			return interrupted, nil
		}
	}
	return end, nil
}

// vetFile returns all that is wrong with a scenario file, a line each.
func vetFile(file string) ([]string, error) {
	data, err := read(file)
	if err != nil {
		return nil, err
	}
	s, wrong := scenario.Vet(file, data)
	if s == nil {
		return lines(wrong), nil
	}
	built, err := experiment.Build(s, nil)
	if err != nil {
		return buildProblems(err)
	}
	wrong, err = built.Vet()
	if err == nil && len(wrong) == 0 && s.Schedule.Present {
		wrong, err = vetSchedule(built)
	}
	return lines(wrong), err
}

func lines(errs []*scenario.Error) []string {
	var text []string
	for _, e := range errs {
		text = append(text, e.Error())
	}
	return text
}

// vetSchedule returns what is wrong with the schedule in a scenario file.
func vetSchedule(built *experiment.Built) ([]*scenario.Error, error) {
	_, _, err := explore.NewSavedSubject(built)
	if wrong := (*scenario.Error)(nil); errors.As(err, &wrong) {
		return []*scenario.Error{wrong}, nil
	}
	return nil, err
}

// buildProblems returns the messages of the compiler, or the error when there is none.
func buildProblems(err error) ([]string, error) {
	all := []error{err}
	if joined, is := err.(interface{ Unwrap() []error }); is {
		all = joined.Unwrap()
	}
	var text []string
	for _, err := range all {
		var messages *guestbuild.Error
		switch {
		case errors.As(err, &messages):
			text = append(text, messages.Messages...)
		case errors.Is(err, guestbuild.ErrNoCompiler):
			return nil, err
		default:
			text = append(text, err.Error())
		}
	}
	return text, nil
}

package scenario

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// Parse reads a scenario file. file is its name in messages, here and in those of the
// compiler. It returns the scenario or an [*Error], the first in the order of the file
// that is wrong with sources or expectations, else with the script.
func Parse(file string, data []byte) (*Scenario, error) {
	s, wrong := parse(file, data)
	if len(wrong) > 0 {
		return nil, wrong[0]
	}
	return s, nil
}

// Vet reads a scenario file as [Parse] does, and returns the scenario or all that is wrong
// with the file, by lines.
func Vet(file string, data []byte) (*Scenario, []*Error) {
	s, wrong := parse(file, data)
	if len(wrong) > 0 {
		slices.SortStableFunc(wrong, func(a, b *Error) int { return a.Line - b.Line })
		return nil, wrong
	}
	return s, nil
}

// parse reads as much of a scenario file as can be read, and says what is wrong with it.
func parse(file string, data []byte) (s *Scenario, wrong []*Error) {
	archive := txtar.Parse(data)
	s = &Scenario{File: file}
	line := 1 + bytes.Count(archive.Comment, []byte("\n"))
	seen := map[string]bool{}
	for _, f := range archive.Files {
		if err := s.addFile(f.Name, line+1, string(f.Data)); err != nil {
			wrong = append(wrong, err)
		} else if seen[f.Name] {
			wrong = append(wrong, &Error{file, line, "there are two files " + f.Name})
		}
		seen[f.Name] = true
		line += 1 + bytes.Count(f.Data, []byte("\n"))
	}
	if !slices.ContainsFunc(s.Program, func(s Source) bool { return strings.HasPrefix(s.Name, "program") }) {
		wrong = append(wrong, &Error{file, 1, "there is no program: want a file program.c or program.S"})
	}
	r := scriptReader{s: s, once: map[Verb]bool{}}
	wrong = append(wrong, r.read(string(archive.Comment))...)
	for _, f := range r.flags {
		s.addFlags(f)
	}
	wrong = append(wrong, s.styled()...)
	return s, append(wrong, s.compared()...)
}

// styled wants a program of user style to have no part of its own for user mode.
func (s *Scenario) styled() (wrong []*Error) {
	for _, p := range s.Program {
		if s.Settings.User && !strings.HasPrefix(p.Name, "program") {
			wrong = append(wrong, &Error{s.File, p.Line - 1, "a program of user style has no user part: want program.c or program_X.c"})
		}
	}
	return wrong
}

// compared wants what the file expects to be expected by the script.
func (s *Scenario) compared() (wrong []*Error) {
	for _, c := range []struct {
		text Text
		verb Verb
		name string
	}{{s.Log, ExpectLog, "expect/log"}, {s.Output, ExpectOutput, "expect/output"}} {
		asks := func(cmd Command) bool { return cmd.Verb == c.verb }
		if c.text.Present && !slices.ContainsFunc(s.Script, asks) {
			wrong = append(wrong, &Error{s.File, c.text.Line - 1, c.name + " is never compared: the script lacks \"" + c.verb.String() + "\""})
		}
	}
	return wrong
}

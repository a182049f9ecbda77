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
	archive := txtar.Parse(data)
	s := &Scenario{File: file}
	line := 1 + bytes.Count(archive.Comment, []byte("\n"))
	seen := map[string]bool{}
	for _, f := range archive.Files {
		err := s.addFile(f.Name, line+1, string(f.Data))
		if err == nil && seen[f.Name] {
			err = &Error{file, line, "there are two files " + f.Name}
		}
		if err != nil {
			return nil, err
		}
		seen[f.Name] = true
		line += 1 + bytes.Count(f.Data, []byte("\n"))
	}
	if !slices.ContainsFunc(s.Program, func(s Source) bool { return strings.HasPrefix(s.Name, "program") }) {
		return nil, &Error{file, 1, "there is no program: want a file program.c or program.S"}
	}
	r := scriptReader{s: s, once: map[Verb]bool{}}
	if err := r.read(string(archive.Comment)); err != nil {
		return nil, err
	}
	for _, f := range r.flags {
		s.addFlags(f)
	}
	if err := s.compared(); err != nil {
		return nil, err
	}
	return s, nil
}

// compared wants what the file expects to be expected by the script.
func (s *Scenario) compared() error {
	for _, c := range []struct {
		text Text
		verb Verb
		name string
	}{{s.Log, ExpectLog, "expect/log"}, {s.Output, ExpectOutput, "expect/output"}} {
		asks := func(cmd Command) bool { return cmd.Verb == c.verb }
		if c.text.Present && !slices.ContainsFunc(s.Script, asks) {
			return &Error{s.File, c.text.Line - 1, c.name + " is never compared: the script lacks \"" + c.verb.String() + "\""}
		}
	}
	return nil
}

package scenario

import (
	"regexp"
	"strings"
)

// The names that a file of the archive can have, besides the schedule and the two of expect/.
var (
	programFile = regexp.MustCompile(`^(?:program|user)(?:_[A-Za-z0-9_]+)?\.[cS]$`)
	patchFile   = regexp.MustCompile(`^patches/([A-Za-z0-9_-]+)\.[cS]$`)
)

// addFile takes in a file of the archive whose text begins at a line.
func (s *Scenario) addFile(name string, line int, text string) *Error {
	base := name[strings.LastIndexByte(name, '/')+1:]
	source := Source{Name: base, File: s.File, Line: line, Text: text}
	switch patch := patchFile.FindStringSubmatch(name); {
	case programFile.MatchString(name):
		s.Program = append(s.Program, source)
	case patch != nil:
		p := s.PatchNamed(patch[1])
		if p == nil {
			s.Patches = append(s.Patches, Patch{Name: patch[1]})
			p = &s.Patches[len(s.Patches)-1]
		}
		p.Sources = append(p.Sources, source)
	case name == "expect/log":
		s.Log = Text{true, line, text}
	case name == "expect/output":
		s.Output = Text{true, line, text}
	case name == scheduleFile:
		return s.readSchedule(line, text)
	default:
		valid := []string{"program.c", "program.S", "user.c", "user.S", "patches/" + base, "expect/log", "expect/output", scheduleFile}
		if !patchFile.MatchString("patches/" + base) {
			valid[4] = "patches/NAME.c"
		}
		return &Error{s.File, line - 1, "a scenario has no file \"" + name + "\": " + Suggest(name, valid)}
	}
	return nil
}

// addFlags gives the flags of a cflags line to the sources of its part.
func (s *Scenario) addFlags(f flagLine) {
	add := func(sources []Source) {
		for i := range sources {
			sources[i].Flags = append(sources[i].Flags, f.flags...)
		}
	}
	if f.part == "patches" {
		for i := range s.Patches {
			add(s.Patches[i].Sources)
		}
		return
	}
	for i := range s.Program {
		if strings.HasPrefix(s.Program[i].Name, f.part) {
			add(s.Program[i : i+1])
		}
	}
}

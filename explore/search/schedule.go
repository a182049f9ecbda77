package search

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Step is one choice of a schedule, by names.
type Step struct {
	Actor string
	Kind  string // "" when the actor moves by itself
	Point string
	// Digest is the digest of the run after the step, or 0 when it is not known.
	Digest uint64
}

// Schedule is the choices of a run, from its start. As text it has one step per line:
//
//	ACTOR POINT                 the actor moves on from the point
//	ACTOR POINT KIND            something is done to the actor there
//	ACTOR POINT =0123456789abcdef    with the digest after the step
//
// Empty lines count for nothing, nor do those that begin with "#".
type Schedule []Step

// String is the step as a line of a schedule, without the digest.
func (s Step) String() string {
	if s.Kind == "" {
		return s.Actor + " " + s.Point
	}
	return s.Actor + " " + s.Point + " " + s.Kind
}

// String is the schedule as text, each line with its newline.
func (s Schedule) String() string {
	var b strings.Builder
	for _, step := range s {
		b.WriteString(step.String())
		if step.Digest != 0 {
			fmt.Fprintf(&b, " =%016x", step.Digest)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// ParseSchedule reads a schedule as text. Errors are *SyntaxError.
func ParseSchedule(text string) (Schedule, error) {
	var s Schedule
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		step, err := parseStep(words)
		if err != nil {
			return nil, &SyntaxError{n, err.Error()}
		}
		s = append(s, step)
	}
	return s, nil
}

func parseStep(words []string) (Step, error) {
	var step Step
	last := words[len(words)-1]
	if hex, ok := strings.CutPrefix(last, "="); ok {
		d, err := strconv.ParseUint(hex, 16, 64)
		if err != nil || len(hex) != 16 || d == 0 {
			return Step{}, fmt.Errorf("%q is no digest: want = and 16 hexadecimal digits, not all 0", last)
		}
		step.Digest = d
		words = words[:len(words)-1]
	}
	if len(words) != 2 && len(words) != 3 {
		return Step{}, fmt.Errorf("want ACTOR POINT [KIND] [=DIGEST], got %d names", len(words))
	}
	step.Actor, step.Point = words[0], words[1]
	if len(words) == 3 {
		step.Kind = words[2]
	}
	return step, step.check()
}

// check wants names that can stand in a line.
func (s Step) check() error {
	for _, name := range []string{s.Actor, s.Point} {
		if !validName(name) {
			return nameError(name)
		}
	}
	if s.Kind != "" && !validName(s.Kind) {
		return nameError(s.Kind)
	}
	return nil
}

func nameError(name string) error {
	return fmt.Errorf("%q is no name: want printable characters without blanks, and no = or # first", name)
}

func validName(s string) bool {
	if s == "" || s[0] == '=' || s[0] == '#' || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

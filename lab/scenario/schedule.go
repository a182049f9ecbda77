package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

// scheduleFile is the name of the archive's file that holds a schedule.
const scheduleFile = "schedule"

// Schedule is the file "schedule": one order of the scenario's steps, such as a search has
// found, with what that search was given besides the scenario. As text it has one thing
// per line: first flags, as the command line of a search has them, then steps.
//
//	# what begins with "#" is a comment
//	-interrupts 1
//	-break trust-preempted-fp
//	t1 H.state =0123456789abcdef
type Schedule struct {
	Present bool
	Line    int // of its first line in the scenario file

	Interrupts int
	Retries    int    // 0 when it was not set
	Model      string // in place of the scenario's; "" when it was not set
	Breaks     []string
	PointsLine int    // of the line that sets Points, in the scenario file
	Points     string // scheduling points, as the search takes them; "" for its default
	Paranoid   bool
	// Comment is lines of text for a reader; only written, not read.
	Comment []string
	// Steps are the steps. What a line may say is known to the search.
	Steps []ScheduleLine
}

// ScheduleLine is a line of a schedule that is a step.
type ScheduleLine struct {
	Number int // in the scenario file
	Text   string
}

// scheduleFlag is a flag that a schedule can have.
type scheduleFlag struct {
	name, want string
	set        func(s *Schedule, value string) error
}

var scheduleFlags = []scheduleFlag{
	{"-interrupts", "N", func(s *Schedule, v string) error { return setNumber(&s.Interrupts, 0, v) }},
	{"-retries", "N", func(s *Schedule, v string) error { return setNumber(&s.Retries, 1, v) }},
	{"-model", "NAME", func(s *Schedule, v string) error {
		var l line
		s.Model = v
		return kindOf("MODEL").store(&l, v)
	}},
	{"-points", "LIST", func(s *Schedule, v string) error { s.Points = v; return nil }},
	{"-paranoid", "", func(s *Schedule, _ string) error { s.Paranoid = true; return nil }},
	{"-break", "NAME", func(s *Schedule, v string) error {
		var l line
		s.Breaks = append(s.Breaks, v)
		return kindOf("BREAK").store(&l, v)
	}},
}

func setNumber(to *int, least int, text string) error {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) < least {
		return fmt.Errorf("%q is not a number from %d up", text, least)
	}
	*to = int(n)
	return nil
}

// readSchedule takes in the file whose text begins at a line.
func (s *Scenario) readSchedule(line int, text string) *Error {
	s.Schedule = Schedule{Present: true, Line: line}
	number := line - 1
	for l := range strings.Lines(text) {
		number++
		words := strings.Fields(l)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if words[0][0] != '-' {
			s.Schedule.Steps = append(s.Schedule.Steps, ScheduleLine{number, strings.Join(words, " ")})
			continue
		}
		if err := s.Schedule.flag(number, words); err != nil {
			return &Error{s.File, number, err.Error()}
		}
	}
	if len(s.Schedule.Steps) == 0 {
		return &Error{s.File, line - 1, "the schedule has no steps: want lines like \"t1 H.state\", the task and the point that it moves on from"}
	}
	return nil
}

// flag takes in the line of that number, which begins with a flag.
func (s *Schedule) flag(number int, words []string) error {
	i := slices.IndexFunc(scheduleFlags, func(f scheduleFlag) bool { return f.name == words[0] })
	if i < 0 {
		var names []string
		for _, f := range scheduleFlags {
			names = append(names, f.name)
		}
		return fmt.Errorf("a schedule has no flag %q: %s", words[0], Suggest(words[0], names))
	}
	f := scheduleFlags[i]
	switch {
	case len(words) != 1+len(strings.Fields(f.want)):
		return fmt.Errorf("want %q in a line of its own", strings.TrimSpace(f.name+" "+f.want))
	case len(s.Steps) > 0:
		return fmt.Errorf("%q stands behind a step: flags come first", strings.Join(words, " "))
	}
	if f.name == "-points" {
		s.PointsLine = number
	}
	if err := f.set(s, strings.Join(words[1:], "")); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

// String is the schedule as text.
func (s Schedule) String() string {
	var b strings.Builder
	for _, c := range s.Comment {
		b.WriteString("# " + c + "\n")
	}
	for _, f := range s.Flags() {
		b.WriteString(f + "\n")
	}
	for _, l := range s.Steps {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

// Flags returns the flags that are set, each with its value.
func (s Schedule) Flags() []string {
	var flags []string
	add := func(name, value string) { flags = append(flags, name+" "+value) }
	if s.Interrupts != 0 {
		add("-interrupts", strconv.Itoa(s.Interrupts))
	}
	if s.Retries != 0 {
		add("-retries", strconv.Itoa(s.Retries))
	}
	if s.Model != "" {
		add("-model", s.Model)
	}
	if s.Points != "" {
		add("-points", s.Points)
	}
	if s.Paranoid {
		flags = append(flags, "-paranoid")
	}
	for _, b := range s.Breaks {
		add("-break", b)
	}
	return flags
}

// WithSchedule returns a scenario file with the schedule in it, in place of the one that
// it may have. Its other lines keep their numbers unless they stand behind a schedule.
func WithSchedule(data []byte, s Schedule) []byte {
	a := txtar.Parse(data)
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == scheduleFile })
	a.Files = append(a.Files, txtar.File{Name: scheduleFile, Data: []byte(s.String())})
	return txtar.Format(a)
}

package count

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"patchlab/lab/scenario"
)

// Parse reads a file of step programs; [Language] says what it looks like. name is its
// name in messages, and without folder and ending that of a program without a name. It
// returns one program or more, or an [*Error], and programs that Parse returned [Count]
// accepts.
func Parse(name, text string) ([]*Program, error) {
	r := reader{file: name, lines: split(text)}
	for r.at < len(r.lines) {
		if err := r.line(r.lines[r.at]); err != nil {
			return nil, err
		}
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	if len(r.programs) == 0 {
		return nil, &Error{name, 1, "there is no program: want a line \"thread NAME\" and steps"}
	}
	return r.programs, nil
}

// line is a line that is not empty: its words, and its number from 1.
type line struct {
	words  []string
	number int
}

// split returns the lines of a text that are more than blanks and a comment.
func split(text string) []line {
	var lines []line
	number := 0
	for l := range strings.Lines(text) {
		number++
		l, _, _ = strings.Cut(l, "#")
		if words := strings.Fields(l); len(words) > 0 {
			lines = append(lines, line{words, number})
		}
	}
	return lines
}

// reader reads what stands outside of threads.
type reader struct {
	file     string
	lines    []line
	at       int // the next line
	programs []*Program
	began    int // the line where the last program begins
}

// headings are the words of lines outside of threads.
var headings = []string{"program", "init", "thread"}

func isHeading(l line) bool { return slices.Contains(headings, l.words[0]) }

func (r *reader) fail(l line, format string, args ...any) error {
	return &Error{r.file, l.number, fmt.Sprintf(format, args...)}
}

// line reads one line, and behind "thread" those that belong to it.
func (r *reader) line(l line) error {
	r.at++
	if l.words[0] == "program" {
		return r.program(l)
	}
	if len(r.programs) == 0 {
		base := path.Base(r.file)
		r.add(l, strings.TrimSuffix(base, path.Ext(base)))
	}
	p := r.programs[len(r.programs)-1]
	switch {
	case l.words[0] == "thread":
		return r.thread(l, p)
	case l.words[0] == "init":
		return r.init(l, p)
	case slices.Contains(verbs, l.words[0]):
		return r.fail(l, "%q stands in no thread: want a line \"thread NAME\" before it", l.words[0])
	}
	return r.fail(l, "unknown word %q: %s", l.words[0], scenario.Suggest(l.words[0], slices.Concat(headings, verbs)))
}

func (r *reader) add(l line, name string) {
	r.programs = append(r.programs, &Program{Name: name})
	r.began = l.number
}

// program reads "program NAME".
func (r *reader) program(l line) error {
	if len(l.words) != 2 {
		return r.fail(l, "want \"program NAME\"")
	}
	name := l.words[1]
	if slices.ContainsFunc(r.programs, func(p *Program) bool { return p.Name == name }) {
		return r.fail(l, "there are two programs %s", name)
	}
	if err := r.finish(); err != nil {
		return err
	}
	r.add(l, name)
	return nil
}

// finish checks the last program as a whole.
func (r *reader) finish() error {
	if len(r.programs) == 0 {
		return nil
	}
	p := r.programs[len(r.programs)-1]
	if len(p.Threads) == 0 {
		return &Error{r.file, r.began, "program " + p.Name + " has no threads"}
	}
	if _, err := compile(p); err != nil {
		return &Error{r.file, r.began, err.Error()}
	}
	return nil
}

// init reads "init VAR NUMBER".
func (r *reader) init(l line, p *Program) error {
	if len(l.words) != 3 {
		return r.fail(l, "want \"init VAR NUMBER\"")
	}
	if len(p.Threads) > 0 {
		return r.fail(l, "\"init\" stands before the threads")
	}
	b := body{reader: r}
	name, err := b.variable(l, l.words[1])
	if err != nil {
		return err
	}
	value, err := strconv.ParseInt(l.words[2], 0, 64)
	if err != nil {
		return r.fail(l, "%q is no number of 64 bits", l.words[2])
	}
	if slices.ContainsFunc(p.Init, func(v Init) bool { return v.Var == name }) {
		return r.fail(l, "%s begins twice", name)
	}
	p.Init = append(p.Init, Init{name, value})
	return nil
}

// thread reads "thread NAME" or "thread NAME[N]" and the steps behind it.
func (r *reader) thread(l line, p *Program) error {
	if len(l.words) != 2 {
		return r.fail(l, "want \"thread NAME\" or \"thread NAME[N]\"")
	}
	name, count, many := strings.Cut(l.words[1], "[")
	n := 1
	if many {
		var err error
		n, err = strconv.Atoi(strings.TrimSuffix(count, "]"))
		if err != nil || n < 1 || n > maxThreads || !strings.HasSuffix(count, "]") {
			return r.fail(l, "thread %q: want NAME[N] with N from 1 to %d", l.words[1], maxThreads)
		}
	}
	if !isName(name) {
		return r.fail(l, "%q is no name of a thread: want letters, digits and _, no digit first", name)
	}
	end := r.at
	for end < len(r.lines) && !isHeading(r.lines[end]) {
		end++
	}
	if end == r.at {
		return r.fail(l, "thread %s has no steps", name)
	}
	for i := 1; i <= n; i++ {
		t := Thread{Name: name}
		b := body{reader: r, lines: r.lines[r.at:end]}
		if many {
			t.Name, b.number = name+strconv.Itoa(i), int64(i)
		}
		if slices.ContainsFunc(p.Threads, func(other Thread) bool { return other.Name == t.Name }) {
			return r.fail(l, "there are two threads %s", t.Name)
		}
		var err error
		if t.Steps, err = b.all(); err != nil {
			return err
		}
		p.Threads = append(p.Threads, t)
	}
	r.at = end
	return nil
}

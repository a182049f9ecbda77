package build

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrNoCompiler says that there is no compiler that builds guest programs: none at all,
// or one for another processor.
var ErrNoCompiler = errors.New("no C compiler for x86-64")

// Error is what compiler, assembler or linker objected to. The sources are at fault.
type Error struct {
	What     string   // what was built: "program", "patch evening"
	Messages []string // one line each, never empty; most begin with file:line
}

// Error returns the messages, a line each.
func (e *Error) Error() string {
	return fmt.Sprintf("%s does not build: %s", e.What, strings.Join(e.Messages, "\n"))
}

// linker is how the linker begins its lines.
var linker = regexp.MustCompile(`^\S*\bld(\.\w+)?: `)

// newError makes an Error of what a tool printed while it worked in dir.
func newError(what, dir, output string) *Error {
	output = strings.ReplaceAll(output, dir+"/", "")
	e := &Error{What: what}
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		line = strings.TrimPrefix(linker.ReplaceAllString(line, ""), "./") // what dir is called in debugging information
		if !isContext(line) {
			e.Messages = append(e.Messages, line)
		}
	}
	if e.Messages == nil {
		e.Messages = []string{strings.TrimSpace(output)}
	}
	return e
}

// isContext tells whether a line only leads to or follows from a message.
func isContext(line string) bool {
	return strings.TrimSpace(line) == "" ||
		strings.HasPrefix(line, " ") ||
		strings.HasSuffix(line, ":") || // "x.c: In function 'f':"
		strings.HasPrefix(line, "collect2: ") ||
		strings.HasPrefix(line, "cc1: some warnings being treated as errors") ||
		strings.HasPrefix(line, "compilation terminated") ||
		strings.Contains(line, ": note: ") ||
		strings.Contains(line, ": warning: ")
}

package inspect

import (
	"os"
	"strings"
	"unicode"

	"patchlab/lines"
)

// sources are source files that were read, by name: nil for one that cannot be.
type sources map[string][]string

// maxSource bounds what is read: the names come out of a file that anybody can have made.
const maxSource = 4 << 20

// line returns the text of a line, "" when it cannot be read.
func (s sources) line(l lines.Line) string {
	text, known := s[l.File]
	if !known {
		text = readSource(l.File)
		s[l.File] = text
	}
	if l.Line > len(text) {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text[l.Line-1])
}

// readSource returns the lines of a file; only a regular one is opened.
func readSource(name string) []string {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSource {
		return nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	return strings.Split(string(data), "\n")
}

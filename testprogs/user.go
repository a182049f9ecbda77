package testprogs

import (
	"embed"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed user
var user embed.FS

// UserProgram is one of the user-style programs: ordinary ones, in C or C++, each for a few
// system calls of one topic. They print the same on every machine.
type UserProgram struct {
	// Name is "files/bytes", for one: a topic, and what it is about.
	Name string
	// File is the source, below [UserFiles].
	File string
	// Args are what it is to be run with.
	Args []string
	// Calls are the names of system calls without which it ends otherwise.
	Calls []string
}

// UserFiles returns the sources of the user-style programs, and the headers that they
// share. A compiler needs a copy of all of it.
func UserFiles() fs.FS {
	sub, err := fs.Sub(user, "user")
	if err != nil {
		panic("BUG: testprogs: " + err.Error())
	}
	return sub
}

// UserPrograms returns all user-style programs, in alphabetical order.
func UserPrograms() []UserProgram {
	files, err := fs.Glob(UserFiles(), "*/*.c*")
	if err != nil {
		panic("BUG: testprogs: " + err.Error())
	}
	slices.Sort(files)
	var list []UserProgram
	for _, file := range files {
		text, err := fs.ReadFile(UserFiles(), file)
		if err != nil {
			panic("BUG: testprogs: " + err.Error())
		}
		list = append(list, UserProgram{
			Name:  strings.TrimSuffix(file, path.Ext(file)),
			File:  file,
			Args:  words(argsLine, text),
			Calls: words(callsLine, text),
		})
	}
	return list
}

// argsLine and callsLine match what the first comment says; lines that begin with a tab go
// on with the line before.
var (
	argsLine  = regexp.MustCompile(`\n \* Args: (.*)`)
	callsLine = regexp.MustCompile(`\n \* Calls: (.*(?:\n \*\t.*)*)`)
)

// words returns the words of a line.
func words(line *regexp.Regexp, text []byte) []string {
	m := line.FindSubmatch(text)
	if m == nil {
		return nil
	}
	return strings.Fields(strings.ReplaceAll(string(m[1]), "\n *\t", " "))
}

package testprogs

import (
	"embed"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed calls
var callFiles embed.FS

// CallProgram is one of the programs for system calls: ordinary static ones, in C or C++, each for a few
// system calls of one topic. They print the same on every machine.
type CallProgram struct {
	// Name is "files/bytes", for one: a topic, and what it is about.
	Name string
	// File is the source, below [CallFiles].
	File string
	// Args are what it is to be run with.
	Args []string
	// Calls are the names of system calls without which it ends otherwise.
	Calls []string
}

// CallFiles returns the sources of the programs for system calls, and the headers that they
// share. A compiler needs a copy of all of it.
func CallFiles() fs.FS {
	sub, err := fs.Sub(callFiles, "calls")
	if err != nil {
		panic("BUG: testprogs: " + err.Error())
	}
	return sub
}

// CallPrograms returns all programs for system calls, in alphabetical order.
func CallPrograms() []CallProgram {
	files, err := fs.Glob(CallFiles(), "*/*.c*")
	if err != nil {
		panic("BUG: testprogs: " + err.Error())
	}
	slices.Sort(files)
	var list []CallProgram
	for _, file := range files {
		text, err := fs.ReadFile(CallFiles(), file)
		if err != nil {
			panic("BUG: testprogs: " + err.Error())
		}
		list = append(list, CallProgram{
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

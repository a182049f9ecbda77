package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// scenarioSuffix ends the names of scenario files.
const scenarioSuffix = ".txtar"

type newCommand struct {
	Name string `arg:"" name:"NAME" help:"Names the file, NAME.txtar. One that is there is never written over."`
}

// start carries out "patchlab new": it writes a scenario to begin with.
func (a *app) start(c *newCommand) (status, error) {
	base := filepath.Base(c.Name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "-") || strings.HasSuffix(c.Name, "/") {
		return badInput, fmt.Errorf("new: %q: want a name for the file, such as mine", c.Name)
	}
	name := strings.TrimSuffix(c.Name, scenarioSuffix) + scenarioSuffix
	switch err := writeNew(name, []byte(exampleText)); {
	case errors.Is(err, fs.ErrExist):
		return badInput, fmt.Errorf("new: %s is there already: remove it or give another name", name)
	case errors.Is(err, fs.ErrNotExist):
		return badInput, fmt.Errorf("new: there is no folder %s", filepath.Dir(name))
	case err != nil:
		return badInput, fmt.Errorf("new: %w", err)
	}
	word := shellWord(name)
	fmt.Fprintf(a.out, "%s is written: a program, a patch, and what is expected.\nsee what happens: patchlab run %s\n"+
		"see what is wrong, once it is changed: patchlab vet %s\nwhat else can be said: patchlab help script\n", name, word, word)
	return asExpected, nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"patchlab/lab/scenario"
	"patchlab/testprogs"
)

type scenariosCommand struct {
	Dir  string `arg:"" optional:"" name:"DIR" help:"The folder whose scenarios are listed, those of its subfolders too. Default: those that come with patchlab, which are in it."`
	Save string `name:"save" placeholder:"NEW" help:"Write those that come with patchlab to a new folder."`
}

// ownScenarios is the folder of the scenarios that come with patchlab, in a checkout.
const ownScenarios = "testprogs"

// scenarios carries out "patchlab scenarios".
func (a *app) scenarios(c *scenariosCommand) (status, error) {
	switch {
	case c.Save != "" && c.Dir != "":
		return badInput, errors.New("scenarios: -save goes without DIR: it writes those that come with patchlab")
	case c.Save != "":
		return a.saveScenarios(c.Save)
	case c.Dir != "":
		return a.listFolder(c.Dir)
	}
	for _, name := range slices.Concat(testprogs.Names(), testprogs.SeedNames()) {
		file, data, err := testprogs.File(name)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		s, err := scenario.Parse(filepath.Join(ownScenarios, file), data)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		a.list(s)
	}
	if _, err := os.Stat(ownScenarios); err != nil {
		fmt.Fprintln(a.out, "\nThey are in patchlab: 'patchlab scenarios -save DIR' writes them to a folder.")
	}
	return asExpected, nil
}

// listFolder lists the scenarios of a folder. Those that cannot be read are said to be so.
func (a *app) listFolder(dir string) (status, error) {
	end, found := asExpected, false
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != scenarioSuffix {
			return err
		}
		found = true
		data, err := read(file)
		if err != nil {
			return err
		}
		s, err := scenario.Parse(file, data)
		if err != nil {
			end = badInput
			fmt.Fprintln(a.out, err)
			return nil
		}
		a.list(s)
		return nil
	})
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return badInput, fmt.Errorf("scenarios: %s: %w", path.Path, path.Err)
	case err != nil:
		return badInput, err
	case !found:
		return badInput, fmt.Errorf("scenarios: there are none in %s: no file NAME%s", dir, scenarioSuffix)
	}
	return end, nil
}

// list prints what a scenario shows, and the commands under which it turns red.
func (a *app) list(s *scenario.Scenario) {
	title := s.Title
	if title == "" {
		title = "(no title)"
	}
	fmt.Fprintf(a.out, "%s\n    %s\n", s.File, title)
	for _, r := range s.Red() {
		fmt.Fprintf(a.out, "    red: %s\n", strings.Join(redCommand(s, r), " "))
	}
}

// redCommand returns the command under which a scenario turns red.
func redCommand(s *scenario.Scenario, r scenario.Red) []string {
	words := []string{"patchlab", "run"}
	if slices.ContainsFunc(s.Script, func(c scenario.Command) bool { return c.Verb == scenario.Explore }) {
		words[1] = "explore"
	}
	words = append(words, r.Flags...)
	if r.Break != "" {
		words = append(words, "-break", r.Break)
	}
	return append(words, shellWord(s.File))
}

// saveScenarios writes the scenarios that come with patchlab to a new folder, all of them
// or none.
func (a *app) saveScenarios(dir string) (status, error) {
	if err := canSave(dir); err != nil {
		return badInput, err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".patchlab-*")
	if err != nil {
		return badInput, fmt.Errorf("-save: %w", err)
	}
	defer os.RemoveAll(temp)
	names := slices.Concat(testprogs.Names(), testprogs.SeedNames())
	for _, name := range names {
		file, data, err := testprogs.File(name)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		file = filepath.Join(temp, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, data, 0o644)); err != nil {
			return badInput, fmt.Errorf("-save: %w", err)
		}
	}
	if err := errors.Join(os.Chmod(temp, 0o755), os.Rename(temp, dir)); err != nil {
		return badInput, fmt.Errorf("-save: %w", err)
	}
	fmt.Fprintf(a.out, "%d scenarios are in %s; 'patchlab scenarios %s' lists them\n", len(names), dir, shellWord(dir))
	return asExpected, nil
}

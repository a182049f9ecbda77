package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"patchlab/explore"
	"patchlab/explore/search"
)

// checkSave says what is wrong with -save and -check.
func (c *exploreCommand) checkSave() error {
	switch {
	case c.Replay != "" && c.Save != "":
		return errors.New("-save goes with a search, not with -replay")
	case c.Replay != "" && c.Check:
		return errors.New("-check goes with a search, not with -replay")
	case c.Save == "":
		return nil
	}
	return canSave(c.Save)
}

// canSave wants that there is no file of the name yet.
func canSave(name string) error {
	switch _, err := os.Lstat(name); {
	case err == nil:
		return fmt.Errorf("-save: %s is there already: remove it or give another name", name)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("-save: %w", err)
	}
	if _, err := os.Stat(filepath.Dir(name)); err != nil {
		return fmt.Errorf("-save: %w", err)
	}
	return nil
}

// sayAgain says how to see the i-th failure found again. The first one goes into the file
// of -save; when that fails, the command that needs no file stands there.
func (a *app) sayAgain(c *exploreCommand, s *explore.Subject, i int, f search.Shrunk) error {
	if text := notNeeded(s, f); text != "" {
		fmt.Fprintf(a.out, "\n%s\n", text)
	}
	var err error
	if c.Save != "" && i == 0 {
		if err = c.save(s, f); err == nil {
			name := shellWord(c.Save)
			fmt.Fprintf(a.out, "\nsee why: patchlab explain %s\nsee it again: patchlab replay %s\n", name, name)
			return nil
		}
	}
	fmt.Fprintf(a.out, "\nsee it again: patchlab explore %s-replay '%s' %s\n", s.Flags(), f.Schedule.Compact(), shellWord(c.File))
	return err
}

// save writes the file of -save.
func (c *exploreCommand) save(s *explore.Subject, f search.Shrunk) error {
	data, err := os.ReadFile(c.File)
	if err == nil {
		err = writeNew(c.Save, s.Save(data, f.Schedule,
			"found by 'patchlab explore' in "+filepath.Base(c.File)+"; 'patchlab explain' shows it",
			f.Failure.Rule+": "+f.Failure.Text))
	}
	if err != nil {
		return fmt.Errorf("-save: %w", err)
	}
	return nil
}

// notNeeded says what of the scenario a failing schedule does without; "" for nothing.
func notNeeded(s *explore.Subject, f search.Shrunk) string {
	idle, line := s.Needs(f.Schedule)
	var text []string
	if len(idle) > 0 {
		text = append(text, strings.Join(idle, ", "))
	}
	if line > 0 && f.Failure.Rule != explore.Expectation { // which stands further down
		text = append(text, fmt.Sprintf("the script behind line %d", line))
	}
	if text == nil {
		return ""
	}
	return "not needed for it: " + strings.Join(text, "; ")
}

// defect makes an error of a search one that says whose fault it is, where a schedule has
// not run the same way twice: that is patchlab's own.
func (c *exploreCommand) defect(s *explore.Subject, err error) error {
	var twice *search.TwiceError
	if !errors.As(err, &twice) {
		return err
	}
	return fmt.Errorf("this is a defect of patchlab, not of the scenario: %w; up to there: patchlab explore %s-replay '%s' %s",
		twice, s.Flags(), twice.Schedule.Compact(), shellWord(c.File))
}

// writeNew writes a file that must not be there yet, all of it or nothing.
func writeNew(name string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(name), ".patchlab-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Link(temp.Name(), name) // which, unlike a renaming, replaces nothing
}

// shellWord writes a word so that a shell reads it as one.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+,:=@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

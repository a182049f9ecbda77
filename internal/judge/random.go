package judge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"patchlab/internal/randc"
)

// Random holds a machine against the host on the program of a seed. On a difference it
// looks for features that can be left out, and the error, which wraps the [*Difference] of
// the smaller program, says how to see it again. That program stays in a folder of its own.
func Random(seed uint64, features randc.Features, c Compiler, machine Runner) error {
	dir, err := os.MkdirTemp("", "judge-")
	if err != nil {
		return err
	}
	err = random(dir, seed, features, c, machine)
	var different *Difference
	if !errors.As(err, &different) {
		os.RemoveAll(dir)
		return err
	}
	small := randc.Reduce(features, func(fewer randc.Features) bool {
		return errors.As(random(dir, seed, fewer, c, machine), new(*Difference))
	})
	// Built again, because the last one tried was another one.
	if err := random(dir, seed, small, c, machine); !errors.As(err, &different) {
		return fmt.Errorf("seed %d with %s, %s: differs now and then: %w", seed, small, c, different)
	}
	return fmt.Errorf("seed %d with %s, %s: %w\n%s is enough. To see it again: %s, and patchlab run %[6]s. Its source: %s",
		seed, features, c, different, small, different.Prog, source(dir))
}

// source is where a program's source is, in its folder.
func source(dir string) string { return filepath.Join(dir, "program.c") }

// random builds one program in a folder and compares.
func random(dir string, seed uint64, features randc.Features, c Compiler, machine Runner) error {
	if err := os.WriteFile(source(dir), []byte(randc.Write(seed, features)), 0o666); err != nil {
		return err
	}
	prog := filepath.Join(dir, "program")
	if err := c.Build(source(dir), prog); err != nil {
		return fmt.Errorf("seed %d with %s: %w", seed, features, err)
	}
	return Compare(prog, nil, machine)
}

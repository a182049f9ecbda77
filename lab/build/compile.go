package build

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"patchlab/lab/scenario"
	"patchlab/testprogs/include"
)

// includeDir is where the guest's files lie in the folder of a build.
const includeDir = "include"

// compile builds j in a folder of its own, which it removes.
func (j *job) compile(cc string) (result []byte, err error) {
	defer func() {
		if own := new(Error); err != nil && !errors.As(err, &own) {
			err = fmt.Errorf("%s: %w", j.what, err)
		}
	}()
	dir, err := os.MkdirTemp("", "patchlab-build-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if left := os.RemoveAll(dir); err == nil && left != nil {
			result, err = nil, left
		}
	}()
	if err := j.unpack(dir); err != nil {
		return nil, err
	}
	args := slices.Clone(j.link)
	if j.program {
		args = append(args, "-T", filepath.Join(includeDir, include.LinkerScript))
	}
	args = append(args, "-o", "result")
	for _, s := range j.sources {
		if err := j.object(dir, cc, s.Name, s.Name+".o", j.flags(s)); err != nil {
			return nil, err
		}
		args = append(args, s.Name+".o")
	}
	if j.program {
		if err := j.object(dir, cc, filepath.Join(includeDir, include.Support), "support.o", partFlags(false)); err != nil {
			return nil, err
		}
		args = append(args, "support.o")
	}
	if err := j.tool(dir, cc, args...); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "result"))
}

// unpack writes the guest's files and the sources into dir.
func (j *job) unpack(dir string) error {
	if err := os.CopyFS(filepath.Join(dir, includeDir), include.Files()); err != nil {
		return err
	}
	for _, s := range j.sources {
		if err := os.WriteFile(filepath.Join(dir, s.Name), []byte(located(s)), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// located returns the text of s with a line before it that tells the compiler where the
// text comes from, so that its messages name the scenario file.
func located(s scenario.Source) string {
	return fmt.Sprintf("#line %d %s\n%s", s.Line, strconv.Quote(s.File), s.Text)
}

// object compiles one source in dir, whose name is not to be seen in the result.
func (j *job) object(dir, cc, source, object string, flags []string) error {
	return j.tool(dir, cc, slices.Concat(flags, []string{"-fdebug-prefix-map=" + dir + "=.", "-I", includeDir, "-c", "-o", object, source})...)
}

// tool runs the compiler in dir. What it refuses is an [*Error].
func (j *job) tool(dir, cc string, args ...string) error {
	out, err := run(dir, cc, args...)
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.Exited() {
		return newError(j.what, dir, out)
	} else if err != nil {
		return fmt.Errorf("%s: %w", cc, err)
	}
	return nil
}

package build

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// compilers holds, by command, a function that returns what distinguishes the compiler
// from every other; it asks the compiler once per process.
var compilers sync.Map // string -> func() (string, error)

// compilerID returns text that is the same for the same compiler and linker only.
func compilerID(cc string) (string, error) {
	ask, _ := compilers.LoadOrStore(cc, sync.OnceValues(func() (string, error) { return askCompiler(cc) }))
	return ask.(func() (string, error))()
}

func askCompiler(cc string) (string, error) {
	if _, err := exec.LookPath(cc); err != nil {
		return "", fmt.Errorf("%w: %w; 'make deps' installs one", ErrNoCompiler, err)
	}
	version, err := run("", cc, "-v")
	if err != nil {
		return "", fmt.Errorf("%w: %s -v: %w: %s", ErrNoCompiler, cc, err, firstLine(version))
	}
	if !strings.Contains(version, "\nTarget: x86_64-") {
		return "", fmt.Errorf("%w: %s does not build for it (%s)", ErrNoCompiler, cc, target(version))
	}
	ld, err := run("", cc, "-print-prog-name=ld")
	if err == nil {
		ld, err = run("", strings.TrimSpace(ld), "--version")
	}
	if err != nil {
		return "", fmt.Errorf("%w: the linker of %s: %w: %s", ErrNoCompiler, cc, err, firstLine(ld))
	}
	return version + ld, nil
}

func target(version string) string {
	_, after, ok := strings.Cut(version, "\nTarget: ")
	if !ok {
		return "it names no target"
	}
	return "its target is " + firstLine(after)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// run runs a tool in dir and returns what it printed, on either stream. Of the
// environment it sees nothing that changes what a compiler does.
func run(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C"}
	for _, v := range []string{"PATH", "HOME", "TMPDIR"} {
		if s, ok := os.LookupEnv(v); ok {
			cmd.Env = append(cmd.Env, v+"="+s)
		}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

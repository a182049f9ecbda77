package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"patchlab/emu/kernel"
	"patchlab/emu/vfs"
	"patchlab/guest"
	"patchlab/image"
	"patchlab/lab/process"
)

// isProgram reports whether a file is an ELF file.
func isProgram(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [4]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && string(magic[:]) == "\x7fELF"
}

// program says what process to make.
func (a *app) program(c *runCommand) (process.Config, error) {
	var config process.Config
	data, err := os.ReadFile(c.File)
	if err != nil {
		return config, err
	}
	if config.Program, err = image.Parse(c.File, data); err != nil {
		return config, err
	}
	if config.Program.Style != image.UserStyle {
		return config, fmt.Errorf("%s: a program of kernel style runs in a scenario only", c.File)
	}
	if c.Seed.many() || c.Model != "" || len(c.Break) > 0 || c.Verbose || c.Trace != "" || c.Profile != "" {
		return config, fmt.Errorf("%s: -model, -break, -v, -trace, -profile and a range of seeds are for scenarios, and this is a program", c.File)
	}
	k := &config.Kernel
	k.Args, k.Env, k.Exe = append([]string{c.File}, c.Args...), c.Env, "/bin/"+filepath.Base(c.File)
	k.Stdin, k.Stdout, k.Stderr = os.Stdin, a.out, a.errs
	if c.Seed.given {
		k.Seed, config.Scheduler = c.Seed.first, "random"
	}
	if c.CPUs != nil {
		config.CPUs = *c.CPUs
	}
	if c.MaxTime != nil {
		config.MaxTime = guest.Time(c.MaxTime.Nanoseconds())
	} else {
		config.MaxTime = 1 << 62
	}
	if c.Strace {
		k.Trace = a.errs
	}
	if k.Memory, err = size(c.Memory); err != nil {
		return config, fmt.Errorf("-memory: %w", err)
	}
	if k.Mounts, err = mounts(c.Mount); err != nil {
		return config, err
	}
	for i, m := range k.Mounts {
		if c.Check && m.Writable {
			return config, fmt.Errorf("-check: the first run may change what the second finds in -mount %q", c.Mount[i])
		}
	}
	return config, nil
}

// size reads a number of bytes such as 64M.
func size(text string) (uint64, error) {
	digits, shift := text, 0
	if i := strings.IndexAny(text, "KMG"); i >= 0 && i == len(text)-1 {
		digits, shift = text[:i], 10*(1+strings.IndexByte("KMG", text[i]))
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 || n<<shift > kernel.Area.Size() {
		return 0, fmt.Errorf("%q: want a size like 64M, of less than 2G", text)
	}
	return n << shift, nil
}

// mounts reads what -mount names.
func mounts(texts []string) ([]vfs.Mount, error) {
	var all []vfs.Mount
	for _, text := range texts {
		text, writable := strings.CutSuffix(text, ",rw")
		host, path, ok := strings.Cut(text, "=")
		if !ok || host == "" || !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("-mount %q: want DIR=PATH, with an absolute PATH for the program", text)
		}
		all = append(all, vfs.Mount{Host: host, Guest: path, Writable: writable})
	}
	return all, nil
}

// syscalls carries out "patchlab syscalls".
func (a *app) syscalls() (status, error) {
	for _, r := range kernel.Table() {
		line := fmt.Sprintf("%4d  %-24s %-8s %s", r.Number, r.Name, r.Support, r.Note)
		fmt.Fprintln(a.out, strings.TrimRight(line, " "))
	}
	return asExpected, nil
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// base is the version of the headers that the committed files describe.
const base = "2.1.1"

// files says which header becomes which Go file.
var files = []struct{ header, output string }{
	{"unicorn.h", "unicorn_const.go"},
	{"x86.h", "x86_const.go"},
}

func main() {
	headers := flag.String("headers", "/usr/include/unicorn", "`folder` that holds unicorn.h and x86.h")
	out := flag.String("out", ".", "`folder` that holds the generated files")
	flag.Parse()
	message, err := run(*headers, *out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "genconst:", err)
		os.Exit(1)
	}
	if message != "" {
		fmt.Println("genconst:", message)
	}
}

// run writes the generated files, or checks them when the headers are newer
// than base; in that case it says so in the message.
func run(headers, out string) (message string, err error) {
	found, err := headerVersion(headers)
	if err != nil {
		return "", err
	}
	if found == base {
		return "", writeAll(headers, out)
	}
	if !sameMajor(found, base) {
		return "", fmt.Errorf("%s: headers are version %s, the binding describes %s", headers, found, base)
	}
	if err := checkAll(headers, out); err != nil {
		return "", fmt.Errorf("headers %s do not agree with the constants of %s: %w", found, base, err)
	}
	return fmt.Sprintf("headers are version %s: nothing written, the constants of %s agree with them", found, base), nil
}

func writeAll(headers, out string) error {
	for _, f := range files {
		source, err := generate(headers, f.header)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, f.output), source, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the Go source for one header.
func generate(headers, name string) ([]byte, error) {
	groups, err := read(headers, name)
	if err != nil {
		return nil, err
	}
	return render(name, groups)
}

// read returns the constants of one header with their values.
func read(headers, name string) ([]group, error) {
	text, err := os.ReadFile(filepath.Join(headers, name))
	if err != nil {
		return nil, err
	}
	groups := parse(string(text))
	if len(groups) == 0 {
		return nil, fmt.Errorf("%s: no constants found", filepath.Join(headers, name))
	}
	if err := evaluate(headers, groups); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(headers, name), err)
	}
	return groups, nil
}

// checkAll compares the committed files with newer headers and reports every
// difference.
func checkAll(headers, out string) error {
	var all []error
	for _, f := range files {
		groups, err := read(headers, f.header)
		if err != nil {
			return err
		}
		committed, err := os.ReadFile(filepath.Join(out, f.output))
		if err != nil {
			return err
		}
		all = append(all, compare(f.output, string(committed), groups)...)
	}
	return errors.Join(all...)
}

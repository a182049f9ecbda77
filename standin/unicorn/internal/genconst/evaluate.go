package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// evaluate asks the C compiler for the value of every constant: it compiles
// and runs a program that prints them, one a line.
func evaluate(headers string, groups []group) error {
	dir, err := os.MkdirTemp("", "genconst")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	source, program := filepath.Join(dir, "values.c"), filepath.Join(dir, "values")
	if err := os.WriteFile(source, printer(headers, groups), 0o644); err != nil {
		return err
	}
	cc := append(compiler(), "-o", program, source)
	if text, err := exec.Command(cc[0], cc[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cc, " "), err, text)
	}
	text, err := exec.Command(program).Output()
	if err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	return assign(groups, strings.Fields(string(text)))
}

// printer returns the C program. The header is included by its path, so that
// the values come from the file that the names were read from.
func printer(headers string, groups []group) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "#include <stdio.h>\n#include %q\nint main(void) {\n", filepath.Join(headers, "unicorn.h"))
	for _, g := range groups {
		for _, c := range g.consts {
			fmt.Fprintf(&b, "\tprintf(\"%%lld\\n\", (long long)(%s));\n", c.name)
		}
	}
	b.WriteString("\treturn 0;\n}\n")
	return b.Bytes()
}

// compiler is the command of the C compiler: $CC, or cc.
func compiler() []string {
	if words := strings.Fields(os.Getenv("CC")); len(words) > 0 {
		return words
	}
	return []string{"cc"}
}

func assign(groups []group, values []string) error {
	next := 0
	for i := range groups {
		for j := range groups[i].consts {
			if next == len(values) {
				return fmt.Errorf("the compiled program printed only %d values", next)
			}
			v, err := strconv.ParseInt(values[next], 10, 64)
			if err != nil {
				return err
			}
			groups[i].consts[j].value = v
			next++
		}
	}
	return nil
}

package judge

import (
	"fmt"
	"os/exec"
	"strings"
)

// Compiler is a C compiler and how it is called.
type Compiler struct {
	Command string
	Flags   []string
}

// Static returns the compilers to hold a machine against the host with. All make static
// programs, without AVX: gcc at each level of optimisation, and musl-gcc where it is
// installed.
func Static() []Compiler {
	var list []Compiler
	for _, command := range []string{"gcc", "musl-gcc"} {
		if _, err := exec.LookPath(command); err != nil {
			continue
		}
		for _, level := range []string{"-O0", "-O1", "-O2", "-O3", "-Os"} {
			list = append(list, Compiler{command, []string{"-static", "-mno-avx", level, "-w"}})
		}
	}
	return list
}

// String returns the command and its flags.
func (c Compiler) String() string { return c.Command + " " + strings.Join(c.Flags, " ") }

// Build compiles a source file, of C or C++, to an executable file. The error has what the
// compiler said.
func (c Compiler) Build(source, prog string) error {
	args := append(c.Flags[:len(c.Flags):len(c.Flags)], "-o", prog, source)
	if strings.HasSuffix(source, ".cpp") {
		args = append(args, "-lstdc++")
	}
	args = append(args, "-lm", "-pthread")
	if out, err := exec.Command(c.Command, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", c, source, err, out)
	}
	return nil
}

package build

import (
	"errors"
	"os"
	"strings"
	"testing"

	"patchlab/lab/scenario"
)

func TestSourceErrors(t *testing.T) {
	const include = "#include <patchlab.h>\n"
	for _, c := range []struct {
		name    string
		sources []scenario.Source
		want    []string // the messages, by their beginnings
	}{
		{
			"syntax",
			[]scenario.Source{src("program.c", "int f(void)\n{\n\treturn 1\n}\n")},
			[]string{"demo.txtar:12:10: error: expected ';' before '}' token"},
		},
		{
			"two mistakes",
			[]scenario.Source{src("program.c", "int f(void)\n{\n\tg();\n\treturn h();\n}\n")},
			[]string{"demo.txtar:12:2: error: implicit declaration of function 'g'", "demo.txtar:13:9: error: implicit declaration of function 'h'"},
		},
		{
			"assembler",
			[]scenario.Source{src("program.S", "\t.text\n\tmove %rax, %rbx\n")},
			[]string{"demo.txtar:11: Error: no such instruction: `move %rax,%rbx'"},
		},
		{
			"header of the host",
			[]scenario.Source{src("program.c", "#include <stdio.h>\n")},
			[]string{"demo.txtar:10:10: fatal error: stdio.h: No such file or directory"},
		},
		{
			"undefined",
			[]scenario.Source{src("program.c", "int g(void);\nint f(void)\n{\n\treturn g();\n}\n")},
			[]string{"demo.txtar:13: undefined reference to `g'"},
		},
		{
			"user calls kernel",
			[]scenario.Source{src("program.c", kernelPart), src("user.c", "int greet(int);\nvoid w(void) { greet(1); }\n")},
			[]string{"demo.txtar:11: prohibited cross reference from .user.text to `greet' in .text"},
		},
		{
			"user reads kernel",
			[]scenario.Source{src("program.c", include+"int v = 1;\n__user int w(void) { return v; }\n")},
			[]string{"demo.txtar:12: prohibited cross reference from .user.text to `v' in .data"},
		},
		{
			"kernel calls user",
			[]scenario.Source{src("program.c", "int w(void);\nint f(void) { return w(); }\n"), src("user.c", "int w(void) { return 1; }\n")},
			[]string{"demo.txtar:11: prohibited cross reference from .text to `w' in .user.text"},
		},
		{
			"foreign section",
			[]scenario.Source{src("program.c", "__attribute__((section(\"odd\"))) int v = 1;\n")},
			[]string{"error: unplaced orphan section `odd' from `program.c.o'"},
		},
		{
			"defined twice",
			[]scenario.Source{src("program.c", "int v;\n"), src("program_2.c", "\nint v;\n")},
			[]string{"program_2.c.o:"},
		},
	} {
		b := builder(t)
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		elf, err := b.Program(c.sources)
		var e *Error
		if !errors.As(err, &e) || elf != nil {
			t.Errorf("%s: %d bytes, %v", c.name, len(elf), err)
			continue
		}
		if len(e.Messages) != len(c.want) {
			t.Errorf("%s: messages\n%s", c.name, strings.Join(e.Messages, "\n"))
			continue
		}
		for i, m := range e.Messages {
			if !strings.HasPrefix(m, c.want[i]) {
				t.Errorf("%s: message %q, want %q...", c.name, m, c.want[i])
			}
		}
		wantEmpty(t, tmp)
		wantEmpty(t, b.CacheDir)
	}
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("%s holds %v, %v", dir, entries, err)
	}
}

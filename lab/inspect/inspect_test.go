package inspect

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"patchlab/guest"
)

// assemble makes an object, or with more arguments a program, of assembly text.
func assemble(t *testing.T, text string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.S"), text)
	args = append(append(strings.Fields("-nostdlib -g -o out"), args...), "a.S")
	cmd := exec.Command("gcc", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return filepath.Join(dir, "out")
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, name string) *File {
	t.Helper()
	f, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const object = `	.text
	.globl _start, f
	.weak perhaps
	.type _start, @function
	.type f, @function
	.type same, @function
	.type perhaps, @function
_start:	call f
	ret
	.size _start, . - _start
f:	call __fentry__
	call outside
	jmp outside+2
	.size f, . - f
	.balign 16
perhaps:
	.byte 0x0f, 0x1f, 0x44, 0, 0
	ret
	.size perhaps, . - perhaps
same:	ret
	.size same, . - same
`

// program is the same with what the object refers to.
const program = object + "\t.globl __fentry__, outside\n__fentry__: ret\noutside: ud2\n\tret\n"

func TestObject(t *testing.T) {
	f := open(t, assemble(t, object, "-c"))
	var got []string
	for _, s := range f.Sites() {
		got = append(got, s.Addr+" "+s.Function+" "+s.Style+" "+s.State)
	}
	if want := "[0x10000006 f fentry call 0x10000020 perhaps fentry nop]"; fmt.Sprint(got) != want {
		t.Errorf("sites %s, want %s", got, want)
	}
	got = nil
	for _, s := range f.Symbols() {
		got = append(got, s.Name+" "+s.Binding)
	}
	if want := "[_start global f global perhaps weak same local]"; fmt.Sprint(got) != want {
		t.Errorf("symbols %s, want %s", got, want)
	}
	spans, err := f.Find("f")
	if err != nil || len(spans) != 1 {
		t.Fatal(spans, err)
	}
	for _, want := range []string{"call 0x60000000 <__fentry__>\n", "call 0x60000010 <outside>\n", "jmp 0x60000012 <outside+0x2>\n", "a.S:11  f: call __fentry__\n"} {
		if got := f.Listing(spans[0]); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestSymbols(t *testing.T) {
	f := open(t, assemble(t, program, "-static", "-no-pie"))
	var got []string
	for _, s := range f.Symbols() {
		if s.Name == "f" || s.Name == "perhaps" || s.Name == "same" {
			got = append(got, fmt.Sprint(s.Name, " ", s.Size, " ", s.Kind, " ", s.Binding, " ", s.Sympos))
		}
	}
	if want := "[f 12 func global 0 perhaps 6 func weak 0 same 1 func local 0]"; fmt.Sprint(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestScenario wants what a scenario is compiled to, patches with the addresses of the program, and
// symbols of one name numbered.
func TestScenario(t *testing.T) {
	f := open(t, "../../testprogs/demo/demo.txtar")
	var got []string
	for _, s := range f.Sites() {
		got = append(got, s.Object+" "+s.Function)
	}
	if want := "[program say program whom program greet evening evening_whom evening evening_greet]"; fmt.Sprint(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
	spans, err := f.Find("evening_greet")
	if err != nil {
		t.Fatal(err)
	}
	if l := f.Listing(spans[0]); !strings.Contains(l, " <whom>\n") || !strings.Contains(l, " <say>\n") || !strings.Contains(l, "demo.txtar:") {
		t.Errorf("what the patch calls is not named:\n%s", l)
	}
	f = open(t, "../../testprogs/seed/ambiguous.txtar")
	numbers := map[string][]int{}
	for _, s := range f.Symbols() {
		numbers[s.Object+" "+s.Name] = append(numbers[s.Object+" "+s.Name], s.Sympos)
	}
	if got := fmt.Sprint(numbers["program f"]); got != "[1 2]" {
		t.Errorf("the functions of one name have the numbers %s of %v", got, numbers)
	}
}

// TestObjdump wants a listing to have the instructions that objdump sees.
func TestObjdump(t *testing.T) {
	name := assemble(t, program, "-static", "-no-pie")
	out, err := exec.Command("objdump", "-d", "-M", "intel", "--insn-width=15", name).Output()
	if err != nil {
		t.Skip("no objdump: ", err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^ +([0-9a-f]+):\t((?:[0-9a-f]{2} )+)`).FindAllStringSubmatch(string(out), -1) {
		want = append(want, "0x"+m[1]+" "+strings.TrimSpace(m[2]))
	}
	f := open(t, name)
	text := f.Parts[0].segments
	var got []string
	for _, s := range text {
		if s.Perm&guest.Exec == 0 {
			continue
		}
		spans, err := f.Find(fmt.Sprintf("%s..%s", s.Range.Start, s.Range.End))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^  (0x[0-9a-f]+)  ((?:[0-9a-f]{2} )+)`).FindAllStringSubmatch(f.Listing(spans[0]), -1) {
			got = append(got, m[1]+" "+strings.TrimSpace(m[2]))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("listing\n%s\nobjdump\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "zero"), "ab\x00c")
	write(t, filepath.Join(dir, "elf"), "\x7fELFx")
	write(t, filepath.Join(dir, "text"), "fetch\n")
	for name, want := range map[string]string{
		"missing": "no such file", "zero": "neither an ELF file nor a scenario", "elf": "ELF", "text": "text:1: ",
	} {
		_, err := Open(filepath.Join(dir, name))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	f := open(t, assemble(t, object, "-c"))
	for what, want := range map[string]string{
		"fx": `no function is called "fx"; did you mean "f"?`, "1..": "no range of addresses", "2..1": "no range of addresses",
		"0x10000000..0x20000000": "no code is at",
	} {
		if _, err := f.Find(what); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
}

// TestSourceFiles wants nothing to be read but regular files.
func TestSourceFiles(t *testing.T) {
	for _, name := range []string{"/dev/zero", "/", "/nowhere"} {
		if text := readSource(name); text != nil {
			t.Errorf("%s: %d lines", name, len(text))
		}
	}
}

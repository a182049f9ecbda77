package labtest

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"patchlab/emu"
	"patchlab/unwind"
)

// lastLines is how much of the kernel's log a report shows.
const lastLines = 8

// Fatalf fails the test with a message, and behind it a [Lab.Report].
func (l *Lab) Fatalf(format string, args ...any) {
	l.t.Helper()
	l.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), l.Report())
}

// Report says where everybody is, and how to get there again.
func (l *Lab) Report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "at %d.%06d s, step %d:\n", l.Now()/1e9, l.Now()%1e9/1e3, l.Machine.Steps())
	for _, id := range l.Machine.Tasks() {
		d, _ := l.Machine.Task(id)
		fmt.Fprintf(&b, "  %-12s %s\n", d.Name, l.where(d))
	}
	for _, p := range l.Model.Pending() {
		fmt.Fprintf(&b, "  %s\n", p)
	}
	for _, v := range l.Oracle.Violations() {
		fmt.Fprintf(&b, "  VIOLATION %s\n", v)
	}
	lines := l.Machine.LogLines()
	for _, line := range lines[max(0, len(lines)-lastLines):] {
		fmt.Fprintf(&b, "  log: %s\n", line.Text)
	}
	fmt.Fprintf(&b, "digest %s; the same again: %s", l.Machine.Digest(), l.command())
	return b.String()
}

// where says what a task is doing, with its stack.
func (l *Lab) where(d emu.Task) string {
	text := d.State.String()
	if d.Point != "" {
		text += ", before step " + d.Point
	}
	var s unwind.Stack
	if err := l.Unwind(d.ID, &s); err != nil {
		return fmt.Sprintf("%s at %s; its stack %v", text, l.place(d), err)
	}
	var names []string
	for _, f := range s.Frames() {
		names = append(names, l.Code.Text(f))
	}
	switch {
	case len(names) > 0:
		return text + " in " + strings.Join(names, " < ")
	case !d.Kernel:
		return text + " in user mode at " + l.place(d)
	}
	return text
}

// place writes where a task's next instruction is.
func (l *Lab) place(d emu.Task) string {
	if s := l.Symbol(d.Regs.RIP); s != "" {
		return s
	}
	return d.Regs.RIP.String()
}

// command is the command line that runs the test again.
func (l *Lab) command() string {
	dir, err := os.Getwd() // the package's folder, by go test
	if err != nil {
		dir = "."
	}
	var parts []string
	for part := range strings.SplitSeq(l.t.Name(), "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	return fmt.Sprintf("go test -C %s -count=1 -run '%s' .", dir, strings.Join(parts, "/"))
}

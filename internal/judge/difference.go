package judge

import (
	"bytes"
	"fmt"
	"strings"
)

// Difference is the error that says how a machine differs from the host.
type Difference struct {
	Prog string   // the executable file
	Args []string // what it was given

	Host, Machine      []byte // what it printed
	HostStatus, Status int    // how it ended, on the host and on the machine

	// Err is what the machine said, if it did not run the program to its end. Nothing is
	// known about output and status then.
	Err error
}

// Unwrap returns the machine's error.
func (d *Difference) Unwrap() error { return d.Err }

// Error names the program, and the first line that differs.
func (d *Difference) Error() string {
	name := strings.Join(append([]string{d.Prog}, d.Args...), " ")
	if d.Err != nil {
		return fmt.Sprintf("%s: the machine does not run it to its end: %v", name, d.Err)
	}
	text := name + ": the machine differs from the host"
	if d.HostStatus != d.Status {
		text += fmt.Sprintf("\nstatus: host %d, machine %d", d.HostStatus, d.Status)
	}
	host, machine := bytes.Split(d.Host, []byte("\n")), bytes.Split(d.Machine, []byte("\n"))
	for i := range max(len(host), len(machine)) {
		h, m := lineOf(host, i), lineOf(machine, i)
		if h != m {
			return text + fmt.Sprintf("\nline %d: host %s, machine %s", i+1, h, m)
		}
	}
	return text
}

// lineOf returns a line as text, or says that there is none.
func lineOf(lines [][]byte, i int) string {
	if i >= len(lines) {
		return "has none"
	}
	return fmt.Sprintf("%q", lines[i])
}

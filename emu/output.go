package emu

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"patchlab/guest"
)

// Output is a piece of the program's output.
type Output struct {
	Task guest.TaskID
	Text string
}

// LogLine is a line of the kernel log, without newline.
type LogLine struct {
	Time  guest.Time
	Level string // "debug", "info", "notice", "warn" or "err"
	Text  string
}

// Observer is told of a run as it goes. It must not change the machine; what it
// sees again after a restore is its own affair.
type Observer interface {
	// Logged and Wrote report the log and the output.
	Logged(l LogLine)
	Wrote(o Output)
}

// Observe sets who is told of log and output; nil for nobody.
func (m *Machine) Observe(o Observer) { m.observer = o }

// Repeating reports whether a step is being repeated from a checkpoint: what happens
// now has happened before, and observers were told.
func (m *Machine) Repeating() bool { return m.repeating }

// Output returns the program's output so far. The caller must not change it.
func (m *Machine) Output() []Output { return m.output.Entries() }

// LogLines returns the kernel log so far. The caller must not change it.
func (m *Machine) LogLines() []LogLine { return m.log.Entries() }

// Log adds a line to the kernel log.
func (m *Machine) Log(level, text string) {
	m.touched()
	m.shared = true
	l := LogLine{Time: m.now, Level: level, Text: text}
	m.outBytes += len(text)
	m.digest.AddString(text)
	m.log.Add(l)
	if m.observer != nil && !m.repeating {
		m.observer.Logged(l)
	}
}

// ProcessWrote adds to the output what a thread of a process writes, in its system call.
func (m *Machine) ProcessWrote(text string) { m.write(m.task(m.calls), text) }

func (m *Machine) write(t *task, text string) {
	o := Output{Task: t.id, Text: text}
	m.outBytes += len(text)
	m.digest.AddString(text)
	m.outHash = xxhash.Sum64String(text) ^ bits.RotateLeft64(m.outHash, 7)*0x9e3779b97f4a7c15
	m.output.Add(o)
	if m.observer != nil && !m.repeating {
		m.observer.Wrote(o)
	}
}

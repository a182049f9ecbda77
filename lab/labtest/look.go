package labtest

import (
	"strings"

	"patchlab/emu"
	"patchlab/guest"
	"patchlab/lab"
)

// Addr returns the address of a symbol of the program.
func (l *Lab) Addr(symbol string) guest.Addr {
	l.t.Helper()
	s := l.config.Program.ByName(symbol)
	if len(s) != 1 {
		l.t.Fatalf("the program has %d symbols %s", len(s), symbol)
	}
	return s[0].Addr
}

// Word returns the 64-bit word of the program's memory at a symbol.
func (l *Lab) Word(symbol string) uint64 {
	l.t.Helper()
	v, err := guest.ReadU64(l.Machine.Memory(), l.Addr(symbol))
	if err != nil {
		l.t.Fatalf("%s: %v", symbol, err)
	}
	return v
}

// Task returns the task of that name as it is now.
func (l *Lab) Task(name string) emu.Task {
	l.t.Helper()
	id, ok := l.Machine.TaskByName(name)
	if !ok {
		l.t.Fatalf("no task is called %s", name)
	}
	d, _ := l.Machine.Task(id)
	return d
}

// Calls returns how many calls of a patched function have run a body of that side.
func (l *Lab) Calls(function string, side lab.Side) uint64 {
	l.t.Helper()
	return l.Counts().Calls(l.Addr(function), side)
}

// Output returns what the program has printed.
func (l *Lab) Output() string {
	var b strings.Builder
	for _, o := range l.Machine.Output() {
		b.WriteString(o.Text)
	}
	return b.String()
}

// Save returns the state of the laboratory, and Restore goes back to it. The oracle goes
// with it.
func (l *Lab) Save() *emu.Snapshot {
	s := new(emu.Snapshot)
	l.Machine.Save(s)
	return s
}

// Restore goes back to a state.
func (l *Lab) Restore(s *emu.Snapshot) {
	l.t.Helper()
	if err := l.Machine.Restore(s); err != nil {
		l.t.Fatalf("%v", err)
	}
}

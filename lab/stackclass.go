package lab

import (
	"strings"

	"patchlab/guest"
	"patchlab/unwind"
)

// StackClass is what a walk from the registers that a task has just now finds, as far as
// a verdict about the task can depend on it. Two classes are equal exactly when every
// check of a stack gives the same verdict for both, whatever a patch looks for.
type StackClass struct {
	// Reliable says that the walk comes to the end of the stack.
	Reliable bool
	// Looked has bit i set when the i-th of the functions that a check may look for is on
	// the stack; the last bit stands for all behind it, too.
	Looked [4]uint64
	// Decided is the body that a handler has decided on for the task, or 0.
	Decided guest.Addr
}

// StackClass returns the class of a task's stack as it is now, as if an interrupt that
// leaves no trace took the task off its CPU here. Windows must be found.
func (l *Lab) StackClass(id guest.TaskID) StackClass {
	t := l.Machine.UnwindTarget(id, true)
	c := StackClass{Decided: t.Decided}
	if l.walker.Unwind(&t, &l.stack) != nil {
		return c
	}
	c.Reliable = true
	for _, f := range l.stack.Frames() {
		if i := l.lookedAt(f); i >= 0 {
			i = min(i, 64*len(c.Looked)-1)
			c.Looked[i/64] |= 1 << (i % 64)
		}
	}
	return c
}

// lookedAt returns the index of the function that a check finds in a frame, -1 for none.
func (l *Lab) lookedAt(f unwind.Frame) int {
	for i := range l.windows.looked {
		if l.windows.looked[i].Range.Contains(f.Addr) {
			return i
		}
	}
	return -1
}

// ClassText writes a class for a reader.
func (l *Lab) ClassText(c StackClass) string {
	if !c.Reliable {
		return "unreliable"
	}
	var names []string
	for i, f := range l.windows.looked {
		if i = min(i, 64*len(c.Looked)-1); c.Looked[i/64]>>(i%64)&1 != 0 {
			names = append(names, f.Name)
		}
	}
	text := "reliable, with nothing on it that is looked for"
	if len(names) > 0 {
		text = "reliable, with " + strings.Join(names, " and ") + " on it"
	}
	if c.Decided != 0 {
		text += ", on the way to " + l.Symbol(c.Decided)
	}
	return text
}

package experiment

import (
	"encoding/binary"
	"fmt"
	"strings"

	"patchlab/lab"
	"patchlab/lab/scenario"
)

// expectState wants a task to be doing something now.
func (r *runner) expectState(c scenario.Command) error {
	id, err := r.task(c.Task)
	if err != nil {
		return err
	}
	if t, _ := r.lab.Machine.Task(id); t.State.String() != c.State {
		r.fail("%s is %s, expected %s", c.Task, place(r.lab, id), c.State)
	}
	return nil
}

// expectIn wants a function to be on a task's stack now.
func (r *runner) expectIn(c scenario.Command) error {
	id, err := r.task(c.Task)
	if err != nil {
		return err
	}
	if !r.inFunction(id, c.Function) {
		r.fail("%s is not in %s: it is %s", c.Task, c.Function, place(r.lab, id))
	}
	return nil
}

// expectMemory compares a number in memory.
func (r *runner) expectMemory(c scenario.Command) error {
	b, err := r.memory(c)
	if err != nil {
		return err
	}
	var word [8]byte
	copy(word[:], b)
	if n := binary.LittleEndian.Uint64(word[:]); !compares(n, c.Op, c.N) {
		r.fail("%s at %s is %d, expected %s %d", c.Type, c.Place, n, c.Op, c.N)
	}
	return nil
}

// expectBytes compares bytes of memory.
func (r *runner) expectBytes(c scenario.Command) error {
	b, err := r.memory(c)
	if err != nil {
		return err
	}
	show := "% x"
	if c.Verb == scenario.ExpectText {
		show = "%q"
	}
	if string(b) != c.Text {
		r.fail("at %s lies "+show+", expected "+show, c.Place, b, c.Text)
	}
	return nil
}

// memory returns the bytes of memory that a command looks at.
func (r *runner) memory(c scenario.Command) ([]byte, error) {
	at, err := lab.FindPlace(c.Place, c.Size(), &r.built.Program.Symtab)
	if err != nil {
		return nil, err
	}
	b := make([]byte, c.Size())
	if err := r.lab.Machine.ReadAt(at, b); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Place, err)
	}
	return b, nil
}

// expectHas wants a line of a text to have something in it.
func (r *runner) expectHas(what, text, want string) {
	if strings.Contains(text, want) {
		return
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	r.fail("the %s has no %q in it: its last line is %q", what, want, lines[len(lines)-1])
}

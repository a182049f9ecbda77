package experiment

import (
	"fmt"
	"slices"
	"strconv"

	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/scenario"
)

// checker holds a script against what was built: whether there is what it names.
type checker struct {
	b      *Built
	lab    *lab.Lab // has not moved yet
	tables []*image.Symtab
}

// newChecker makes a checker of a laboratory of the scenario that has not moved yet.
func newChecker(b *Built, l *lab.Lab) *checker {
	k := &checker{b: b, lab: l, tables: []*image.Symtab{&b.Program.Symtab}}
	for _, m := range b.linked() {
		k.tables = append(k.tables, &m.Symtab)
	}
	return k
}

// first returns the first name in the script that is none, as a [*scenario.Error], or nil.
func (k *checker) first() error {
	for _, c := range k.b.Scenario.Script {
		if err := k.names(c); err != nil {
			return k.at(c, "%v", err)
		}
	}
	return nil
}

// at makes what is wrong with a command an error that says where it stands.
func (k *checker) at(c scenario.Command, format string, args ...any) *scenario.Error {
	return &scenario.Error{File: k.b.Scenario.File, Line: c.Line, Text: fmt.Sprintf(format, args...)}
}

// names wants there to be what a command names.
func (k *checker) names(c scenario.Command) error {
	for _, task := range []string{c.Task, c.Path.Task} {
		if task != "" && !k.b.mayBeBorn(task) {
			if err := k.task(c, task); err != nil {
				return err
			}
		}
	}
	switch c.Verb {
	case scenario.WaitIn, scenario.ExpectIn:
		return k.function(c.Function)
	case scenario.ExpectOnStack, scenario.NeverRuns:
		return k.replaced(c.Function)
	case scenario.ExpectCalls:
		return k.counted(c)
	case scenario.Always, scenario.ExpectVariable:
		_, err := k.b.variable(c.Variable)
		return err
	case scenario.ExpectMemory, scenario.ExpectBytes, scenario.ExpectText:
		_, err := lab.FindPlace(c.Place, c.Size(), &k.b.Program.Symtab)
		return err
	case scenario.Hold, scenario.RunUntil:
		return k.point(c.Point)
	}
	return nil
}

// task wants there to be a task, and one that can do what a command says: idle tasks run
// no code of the program.
func (k *checker) task(c scenario.Command, name string) error {
	id, err := taskByName(k.lab, name)
	if err != nil {
		return err
	}
	if _, idle := id.Idle(); idle {
		switch c.Verb {
		case scenario.WaitIn, scenario.WaitAsleep, scenario.Hold, scenario.RunUntil, scenario.Release,
			scenario.NeverRuns, scenario.ExpectState, scenario.ExpectIn:
			return fmt.Errorf("%s is an idle task: it only has a side, and runs no code of the program", name)
		}
	}
	return nil
}

// function wants the program or a patch to have a function.
func (k *checker) function(name string) error {
	if k.b.hasFunction(name) {
		return nil
	}
	var names []string
	for _, t := range k.tables {
		for _, f := range t.Functions {
			names = append(names, f.Name)
		}
	}
	return fmt.Errorf("neither program nor patches have a function %q: %s", name, scenario.Suggest(name, names))
}

// replaced wants a patch to replace a function of the program.
func (k *checker) replaced(name string) error {
	var names []string
	for _, f := range k.b.replaced() {
		names = append(names, f.Name)
	}
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("no patch replaces a function %q: %s", name, scenario.Suggest(name, names))
}

// counted wants the calls of a function to be counted.
func (k *checker) counted(c scenario.Command) error {
	if c.Side == lab.SideNew.String() {
		return k.replaced(c.Function)
	}
	at := k.b.Program.ByName(c.Function)
	if len(at) == 0 {
		return k.function(c.Function)
	}
	for _, s := range at {
		if _, err := k.lab.Sites.Find(s.Addr); err != nil {
			return fmt.Errorf("calls of %s are not counted: %w", c.Function, err)
		}
	}
	return nil
}

// point wants there to be a point, in the program, a patch, or the stub.
func (k *checker) point(p scenario.Point) error {
	if p.Step != "" {
		_, _, err := k.lab.Point(p)
		return err
	}
	_, err := lab.FindPoint(p, k.tables...)
	return err
}

// mayBeBorn reports whether a name is one that a child of a task would get.
func (b *Built) mayBeBorn(name string) bool {
	for {
		parent, number, ok := cutLast(name, "-")
		if _, err := strconv.ParseUint(number, 10, 16); !ok || err != nil {
			return false
		}
		if parent == b.Program.Name && b.Program.Style == image.UserStyle {
			return true
		}
		if slices.ContainsFunc(b.Program.Tasks, func(t image.TaskDecl) bool { return t.Name == parent }) {
			return true
		}
		name = parent
	}
}

package experiment

import (
	"errors"
	"fmt"
	"slices"

	"patchlab/image"
	"patchlab/lab"
	"patchlab/lab/scenario"
)

// Vet returns what is wrong with a scenario, as far as can be told without running it: what
// its script names and there is not, patches that do not fit, and lines that cannot be
// carried out, or expect what cannot be, where they stand. They come in the order of their
// lines. The error says why that could not be found out.
func (b *Built) Vet() ([]*scenario.Error, error) {
	c, _, err := b.config(Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Scenario.File, err)
	}
	l, err := lab.New(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Scenario.File, err)
	}
	v := &vetter{checker: newChecker(b, l), loaded: map[string]int{}, ever: map[string]bool{}, held: map[string]int{}}
	for i, c := range b.Scenario.Script {
		if err := v.names(c); err != nil {
			v.wrong(c, "%v", err)
		} else {
			v.command(c, b.Scenario.Script[i+1:])
		}
	}
	v.neverLoaded()
	slices.SortStableFunc(v.problems, func(a, b *scenario.Error) int { return a.Line - b.Line })
	return v.problems, l.Close()
}

// vetter goes through a script and keeps what is so at each line, whatever the program does.
type vetter struct {
	*checker
	problems []*scenario.Error

	loaded map[string]int  // patches that are loaded, by the line that did it
	ever   map[string]bool // patches that some line above loads, or tries to
	held   map[string]int  // tasks that are held, by the line that did it
	exit   int             // the line behind which no task with a user mode is there; 0: none
}

func (v *vetter) wrong(c scenario.Command, format string, args ...any) {
	v.problems = append(v.problems, v.at(c, format, args...))
}

// command looks at a command whose names are right. rest are those behind it.
func (v *vetter) command(c scenario.Command, rest []scenario.Command) {
	v.patches(c)
	v.tasks(c)
	searched := slices.ContainsFunc(v.b.Scenario.Script, func(o scenario.Command) bool { return o.Verb == scenario.Explore })
	switch {
	case searched && (c.Verb == scenario.Hold || c.Verb == scenario.RunUntil || c.Verb == scenario.Release):
		v.wrong(c, "%q has no place in a search, which the line \"explore\" is for", c)
	case !searched && isInvariant(c) && !slices.ContainsFunc(rest, moves):
		v.wrong(c, "nothing runs behind this line, so nothing can break it")
	}
}

// moves reports whether the program runs while a command is carried out.
func moves(c scenario.Command) bool { return c.Verb <= scenario.RunUntil && c.Verb != scenario.Read }

// patches keeps which patches are loaded, and wants those to be that a command is about.
func (v *vetter) patches(c scenario.Command) {
	name := c.Patch + c.Path.Patch
	line, loaded := v.loaded[name]
	switch c.Verb {
	case scenario.Insmod:
		v.insmod(c, line)
	case scenario.Rmmod, scenario.Write, scenario.Read, scenario.ExpectPath:
		if name != "" && !loaded && !c.Fails {
			v.wrong(c, "%s is not loaded here", name)
		}
		if c.Verb == scenario.Rmmod && !c.Fails {
			delete(v.loaded, name)
		}
	case scenario.WaitPath:
		if name != "" && !loaded && c.Value != "0" {
			v.wrong(c, "%s is not loaded here, so that %s does not become %s", name, c.Path, c.Value)
		}
	case scenario.ExpectCalls:
		if c.Side == lab.SideNew.String() && !compares(0, c.Op, c.N) && !v.mayReplace(c.Function) {
			v.wrong(c, "no line above loads a patch that replaces %s: there are 0 such calls", c.Function)
		}
	case scenario.ExpectPending, scenario.ExpectRunning, scenario.ExpectUnreliable, scenario.ExpectOnStack, scenario.ExpectSwitched:
		if len(v.ever) == 0 {
			v.wrong(c, "no line above loads a patch, so that nobody is to be switched")
		}
	}
}

func (v *vetter) insmod(c scenario.Command, line int) {
	v.ever[c.Patch] = true
	if c.Fails {
		return
	}
	for _, err := range v.b.misfits(c.Patch, v.lab) {
		v.wrong(c, "%s does not fit the program: %v", c.Patch, err)
	}
	if line > 0 {
		v.wrong(c, "%s is loaded already, by line %d", c.Patch, line)
	}
	v.loaded[c.Patch] = c.Line
}

// mayReplace reports whether a patch that some line above loads replaces a function.
func (v *vetter) mayReplace(function string) bool {
	for _, m := range v.b.linked() {
		if decl, _, _ := m.Patch(); v.ever[m.Name] && slices.ContainsFunc(decl.Objects, func(o image.ObjectDecl) bool {
			return slices.ContainsFunc(o.Funcs, func(f image.FuncDecl) bool { return f.OldName == function })
		}) {
			return true
		}
	}
	return false
}

// neverLoaded finds patches that no line loads.
func (v *vetter) neverLoaded() {
	for _, p := range v.b.Scenario.Patches {
		if !v.ever[p.Name] {
			v.problems = append(v.problems, &scenario.Error{
				File: v.b.Scenario.File, Line: p.Sources[0].Line - 1, Text: fmt.Sprintf("no line of the script loads the patch %s", p.Name),
			})
		}
	}
}

// misfits returns why a patch would be refused by a program in which nothing is replaced.
func (b *Built) misfits(name string, l *lab.Lab) []error {
	linked, err := b.Patches[name].Link(moduleAnywhere, b.Program)
	if err != nil {
		return []error{err}
	}
	decl, isPatch, err := linked.Patch()
	switch {
	case err != nil:
		return []error{err}
	case !isPatch:
		return nil // any other module
	}
	var misfits []error
	if !decl.Marked {
		misfits = append(misfits, errors.New(`it is not marked as a patch: MODULE_INFO(livepatch, "Y") does that`))
	}
	for _, o := range decl.Objects {
		for _, f := range o.Funcs {
			if o.Name != "" {
				continue // of another module, which may come later
			}
			s, err := b.Program.Find("", f.OldName, f.Sympos)
			if err == nil {
				_, err = l.Sites.Find(s.Addr)
			}
			switch {
			case errors.Is(err, image.ErrNoSymbol):
				misfits = append(misfits, fmt.Errorf("no function is called %q: %s", f.OldName, scenario.Suggest(f.OldName, b.functions())))
			case err != nil:
				misfits = append(misfits, err)
			}
		}
	}
	return misfits
}

// functions lists the functions of the program.
func (b *Built) functions() []string {
	var names []string
	for _, f := range b.Program.Functions {
		names = append(names, f.Name)
	}
	return names
}
